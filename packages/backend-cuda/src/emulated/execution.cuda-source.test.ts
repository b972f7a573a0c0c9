// What CUDA promises of threads, warps and blocks, kernel by kernel, each in both orders of threads.
import { type EmulatedArgument, type EmulatedLaunch, loadEmulated } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { emulatedCompiler } from './node-compile-emulated.js'

const compile = emulatedCompiler()
const orders = [false, true]

interface Attempt {
  readonly wrong: string | undefined
  readonly args: readonly EmulatedArgument[]
}

/** A run in each order, on arguments of its own. */
async function attempts(source: string, launch: () => EmulatedLaunch): Promise<readonly Attempt[]> {
  const module = await loadEmulated(await compile(source))
  const results = orders.map((reversed) => {
    module.setOrder(reversed)
    const one = launch()
    return { wrong: module.launch(one), args: one.args }
  })
  module.setOrder(false)
  return results
}

/** The arguments after a run that goes well, the same in both orders. */
async function run(source: string, launch: () => EmulatedLaunch): Promise<readonly EmulatedArgument[]> {
  const [forward, reversed] = await attempts(source, launch)
  expect(forward?.wrong).toBeUndefined()
  expect(reversed).toEqual(forward)
  return forward?.args ?? []
}

const zeros = (length: number): Int32Array => new Int32Array(length)
const kernel = (parameters: string, body: string): string =>
  `extern "C" __global__ void main_kernel(${parameters}) {\n${body}\n}\n`

describe('places', () => {
  test('each thread of each block knows where it is', async () => {
    const source = kernel(
      'int* out',
      `const int thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
       const int block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
       out[block * 24 + thread] = block * 24 + thread;`,
    )
    const [out] = await run(source, () => ({ grid: [3, 2, 5], block: [2, 3, 4], args: [zeros(720)] }))
    expect(out).toEqual(Int32Array.from({ length: 720 }, (_, i) => i))
  })

  test('a launch of no threads, or of too many, is refused', async () => {
    const module = await loadEmulated(await compile(kernel('int* out', 'out[0] = 1;')))
    const args = [zeros(1)]
    expect(module.launch({ grid: [0, 1, 1], block: [1, 1, 1], args })).toBe('a launch of no threads')
    const block = [32, 32, 2] as const
    expect(module.launch({ grid: [1, 1, 1], block, args })).toBe('a block of more than 1024 threads')
  })
})

