// Boxes of tensors, as hardware copies them, against a loop: on the processor, and through the driver.
import type { DeviceDType, PlanKernel } from '@tilewright/backend'
import type { TypedArray } from '@tilewright/simulator'
import { cudaLaunchers, type EmulatedArgument, loadEmulated } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { emulatedCompiler } from './node-compile-emulated.js'

const launchers = cudaLaunchers(emulatedCompiler, { sanitize: 'bounds' })

const list = (count: number, text: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i)).join(', ')
const product = (values: readonly number[]): number => values.reduce((a, b) => a * b, 1)

/** Workgroup b copies the box that begins at at[b], the fastest dimension first, and writes it to y without the swizzle. */
function boxKernel(dtype: DeviceDType, box: readonly number[]): PlanKernel {
  const { length: rank } = box
  const lines = product(box.slice(0, -1))
  const source = `#ifdef __CUDACC__
#define TW_DYNAMIC_SHARED(name) extern __shared__ __align__(1024) unsigned char name[]
#endif
extern "C" __global__ void __launch_bounds__(32) main_kernel(const unsigned char* x, const int* at,
    unsigned char* y, ${list(2 * rank - 1, (i) => `int s${i}`)}, const __grid_constant__ TwTileMap m0) {
  TW_DYNAMIC_SHARED(tile);
  auto* const arrived = reinterpret_cast<unsigned long long*>(tile + ${128 * lines});
  if (threadIdx.x == 0) tw_mbarrier_init(arrived, 1);
  __syncthreads();
  if (threadIdx.x == 0) {
    tw_expect_tile(arrived, ${128 * lines});
    tw_copy_tile(tile, &m0, arrived, ${list(rank, (d) => `at[blockIdx.x * ${rank} + ${d}]`)});
    tw_mbarrier_arrive(arrived);
  }
  tw_mbarrier_wait(arrived, 0);
  for (int i = threadIdx.x; i < ${128 * lines}; i += 32) {
    const int line = i / 128, chunk = i / 16 % 8;
    y[blockIdx.x * ${128 * lines} + i] = tile[line * 128 + (chunk ^ line % 8) * 16 + i % 16];
  }
}
`
  return {
    source,
    entry: 'main_kernel',
    threads: 32,
    workgroupBytes: 128 * lines + 8,
    buffers: [
      { access: 'read', dtype, lanes: 1 },
      { access: 'read', dtype: 'i32', lanes: 1 },
      { access: 'read-write', dtype: 'u8', lanes: 1 },
    ],
    scalars: 2 * rank - 1,
    tileMaps: [
      {
        buffer: 0,
        extents: Array.from({ length: rank }, (_, d) => d),
        strides: Array.from({ length: rank - 1 }, (_, d) => rank + d),
        box,
      },
    ],
  }
}

interface Case {
  readonly dtype: DeviceDType
  readonly x: (length: number) => TypedArray
  readonly extents: readonly number[]
  readonly strides: readonly number[]
  readonly box: readonly number[]
  /** Where boxes begin. */
  readonly starts: readonly (readonly number[])[]
}

const halves = (length: number): TypedArray => Uint16Array.from({ length }, (_, i) => i + 1)
const cases: readonly Case[] = [
  {
    dtype: 'f16',
    x: halves,
    extents: [21, 75],
    strides: [80],
    box: [16, 64],
    starts: [
      [0, 0],
      [16, 64],
      [5, 3],
      [-3, -1],
      [-16, 0],
      [20, 74],
      [21, 0],
      [0, 75],
      [-2147483648, 2147483647],
    ],
  },
  // Rows that begin again before they end, and boxes larger than the tensor.
  {
    dtype: 'f16',
    x: halves,
    extents: [7, 40],
    strides: [8],
    box: [9, 64],
    starts: [
      [0, 0],
      [-1, 9],
    ],
  },
  {
    dtype: 'f32',
    x: (length) => Float32Array.from({ length }, (_, i) => i + 0.5),
    extents: [3, 9, 37],
    strides: [9 * 40, 40],
    box: [2, 8, 32],
    starts: [
      [0, 0, 0],
      [2, 8, 32],
      [-1, 1, -5],
      [1, -7, 7],
      [3, 0, 0],
    ],
  },
  {
    dtype: 'i8',
    x: (length) => Int8Array.from({ length }, (_, i) => i * 37),
    extents: [2, 3, 4, 150],
    // Not in the order of the dimensions.
    strides: [160, 4 * 320, 320],
    box: [2, 2, 3, 128],
    starts: [
      [0, 0, 0, 0],
      [1, 2, 3, 127],
      [-1, -1, -1, -1],
      [0, 1, 2, 149],
    ],
  },
  {
    dtype: 'f16',
    x: halves,
    extents: [2, 3, 2, 5, 70],
    strides: [3 * 2 * 5 * 72, 2 * 5 * 72, 5 * 72, 72],
    box: [1, 2, 2, 4, 64],
    starts: [
      [0, 0, 0, 0, 0],
      [1, 2, 1, 3, 8],
      [-1, 0, 0, 0, 0],
      [1, 2, -1, 4, -63],
    ],
  },
]

