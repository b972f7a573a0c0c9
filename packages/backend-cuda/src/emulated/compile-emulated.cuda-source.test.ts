import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompileError } from '@tilewright/ir'
import { loadEmulated } from '@tilewright/testing'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { emulatedCompiler } from './node-compile-emulated.js'

const cacheFolder = mkdtempSync(join(tmpdir(), 'tilewright-cache-'))
afterAll(() => rmSync(cacheFolder, { recursive: true }))
afterEach(() => vi.unstubAllEnvs())

const source = 'extern "C" __global__ void __launch_bounds__(4) twice(int* a) { a[threadIdx.x] *= 2; }\n'
const pathIn = (image: Uint8Array): string => new TextDecoder().decode(image).split('\n')[1] ?? ''

test('an image names a library that launches each kernel', async () => {
  const image = await emulatedCompiler({ cacheFolder })(`${source}__global__ void thrice(int* a) { a[0] *= 3; }`)
  expect(new TextDecoder().decode(image)).toBe(`TILEWRIGHT-EMULATED\n${pathIn(image)}\n`)
  const module = await loadEmulated(image)
  const a = Int32Array.of(1, 2, 3, 4)
  const launch = { grid: [1, 1, 1], block: [3, 1, 1], args: [a] } as const
  expect(module.launch(launch, 'twice')).toBeUndefined()
  expect(module.launch({ ...launch, block: [1, 1, 1] }, 'thrice')).toBeUndefined()
  expect(a).toEqual(Int32Array.of(6, 4, 6, 4))
})

test('a source is compiled once: for compilers that run at once, and for those to come', async () => {
  const compilers = [emulatedCompiler({ cacheFolder }), emulatedCompiler({ cacheFolder })]
  const images = await Promise.all(compilers.flatMap((compile) => [compile(source), compile(source)]))
  expect(new Set(images.map(pathIn)).size).toBe(1)
  const { mtimeMs } = statSync(pathIn(images[0]!))
  expect(statSync(pathIn(await emulatedCompiler({ cacheFolder })(source))).mtimeMs).toBe(mtimeMs)
  expect(readdirSync(cacheFolder).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

test('threads run from the last to the first where that is asked for', async () => {
  const last = '__global__ void last(int* a) { a[0] = threadIdx.x + 4 * blockIdx.x; }'
  const run = async (order: 'forward' | 'reversed'): Promise<number | undefined> => {
    const module = await loadEmulated(await emulatedCompiler({ cacheFolder, order })(last))
    const a = Int32Array.of(9)
    expect(module.launch({ grid: [3, 1, 1], block: [4, 1, 1], args: [a], osThreads: 1 }, 'last')).toBeUndefined()
    return a[0]
  }
  expect([await run('forward'), await run('reversed')]).toEqual([11, 0])
})

test('errors of the source are what g++ says, by line', async () => {
  const wrong = emulatedCompiler({ cacheFolder })(`${source}__global__ void next(int* a) {\n  a[0] = b;\n}\n`)
  await expect(wrong).rejects.toThrow(CompileError)
  await expect(wrong).rejects.toMatchObject({
    code: 'device/pipeline',
    message: expect.stringContaining("kernel.cu:3:10: error: 'b' was not declared in this scope"),
  })
})

test('a machine without g++ is told what to install', async () => {
  vi.stubEnv('PATH', cacheFolder)
  await expect(emulatedCompiler({ cacheFolder })(source)).rejects.toMatchObject({
    code: 'device/no-compiler',
    help: expect.stringContaining('apt-get install g++'),
  })
})