describe('barriers', () => {
  const rotate = (barrier: string): string =>
    kernel(
      'int* out',
      `__shared__ int tile[256]; tile[threadIdx.x] = threadIdx.x; ${barrier}
      out[blockIdx.x * 256 + threadIdx.x] = tile[(threadIdx.x + 1) % 256] + 1000 * tile[(threadIdx.x + 255) % 256];`,
    )
  const launch = (): EmulatedLaunch => ({ grid: [5, 1, 1], block: [256, 1, 1], args: [zeros(1280)] })

  test('threads see what others wrote before', async () => {
    const [out] = await run(rotate('__syncthreads();'), launch)
    const value = (i: number): number => ((i + 1) % 256) + 1000 * ((i + 255) % 256)
    expect(out).toEqual(Int32Array.from({ length: 1280 }, (_, i) => value(i % 256)))
  })

  test('one that is missing changes the results of each order, as shared memory is poisoned', async () => {
    const [right] = await run(rotate('__syncthreads();'), launch)
    for (const { wrong, args } of await attempts(rotate(''), launch)) {
      expect(wrong).toBeUndefined()
      expect(args[0]).not.toEqual(right)
    }
  })

  test('one that is missing before memory is used again shows in one of the orders', async () => {
    const steps = (barrier: string): string =>
      kernel(
        'int* out',
        `__shared__ int tile[64]; int sum = 0;
        for (int step = 0; step < 3; step++) {
          tile[threadIdx.x] = threadIdx.x * step; __syncthreads();
          sum += tile[threadIdx.x / 2]; ${barrier}
        }
        out[threadIdx.x] = sum;`,
      )
    const once = (): EmulatedLaunch => ({ grid: [1, 1, 1], block: [64, 1, 1], args: [zeros(64)] })
    const [right] = await run(steps('__syncthreads();'), once)
    expect(right).toEqual(Int32Array.from({ length: 64 }, (_, i) => 3 * Math.floor(i / 2)))
    const results = (await attempts(steps(''), once)).map(({ args }) => args[0])
    expect(results).not.toEqual([right, right])
  })

  test('threads that have ended are not waited for', async () => {
    const source = kernel(
      'int* out',
      `__shared__ int tile[64];
      if (threadIdx.x % 3 == 0) return;
      tile[threadIdx.x] = threadIdx.x; __syncthreads();
      if (threadIdx.x >= 60) return;
      __syncthreads();
      out[threadIdx.x] = tile[threadIdx.x % 3 == 1 ? threadIdx.x + 1 : threadIdx.x - 1];`,
    )
    const [out] = await run(source, () => ({ grid: [2, 1, 1], block: [64, 1, 1], args: [zeros(64)] }))
    const value = (i: number): number => (i >= 60 || i % 3 === 0 ? 0 : i % 3 === 1 ? i + 1 : i - 1)
    expect(out).toEqual(Int32Array.from({ length: 64 }, (_, i) => value(i)))
  })

  test('a deadlock ends the launch with a message, and the next one runs', async () => {
    const source = kernel(
      'int* out',
      `__shared__ int tile[1];
      if (out[0] == 0) { if (threadIdx.x % 32 < 16) __syncthreads(); else __syncwarp(); }
      tile[0] = 4; __syncthreads();
      out[1] = tile[0];`,
    )
    const module = await loadEmulated(await compile(source))
    const launch = (out: Int32Array) => module.launch({ grid: [4, 1, 1], block: [64, 1, 1], args: [out] })
    expect(launch(Int32Array.of(0, 0))).toMatch(
      /^deadlock: of 64 threads that have not ended, 32 wait at __syncthreads and 32 for lanes of their warp or a phase of an mbarrier, among them thread/,
    )
    const out = Int32Array.of(1, 0)
    expect(launch(out)).toBeUndefined()
    expect(out[1]).toBe(4)
  })
})

describe('clusters', () => {
  const clustered = (body: string): string =>
    kernel('int* out', `TW_DYNAMIC_SHARED(bytes);\n${body}`).replace('void ', 'void __cluster_dims__(2, 1, 1) ')
  const slot = 'auto* const slot = reinterpret_cast<unsigned long long*>(bytes);'
  const launch = (blocks: number) => (): EmulatedLaunch => {
    return { grid: [blocks, 1, 1], block: [32, 1, 1], args: [zeros(blocks)], sharedBytes: 8 }
  }

  test('blocks of a cluster arrive at the mbarriers of each other, and each has its own', async () => {
    const source = clustered(`${slot}
      if (threadIdx.x == 0) tw_mbarrier_init(slot, 2);
      tw_meet_cluster();
      const int rank = blockIdx.x % 2;
      if (threadIdx.x == 0) tw_mbarrier_arrive_at(slot, rank);
      if (threadIdx.x == 1) tw_mbarrier_arrive_at(slot, 1 - rank);
      tw_mbarrier_wait_cluster(slot, 0);
      if (threadIdx.x == 0) out[blockIdx.x] = 1 + blockIdx.x;
      tw_meet_cluster();`)
    const [out] = await run(source, launch(6))
    expect(out).toEqual(Int32Array.of(1, 2, 3, 4, 5, 6))
  })

  test('__syncthreads is of a block', async () => {
    const source = clustered(`${slot}
      if (blockIdx.x % 2 == 0) __syncthreads();
      if (threadIdx.x == 0) out[blockIdx.x] = 1;`)
    expect(await run(source, launch(2))).toEqual([Int32Array.of(1, 1)])
  })

  test('a phase awaits the bytes that it was told of', async () => {
    const source = clustered(`${slot}
      if (threadIdx.x == 0) {
        tw_mbarrier_init(slot, 1);
        tw_expect_tile(slot, 1024);
        tw_mbarrier_arrive(slot);
      }
      __syncthreads();
      tw_mbarrier_wait_cluster(slot, 0);`)
    for (const { wrong } of await attempts(source, launch(2))) {
      expect(wrong).toMatch(/^deadlock: of 64 threads that have not ended, 0 wait at __syncthreads/)
    }
  })

  test.each([
    ['parts of clusters', 3, '', 'a grid that does not consist of whole clusters'],
    [
      'static shared memory',
      2,
      '__shared__ int one; one = blockIdx.x; __syncthreads(); out[blockIdx.x] = one;',
      'a cluster with shared memory that is not dynamic',
    ],
    ['ranks beyond a cluster', 2, `${slot} tw_mbarrier_arrive_at(slot, 2);`, 'rank 2 in a cluster of 2, in thread'],
    ['what is not shared', 2, 'tw_in_block(out, 1);', "a place that is not in the block's shared memory, in thread"],
  ])('%s end the launch', async (_, blocks, body, message) => {
    for (const { wrong } of await attempts(clustered(body), launch(blocks))) expect(wrong).toContain(message)
  })
})

