import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { loadEmulated } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { emulatedCompiler } from './node-compile-emulated.js'

const compile = emulatedCompiler({ sanitize: 'bounds' })

async function run(body: string, value: number): Promise<string | undefined> {
  const source = `extern "C" __global__ void main_kernel(float* a, int value) {\n${body}\n}\n`
  const module = await loadEmulated(await compile(source))
  return module.launch({ grid: [1, 1, 1], block: [4, 1, 1], args: [new Float32Array(64), value] })
}

test.each([
  [
    'an index of shared memory',
    '__shared__ float tile[32]; tile[value] = 1;',
    31,
    32,
    /^kernel.cu:2:\d+: index 32 of 'float \[32\]'/,
  ],
  [
    'a negative index',
    '__shared__ float tile[32]; tile[value] = 1; a[0] = tile[0];',
    0,
    -1,
    /^kernel.cu:2:\d+: index -1 of/,
  ],
  ['an index of a private array', 'float own[8]; own[value] = 1; a[0] = own[7];', 7, 8, /^kernel.cu:2:\d+: index 8 of/],
  [
    'a vector that is not aligned',
    'a[0] = reinterpret_cast<const float4*>(&a[value])->x;',
    8,
    9,
    /^kernel.cu:2:\d+: a .*float4.* that is not aligned to 16 bytes, in thread \(0, 0, 0\) of block \(0, 0, 0\)/,
  ],
])('%s ends the launch', async (_, body, inside, outside, message) => {
  expect(await run(body, inside)).toBeUndefined()
  expect(await run(body, outside)).toMatch(message)
})

const inChild = `
  const [koffiPath, path, value] = process.argv.slice(1)
  const { default: koffi } = await import(koffiPath)
  const library = koffi.load(path)
  const entry = library.func(
    'int main_kernel__launch(uint gx, uint gy, uint gz, uint bx, uint by, uint bz, uint bytes, void *params, uint threads)')
  const [array, scalar, params] = [koffi.alloc('float', 64), koffi.alloc('int', 1), koffi.alloc('uint64_t', 4)]
  new Int32Array(koffi.view(scalar, 4))[0] = Number(value)
  // A map of so many lines of 32 floats.
  const mapTensor = library.func(
    'int tilewright_map_tensor(uint64_t map, int type, uint rank, void *first, uint64_t *extents, uint64_t *strides, uint32_t *box)')
  const map = (koffi.address(koffi.alloc('uint8_t', 256)) + 127n) & ~127n
  mapTensor(map, 7, 2, array, BigUint64Array.of(32n, BigInt(value)), BigUint64Array.of(128n), Uint32Array.of(32, 8))
  const words = new BigUint64Array(koffi.view(params, 32))
  words.set([koffi.address(params) + 24n, koffi.address(scalar), map, koffi.address(array)])
  process.exit(entry(2, 1, 1, 32, 1, 1, 1032, params, 2) === 0 ? 0 : 3)
`

const library = spawnSync('g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).stdout.trim()

// Some distributions have g++ without it; then its path is only its name.
test.skipIf(!library.startsWith('/')).each([
  [
    'an index',
    '__shared__ float tile[32]; tile[threadIdx.x] = 1; __syncthreads();\na[value + threadIdx.x] = tile[0];',
    [32, 33],
    /AddressSanitizer: heap-buffer-overflow.*WRITE of size 4.*main_kernel .*kernel\.cu:3/s,
  ],
  [
    'a box',
    'TW_DYNAMIC_SHARED(tile);\nif (threadIdx.x == 0) tw_copy_tile(tile, &m0, (unsigned long long*)(tile + 1024), 0, 0);',
    [2, 3],
    /AddressSanitizer: heap-buffer-overflow.*READ of size 16.*main_kernel .*kernel\.cu:3/s,
  ],
] as const)(
  'AddressSanitizer finds what passes the end of allocated memory, by line: %s',
  async (_, body, [inside, outside], report) => {
    const parameters = 'float* a, int value, const __grid_constant__ TwTileMap m0'
    const source = `extern "C" __global__ void main_kernel(${parameters}) {\n${body}\n}\n`
    const image = await emulatedCompiler({ sanitize: 'address' })(source)
    const env = { ...process.env, LD_PRELOAD: library, ASAN_OPTIONS: 'detect_leaks=0' }
    const koffi = createRequire(import.meta.url).resolve('koffi')
    const path = new TextDecoder().decode(image).split('\n')[1] ?? ''
    const run = (value: number) => {
      const args = ['--input-type=module', '-e', inChild, koffi, path, String(value)]
      return spawnSync(process.execPath, args, { env, encoding: 'utf8', timeout: 30_000 })
    }
    expect(run(inside)).toMatchObject({ status: 0, stderr: '' })
    const { status, stderr } = run(outside)
    expect(status).toBe(1)
    expect(stderr).toMatch(report)
  },
)
