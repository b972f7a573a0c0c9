// Every golden is executed. Operands of matmuls are small integers, so that sums are exact in every order.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PlanKernel } from '@tilewright/backend'
import { buffer, type Kernel, load, matmul, type SizeExpr, size } from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { registerTiledMatmul, workgroupTiledMatmul } from '@tilewright/schedules'
import {
  bfloatToNumber,
  halfToNumber,
  numberToBfloat,
  numberToHalf,
  runKernel,
  type TypedArray,
} from '@tilewright/simulator'
import { authoredMatmul, cudaLaunchers, type LaunchKernel, runPrinted } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { cudaPipeline, cudaTarget, emitCuda } from '../index.js'
import { emulatedCompiler } from './node-compile-emulated.js'

const folder = join(import.meta.dirname, '../../goldens')
const golden = (name: string): string => readFileSync(join(folder, `${name}.cu`), 'utf8')
const launchers = cudaLaunchers(emulatedCompiler, {})

interface Launched {
  readonly threads: number
  readonly buffers: readonly TypedArray[]
  readonly blocks?: number
  readonly scalars?: readonly number[]
  readonly sharedBytes?: number
}

/** What the buffers hold after a launch of a golden that is no kernel of ours. */
function launchGolden(
  launch: LaunchKernel,
  name: string,
  { threads, buffers, blocks = 1, scalars = [], sharedBytes = 0 }: Launched,
): Promise<readonly TypedArray[]> {
  const kernel: PlanKernel = {
    source: golden(name),
    entry: 'main_kernel',
    threads,
    workgroupBytes: sharedBytes,
    buffers: buffers.map(() => ({ access: 'read-write', dtype: 'f32', lanes: 1 })),
    scalars: scalars.length,
  }
  return launch(kernel, { contents: buffers, scalars, workgroups: [blocks, 1, 1] })
}

const written: Readonly<Record<string, (launch: LaunchKernel) => Promise<void>>> = {
  predicated: async (launch) => {
    const a = Float32Array.from({ length: 10 }, (_, i) => i / 4)
    const launched = { threads: 4, blocks: 3, buffers: [new Float32Array(10), a], scalars: [10] }
    const [c] = await launchGolden(launch, 'predicated', launched)
    const largest = [0.75, 1.75, 2.25].map(Math.exp)
    expect([...c!]).toEqual(Array.from(c!, (_, i) => expect.closeTo(largest[Math.floor(i / 4)] ?? 0, 5)))
  },
  types: async (launch) => {
    const buffers = [
      Int32Array.from({ length: 9 }, () => 6),
      Float32Array.from({ length: 9 }, () => -2.75),
      Uint32Array.from({ length: 9 }, () => 7),
      Int8Array.from({ length: 9 }, () => -5),
      Uint8Array.from({ length: 9 }, () => 33),
      Uint8Array.from({ length: 9 }, () => 1),
    ]
    const [ints, floats, words, bytes, small, flags] = await launchGolden(launch, 'types', { threads: 1, buffers })
    expect([...ints!]).toEqual([6, 6, 6, 6, 6, 6, new Int32Array(Float32Array.of(-2.75).buffer)[0], 6, 6])
    expect(floats![6]).toBe(new Float32Array(Uint32Array.of(33).buffer)[0])
    expect([...words!]).toEqual([7, 40, 7, 7, 7, 7, 3, 7, 7])
    expect([bytes![6], small![6], flags![6]]).toEqual([-5 ^ 3, 3300 & 255, 1])
  },
  vectors: async (launch) => {
    const a = Float32Array.from({ length: 64 }, (_, i) => i + 0.5)
    const h = Uint16Array.from({ length: 64 }, (_, i) => numberToHalf(i / 8))
    const e = Uint16Array.from({ length: 64 }, (_, i) => numberToBfloat(i / 4))
    const buffers = [a, new Float32Array(64), h, new Uint16Array(64), e]
    const [, c, , d, pairs] = await launchGolden(launch, 'vectors', { threads: 1, buffers })
    expect([...c!]).toEqual(Array.from(c!, (_, i) => (i < 60 ? (i | 3) - (i & 3) + 0.5 : 0)))
    expect([...d!].map(halfToNumber)).toEqual(Array.from(d!, (_, i) => (i < 30 ? i / 8 : 0)))
    const expected = Array.from(e, (_, i) => (i < 30 ? (i & ~1) / 4 : i < 32 ? 0 : i / 4))
    expect([...pairs!].map(bfloatToNumber)).toEqual(expected)
  },
  warp: async (launch) => {
    // Matrices on warps are held by matrices.cuda-source.test.ts; here all rows are alike.
    const a = Uint16Array.from({ length: 512 }, (_, i) => numberToHalf(i % 8))
    const [, c] = await launchGolden(launch, 'warp', { threads: 32, buffers: [a, new Float32Array(32)] })
    // Rows of A are 0 to 7 twice, column j of B is j throughout, and so is row j of a transposed matrix.
    expect([...c!]).toEqual(Array.from(c!, (_, i) => 56 * 2 * (i % 4) + (i >> 2)))
  },
  'dynamic-shared-memory': async (launch) => {
    const launched = { threads: 4, buffers: [new Float32Array(4)], sharedBytes: 16 + 12288 * 4 }
    const [c] = await launchGolden(launch, 'dynamic-shared-memory', launched)
    expect([...c!]).toEqual([1, 1, 1, 1])
  },
}