describe('warps', () => {
  const wide = (...bodies: readonly string[]): string => kernel('int* out, const int* in', bodies.join('\n'))
  const launch = (threads: number) => (): EmulatedLaunch => {
    const values = Int32Array.from({ length: threads }, (_, i) => 100 + i * i)
    return { grid: [1, 1, 1], block: [threads, 1, 1], args: [zeros(threads), values] }
  }
  const given = (i: number): number => 100 + i * i

  test.each([
    ['__shfl_xor_sync(0xffffffffu, in[t], 5)', (i: number) => given(i ^ 5)],
    ['__shfl_xor_sync(0xffffffffu, in[t], 3, 8)', (i: number) => given(i ^ 3)],
    ['__shfl_xor_sync(0xffffffffu, in[t], 8, 8)', (i: number) => given(i % 16 < 8 ? i : i - 8)],
    ['__shfl_down_sync(0xffffffffu, in[t], 7)', (i: number) => given(i % 32 < 25 ? i + 7 : i)],
    ['__shfl_down_sync(0xffffffffu, in[t], 3, 8)', (i: number) => given(i % 8 < 5 ? i + 3 : i)],
    ['__shfl_up_sync(0xffffffffu, in[t], 2, 16)', (i: number) => given(i % 16 < 2 ? i : i - 2)],
    ['__shfl_sync(0xffffffffu, in[t], 9)', (i: number) => given(i - (i % 32) + 9)],
    ['__shfl_sync(0xffffffffu, in[t], t + 37, 16)', (i: number) => given(i - (i % 16) + ((i + 37) % 16))],
    ['(int)__shfl_xor_sync(0xffffffffu, (float)in[t], 1)', (i: number) => given(i ^ 1)],
  ])('%s', async (expression, expected) => {
    const [out] = await run(wide('const int t = threadIdx.x;', `out[t] = ${expression};`), launch(96))
    expect(out).toEqual(Int32Array.from({ length: 96 }, (_, i) => expected(i)))
  })

  test('a sum by shuffles, again and again, with barriers of the block in between', async () => {
    const source = wide(`const int t = threadIdx.x; __shared__ int sums[4]; int sum = in[t];
      for (int bits = 16; bits > 0; bits /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, bits);
      if (t % 32 == 0) sums[t / 32] = sum;
      __syncthreads();
      sum = sums[t % 4];
      for (int bits = 2; bits > 0; bits /= 2) sum += __shfl_down_sync(0xffffffffu, sum, bits, 4);
      out[t] = __shfl_sync(0xffffffffu, sum, 0);`)
    const [out] = await run(source, launch(128))
    const sum = Array.from({ length: 128 }, (_, i) => given(i)).reduce((a, b) => a + b)
    expect(out).toEqual(new Int32Array(128).fill(sum))
  })

  test('lanes of several masks meet apart; the last warp may have fewer lanes', async () => {
    const source = wide(`const int t = threadIdx.x;
      if (t % 2 == 0) out[t] = __shfl_xor_sync(0x55555555u, in[t], 2);
      else for (int i = 0; i < 3; i++) out[t] = __shfl_xor_sync(0xaaaaaaaau, in[t], 2 * i);`)
    const [out] = await run(source, launch(40))
    expect(out).toEqual(Int32Array.from({ length: 40 }, (_, i) => given(i % 2 === 0 ? i ^ 2 : i ^ 4)))
  })

  test.each([
    ['a lane outside its mask', 'out[t] = __shfl_xor_sync(0xffffu, in[t], 1);', 'a lane that is not in its own mask'],
    [
      'lanes at different operations',
      'if (t < 16) __syncwarp(); else out[t] = __shfl_xor_sync(0xffffffffu, in[t], 1);',
      'lanes of one warp meet for different operations',
    ],
    ['lanes that never come', 'if (t < 16) __syncwarp(); else __syncthreads();', 'deadlock'],
  ])('%s: refused', async (_, body, message) => {
    for (const { wrong } of await attempts(wide(`const int t = threadIdx.x; ${body}`), launch(32))) {
      expect(wrong).toContain(message)
    }
  })
})

