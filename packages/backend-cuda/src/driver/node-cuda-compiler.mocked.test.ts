import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompileError } from '@tilewright/ir'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CudaCompiler } from './compiler.js'
import { cudaCompiler } from './node-cuda-compiler.js'
import { findNvcc } from './node-nvcc.js'
import { openNvrtc } from './node-nvrtc.js'

vi.mock('./node-nvrtc.js', () => ({ openNvrtc: vi.fn() }))
vi.mock('./node-nvcc.js', () => ({ findNvcc: vi.fn() }))

const folder = mkdtempSync(join(tmpdir(), 'tilewright-compiler-'))
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(() => {
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'caches'))
  vi.stubEnv('LOCALAPPDATA', join(folder, 'caches'))
})
afterEach(() => vi.unstubAllEnvs())

let calls = 0
const fake = (name: string): CudaCompiler => ({
  name,
  compile: async (source) => {
    calls++
    if (source === 'wrong') throw new CompileError({ code: 'device/pipeline', message: `wrong ${calls}` })
    return new TextEncoder().encode(`${name} ${source}`)
  },
})
const textOf = (image: Uint8Array): string => new TextDecoder().decode(image)

test('NVRTC comes before nvcc', async () => {
  vi.mocked(openNvrtc).mockResolvedValueOnce(fake('nvrtc'))
  vi.mocked(findNvcc).mockResolvedValue(fake('nvcc'))
  expect((await cudaCompiler(13000, { cache: false })).name).toBe('nvrtc')
  const nvcc = await cudaCompiler(13000, { cache: false })
  expect(nvcc.name).toBe('nvcc')
  expect(textOf(await nvcc.compile('a', 'sm_80'))).toBe('nvcc a')
})

test('without both the error says what to install', async () => {
  vi.mocked(findNvcc).mockResolvedValueOnce(undefined)
  const none = cudaCompiler(13000)
  await expect(none).rejects.toThrow(CompileError)
  await expect(none).rejects.toMatchObject({
    code: 'device/no-compiler',
    help: expect.stringMatching(/CUDA toolkit.*pip install nvidia-cuda-nvrtc.*npm install koffi/),
  })
})

test('what is asked for at once is compiled once; errors are for those who wait, and no others', async () => {
  vi.mocked(findNvcc).mockResolvedValue(fake('nvcc'))
  for (const cache of [join(folder, 'shared'), false] as const) {
    const { compile } = await cudaCompiler(13000, { cache })
    calls = 0
    const images = await Promise.all([compile('a', 'sm_80'), compile('a', 'sm_80'), compile('a', 'sm_90a')])
    expect(images.map(textOf)).toEqual(['nvcc a', 'nvcc a', 'nvcc a'])
    expect(calls).toBe(2)
    const wrong = await Promise.allSettled([compile('wrong', 'sm_80'), compile('wrong', 'sm_80')])
    expect(wrong.map((end) => end.status === 'rejected' && end.reason.message)).toEqual(['wrong 3', 'wrong 3'])
    await expect(compile('wrong', 'sm_80')).rejects.toThrow('wrong 4')
  }
})

test('images are kept among the caches of the user, in a named folder, or nowhere', async () => {
  vi.mocked(findNvcc).mockResolvedValue(fake('nvcc'))
  const named = join(folder, 'named')
  calls = 0
  for (const cache of [undefined, undefined, named, named, false, false] as const) {
    await (await cudaCompiler(13000, { cache })).compile('a', 'sm_80')
  }
  expect(calls).toBe(4)
  for (const kept of [join(folder, 'caches/tilewright/cuda'), named]) expect(readdirSync(kept)).toHaveLength(1)
})

test('who wants to know hears that images are not kept', async () => {
  vi.mocked(findNvcc).mockResolvedValue(fake('nvcc'))
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const remark = vi.fn()
  const compiler = await cudaCompiler(13000, { cache: join(file, 'cuda'), remark })
  for (const source of ['a', 'b']) expect(textOf(await compiler.compile(source, 'sm_80'))).toBe(`nvcc ${source}`)
  expect(remark).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('ENOTDIR'))
})