const [m, n, k] = [size('m'), size('n', { multipleOf: 4 }), size('k', { multipleOf: 4 })]
const extents = (name: string): readonly [SizeExpr, SizeExpr, SizeExpr] =>
  name === 'symbolic' ? [m, n, k] : [Number(name), Number(name), Number(name)]

function generated(form: 'register' | 'workgroup', [rows, columns, depth]: ReturnType<typeof extents>): Kernel {
  const a = buffer('a', 'f32', [rows, depth], 'storage')
  const b = buffer('b', 'f32', [depth, columns], 'storage')
  const c = buffer('c', 'f32', [rows, columns], 'storage')
  const left = (_: unknown, i: Parameters<typeof load>[1][number], kk: typeof i) => load(a, [i, kk])
  const anchor = matmul(c, depth, left, (_, kk, j) => load(b, [kk, j]))
  const problem = { anchor, computed: new Set<never>() }
  const tiles = { threadsM: 8, threadsN: 8, ownM: 8, ownN: 8 }
  const { kernels } =
    form === 'register'
      ? registerTiledMatmul.build({ ...tiles, step: 4 }, problem, cudaTarget)
      : workgroupTiledMatmul.build({ ...tiles, tileK: 8, splits: 1 }, problem, cudaTarget)
  return kernels[0]!
}

const matmuls = readdirSync(folder).flatMap((file) => {
  const [, name = '', form = '', extent = ''] =
    /^((matmul-register|matmul-workgroup|authored-matmul)-(\w+))\.cu$/.exec(file) ?? []
  return name === '' ? [] : [{ name, form, extent }]
})

function kernelOf(form: string, extent: string): Kernel {
  const [rows, columns, depth] = extents(extent)
  if (form === 'authored-matmul') return authoredMatmul({ m: rows, n: columns, k: depth })
  return generated(form === 'matmul-register' ? 'register' : 'workgroup', [rows, columns, depth])
}

const operand = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => ((i * 7 + (i >> 3) * 3 + seed) % 5) - 2)

/** x · y, a matrix times a vector. */
const times = (x: Float32Array, y: Float64Array): Float64Array =>
  Float64Array.from({ length: x.length / y.length }, (_, i) =>
    y.reduce((sum, v, j) => sum + v * x[i * y.length + j]!, 0),
  )

test('all goldens are known here', () => {
  // Hand-written kernels, and templates, whose goldens are executed at other sizes (hand-written, templates) or apart (rows).
  const handWritten = ['double-buffered-matmul', 'matrix-unit-matmul', 'warp-specialised-matmul']
  const matrixUnits = ['512', '1021', 'symbolic', 'bytes', 'tf32', 'bf16'].map(
    (extent) => `matmul-matrix-units-${extent}`,
  )
  const rows = ['rows-softmax-8x1000', 'reduce-sums-4x4096']
  const attention = ['attention-64', 'attention-causal-80']
  const apart = [...handWritten, ...matrixUnits, ...rows, ...attention]
  const names = [...Object.keys(written), ...apart, ...matmuls.map(({ name }) => name)].map((name) => `${name}.cu`)
  expect(readdirSync(folder).filter((file) => file.endsWith('.cu'))).toEqual(names.sort())
})

describe.each(Object.entries(written))('%s', (_, run) => {
  test.each(launchers)('%s', (_, launch) => run(launch))
})

describe.each(matmuls)('$name', ({ name, form, extent }) => {
  const lowered = runPipeline(kernelOf(form, extent), cudaPipeline(cudaTarget))
  const emitted = emitCuda(lowered)
  const shape =
    extent === 'symbolic' ? ([70, 44, 36] as const) : ([Number(extent), Number(extent), Number(extent)] as const)
  const [rows, columns, depth] = shape
  const sizes = { m: rows, n: columns, k: depth }
  const contents = [operand(rows * depth, 1), operand(depth * columns, 2), new Float32Array(rows * columns).fill(9)]

  test.each(launchers)('%s', async (_, launch) => {
    expect(emitted.pipeline.source).toBe(golden(name))
    const [, , c] = await runPrinted(launch, emitted, { params: lowered.params, contents, sizes })
    if (rows <= 70) {
      const copies = contents.map((content) => content.slice())
      runKernel(lowered, { buffers: new Map(lowered.params.map((param, i) => [param, copies[i]!])), sizes })
      expect(c).toEqual(copies[2])
    } else {
      // A product with a vector tells right from wrong, and costs a thousandth.
      const v = Float64Array.from({ length: columns }, (_, i) => ((i * 31) % 1009) + 1)
      expect(times(Float32Array.from(c!), v)).toEqual(times(contents[0]!, times(contents[1]!, v)))
    }
  })
})