describe('divisions', () => {
  test('by zero do not trap, whatever registers and memory the instruction names', async () => {
    const source = kernel(
      'const int* x, const unsigned* u, int* out, const int* n',
      `const int i = threadIdx.x;
       int scratch[64];
       for (int k = 0; k < *n; k++) scratch[k] = x[k] - 7;
       out[8 * i] = x[i] / x[i + 1];
       out[8 * i + 1] = x[i] % x[i + 1];
       out[8 * i + 2] = (int)(u[i] / u[i + 1]);
       out[8 * i + 3] = (int)(u[i] % u[i + 1]);
       out[8 * i + 4] = x[i] / scratch[i * *n / 4];
       out[8 * i + 5] = *n / (x[i] - x[i]);
       out[8 * i + 6] = (int)((long long)x[i] / x[i + 1]);
       out[8 * i + 7] = 1000 + i;`,
    )
    const given = [7, 0, 3, 2]
    const [, , out = zeros(0)] = await run(source, () => ({
      grid: [1, 1, 1],
      block: [3, 1, 1],
      args: [Int32Array.from(given), Uint32Array.from(given), zeros(24), Int32Array.of(4)],
    }))
    const rows = [0, 1, 2].map((i) => [...(out as Int32Array).subarray(8 * i, 8 * i + 8)])
    expect(rows).toEqual([
      [-1, -1, -1, -1, -1, -1, -1, 1000],
      [0, 0, 0, 0, 0, -1, 0, 1001],
      [1, 1, 1, 1, 0, -1, 1, 1002],
    ])
  })
})

describe('memory', () => {
  test('shared memory holds NaN at first in every block', async () => {
    const source = kernel(
      'int* out, int words',
      `__shared__ float tile[64]; TW_DYNAMIC_SHARED(bytes);
      const float* dynamic = reinterpret_cast<const float*>(bytes);
      if (tile[threadIdx.x] != tile[threadIdx.x]) atomicAdd(&out[0], 1);
      if (dynamic[threadIdx.x] != dynamic[threadIdx.x]) atomicAdd(&out[1], 1);
      __syncthreads();
      tile[threadIdx.x] = 0; reinterpret_cast<float*>(bytes)[threadIdx.x] = words;`,
    )
    const launch = (): EmulatedLaunch => ({
      grid: [50, 1, 1],
      block: [64, 1, 1],
      sharedBytes: 256,
      args: [zeros(2), 7],
    })
    expect((await run(source, launch))[0]).toEqual(Int32Array.of(3200, 3200))
  })

  test('atomics count every thread, whichever OS thread it is on', async () => {
    const source = kernel(
      'int* ints, unsigned* words',
      `__shared__ int count; if (threadIdx.x == 0) count = 0;
      __syncthreads();
      atomicAdd(&count, 2); const int i = blockIdx.x * blockDim.x + threadIdx.x;
      atomicMin(&ints[1], 5 - i); atomicMax(&ints[2], i - 7);
      atomicMin(&words[0], 4000000000u - i); atomicMax(&words[1], 3000000000u + i);
      __syncthreads();
      if (threadIdx.x == 0) atomicAdd(&ints[0], count);
      if (atomicAdd(&words[2], 1u) == 12799) ints[3] = 1;`,
    )
    const [ints, words] = await run(source, () => ({
      grid: [100, 1, 1],
      block: [128, 1, 1],
      args: [zeros(4), Uint32Array.of(0xffffffff, 0, 0)],
    }))
    expect(ints).toEqual(Int32Array.of(25600, 5 - 12799, 12792, 1))
    expect(words).toEqual(Uint32Array.of(4000000000 - 12799, 3000012799, 12800))
  })
})