/** Elements of the box that begins at `start`: those of the tensor, and zeros. */
function boxOf({ extents, strides, box }: Case, x: TypedArray, start: readonly number[]): readonly number[] {
  return Array.from({ length: product(box) }, (_, i) => {
    let [rest, place] = [i, 0]
    for (let d = box.length - 1; d >= 0; d--) {
      const at = start[d]! + (rest % box[d]!)
      rest = Math.floor(rest / box[d]!)
      if (at < 0 || at >= extents[d]!) return 0
      place += at * (strides[d] ?? 1)
    }
    return x[place]!
  })
}

describe.each(cases)('boxes $box of $dtype $extents', (one) => {
  test.each(launchers)('%s', async (_, launch) => {
    const { dtype, x: values, extents, strides, box, starts } = one
    const last = extents.reduce((place, extent, d) => place + (extent - 1) * (strides[d] ?? 1), 0)
    const x = values(last + 1)
    const at = Int32Array.from(starts.flatMap((start) => start.toReversed()))
    const y = new Uint8Array(starts.length * product(box) * x.BYTES_PER_ELEMENT)
    const [, , result] = await launch(boxKernel(dtype, box), {
      contents: [x, at, y],
      scalars: [...extents, ...strides],
      workgroups: [starts.length, 1, 1],
    })
    const expected = starts.flatMap((start) => boxOf(one, x, start))
    const typed = values(expected.length)
    typed.set(expected)
    expect(result).toEqual(new Uint8Array(typed.buffer))
  })
})

describe('what is refused', () => {
  const compile = emulatedCompiler({ sanitize: 'bounds' })
  const map = { tensor: 0, type: 6, extents: [64, 8], strides: [128], box: [64, 8] }
  const launch = async (call: string, argument: EmulatedArgument = map): Promise<string | undefined> => {
    const source = `extern "C" __global__ void main_kernel(unsigned short* x, const __grid_constant__ TwTileMap m0) {
      TW_DYNAMIC_SHARED(tile);
      auto* const slot = reinterpret_cast<unsigned long long*>(tile + 1024);
      ${call}
    }\n`
    const module = await loadEmulated(await compile(source))
    const args = [new Uint16Array(512), argument]
    return module.launch({ grid: [1, 1, 1], block: [1, 1, 1], args, sharedBytes: 1032 })
  }
  const copy = 'tw_copy_tile(tile, &m0, slot, 0, 0);'

  test.each([
    ['tw_copy_tile(tile + 512, &m0, slot, 0, 0);', 'a box for memory that is not aligned to 1024 bytes, in thread'],
    ['tw_copy_tile(tile + 1024, &m0, slot, 0, 0);', 'a box that does not lie in shared memory'],
    ['alignas(1024) char own[1024]; tw_copy_tile(own, &m0, slot, 0, 0);', 'a box that does not lie in shared memory'],
    ['tw_copy_tile(tile, &m0, slot, 0, 0, 0);', 'a box of other dimensions than its tensor'],
    ['TwTileMap own = {}; tw_copy_tile(tile, &own, slot, 0, 0);', 'a tile map that no driver has made'],
    ['tw_copy_tile(tile, &m0, slot + 1, 0, 0);', 'an mbarrier in memory that is not shared'],
    [
      'tw_expect_tile(reinterpret_cast<unsigned long long*>(tile + 4), 1024);',
      'an mbarrier that is not aligned to 8 bytes',
    ],
  ])('%s', async (call, message) => {
    expect(await launch(copy)).toBeUndefined()
    expect(await launch(call)).toContain(message)
  })

  test('boxes that lie otherwise, or beyond shared memory', async () => {
    expect(await launch(copy, { ...map, box: [32, 8] })).toContain('a box of lines other than of 128 bytes')
    expect(await launch(copy, { ...map, box: [64, 9] })).toContain('a box that does not lie in shared memory')
    expect(await launch(copy, { ...map, box: [64, 256] })).toContain('a box that does not lie in shared memory')
  })

  const most = 2 ** 32
  test.each([
    [{}, true],
    [{ extents: [most, most], strides: [2 ** 40 - 16], box: [64, 256] }, true],
    [{ extents: [64], strides: [] }, true],
    [{ type: 9 }, true],
    [{ type: 7, box: [32, 8] }, true],
    [{ extents: [0, 8] }, false],
    [{ extents: [64, most + 1] }, false],
    [{ strides: [120] }, false],
    [{ strides: [2 ** 40] }, false],
    [{ box: [64, 0] }, false],
    [{ box: [64, 257] }, false],
    [{ box: [65, 8] }, false],
    [{ box: [12, 8] }, false],
    [{ type: 7 }, false],
    [{ type: 13 }, false],
    [{ extents: [64, 1, 1, 1, 1, 1], strides: [16, 16, 16, 16, 16], box: [64, 1, 1, 1, 1, 1] }, false],
  ])('maps: %j', async (changes, isMade) => {
    expect(await launch('', { ...map, ...changes })).toBe(isMade ? undefined : 'a tensor of which there is no map')
  })
})
