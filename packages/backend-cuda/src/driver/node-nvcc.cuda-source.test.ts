import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompileError } from '@tilewright/ir'
import { nvccSkipReason } from '@tilewright/testing'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { findNvcc } from './node-nvcc.js'

const folder = mkdtempSync(join(tmpdir(), 'tilewright-find-nvcc-'))
const temporary = join(folder, 'temporary')
mkdirSync(temporary)
beforeEach(() => {
  vi.stubEnv('TMPDIR', temporary)
})
afterEach(() => {
  vi.unstubAllEnvs()
  // Whatever came of it, nothing stays.
  expect(readdirSync(temporary)).toEqual([])
})
afterAll(() => rmSync(folder, { recursive: true }))

describe.skipIf(nvccSkipReason() !== undefined)('nvcc', () => {
  const golden = readFileSync(join(import.meta.dirname, '../../goldens/warp.cu'), 'utf8')

  test('images are ELF files of the architecture', async () => {
    const nvcc = await findNvcc()
    expect(nvcc?.name).toMatch(/^nvcc \d+\.\d+\.\d+ -cubin -std=c\+\+17$/)
    const images = await Promise.all(['sm_80', 'sm_90a'].map((architecture) => nvcc?.compile(golden, architecture)))
    for (const image of images) {
      expect(image?.constructor).toBe(Uint8Array)
      expect(new TextDecoder('latin1').decode(image?.subarray(0, 4))).toBe('\x7fELF')
      // e_machine: EM_CUDA.
      expect(image?.[18]).toBe(190)
    }
    expect(images[0]).not.toEqual(images[1])
  })

  test('errors of the source are what nvcc says, with the line of the first', async () => {
    const source = 'extern "C" __global__ void k(int* a) {\n  a[0] = b;\n  a[1] = c;\n}\n'
    const wrong = (await findNvcc())?.compile(source, 'sm_80')
    await expect(wrong).rejects.toThrow(CompileError)
    await expect(wrong).rejects.toMatchObject({
      code: 'device/pipeline',
      message: expect.stringMatching(/^nvcc does not compile it: .*"b" is undefined.*"c" is undefined/s),
      where: 'kernel.cu:2: a[0] = b;',
    })
  })

  test('an architecture that nvcc does not know is an error without a line', async () => {
    await expect((await findNvcc())?.compile(golden, 'sm_20')).rejects.toMatchObject({
      code: 'device/pipeline',
      message: expect.stringContaining("'sm_20'"),
      where: undefined,
    })
  })
})

function script(name: string, text: string): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, `#!/bin/sh\nif [ "$1" = --version ]; then echo 'tools, release 9.1, V9.1.7'; exit; fi\n${text}\n`)
  chmodSync(path, 0o755)
  return path
}

test('a compiler that is killed is an error that says so', async () => {
  const killed = await findNvcc([script('killed', 'touch "$TMPDIR/half.ptx"; echo cicc started >&2; kill -KILL $$')])
  expect(killed?.name).toBe('nvcc 9.1.7 -cubin -std=c++17')
  await expect(killed?.compile('', 'sm_80')).rejects.toMatchObject({
    code: 'device/pipeline',
    message: 'nvcc does not compile it: cicc started\nended by SIGKILL',
  })
})

test('so are one that writes no image, and one that goes away', async () => {
  const idle = await findNvcc([script('idle', 'exit 0')])
  await expect(idle?.compile('', 'sm_80')).rejects.toMatchObject({
    code: 'device/pipeline',
    message: expect.stringMatching(/^nvcc gets no files .*ENOENT.*kernel\.cubin/),
  })
  rmSync(join(folder, 'idle'))
  await expect(idle?.compile('', 'sm_80')).rejects.toMatchObject({ code: 'device/pipeline' })
})

test('no more run at once than there are processors', async () => {
  const running = join(folder, 'running')
  mkdirSync(running)
  const count = `mkdir ${running}/$$; ls ${running} | wc -l > kernel.cubin; sleep 0.1; rmdir ${running}/$$`
  const nvcc = await findNvcc([script('counting', count)])
  const images = await Promise.all(Array.from({ length: 8 }, () => nvcc?.compile('', 'sm_80')))
  const counts = images.map((image) => Number(new TextDecoder().decode(image)))
  expect(counts).toHaveLength(8)
  expect(Math.max(...counts)).toBeLessThanOrEqual(availableParallelism())
})

test('the toolkit that CUDA_HOME names comes before the one on PATH', async () => {
  script('home/bin/nvcc', 'printf home > kernel.cubin')
  script('path/nvcc', 'printf path > kernel.cubin')
  vi.stubEnv('CUDA_HOME', '')
  vi.stubEnv('CUDA_PATH', undefined)
  vi.stubEnv('PATH', `${join(folder, 'path')}:${process.env.PATH}`)
  const found = async (): Promise<string> => new TextDecoder().decode(await (await findNvcc())?.compile('', 'sm_80'))
  expect(await found()).toBe('path')
  vi.stubEnv('CUDA_HOME', join(folder, 'home'))
  expect(await found()).toBe('home')
})

test('a machine without nvcc has none', async () => {
  expect(await findNvcc([join(folder, 'nothing')])).toBeUndefined()
})
