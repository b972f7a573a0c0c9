// Every golden is executed. Operands of matmuls are small integers, so that sums are exact in every order.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer, type Kernel, load, matmul, type SizeExpr, size } from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { registerTiledMatmul, workgroupTiledMatmul } from '@tilewright/schedules'
import { halfToNumber, numberToHalf, runKernel } from '@tilewright/simulator'
import { authoredMatmul, loadEmulated, runEmulated } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { cudaPipeline, cudaTarget, emitCuda } from '../index.js'
import { emulatedCompiler } from './node-compile-emulated.js'

const folder = join(import.meta.dirname, '../../goldens')
const golden = (name: string): string => readFileSync(join(folder, `${name}.cu`), 'utf8')
const compile = emulatedCompiler()

const written = {
  predicated: async () => {
    const module = await loadEmulated(await compile(golden('predicated')))
    const a = Float32Array.from({ length: 10 }, (_, i) => i / 4)
    const c = new Float32Array(10)
    expect(module.launch({ grid: [3, 1, 1], block: [4, 1, 1], args: [c, a, 10] })).toBeUndefined()
    const largest = [0.75, 1.75, 2.25].map(Math.exp)
    expect([...c]).toEqual(Array.from(c, (_, i) => expect.closeTo(largest[Math.floor(i / 4)] ?? 0, 5)))
  },
  types: async () => {
    const module = await loadEmulated(await compile(golden('types')))
    const ints = Int32Array.from({ length: 9 }, () => 6)
    const floats = Float32Array.from({ length: 9 }, () => -2.75)
    const words = Uint32Array.from({ length: 9 }, () => 7)
    const [bytes, small] = [Int8Array.from({ length: 9 }, () => -5), Uint8Array.from({ length: 9 }, () => 33)]
    const flags = Uint8Array.from({ length: 9 }, () => 1)
    const args = [ints, floats, words, bytes, small, flags]
    expect(module.launch({ grid: [1, 1, 1], block: [1, 1, 1], args })).toBeUndefined()
    expect([...ints]).toEqual([6, 6, 6, 6, 6, 6, new Int32Array(Float32Array.of(-2.75).buffer)[0], 6, 6])
    expect(floats[6]).toBe(new Float32Array(Uint32Array.of(33).buffer)[0])
    expect([...words]).toEqual([7, 40, 7, 7, 7, 7, 3, 7, 7])
    expect([bytes[6], small[6], flags[6]]).toEqual([-5 ^ 3, 3300 & 255, 1])
  },
  vectors: async () => {
    const module = await loadEmulated(await compile(golden('vectors')))
    const [a, c] = [Float32Array.from({ length: 64 }, (_, i) => i + 0.5), new Float32Array(64)]
    const [h, d] = [Uint16Array.from({ length: 64 }, (_, i) => numberToHalf(i / 8)), new Uint16Array(64)]
    expect(module.launch({ grid: [1, 1, 1], block: [1, 1, 1], args: [a, c, h, d] })).toBeUndefined()
    expect([...c]).toEqual(Array.from(c, (_, i) => (i < 60 ? (i | 3) - (i & 3) + 0.5 : 0)))
    expect([...d].map(halfToNumber)).toEqual(Array.from(d, (_, i) => (i < 30 ? i / 8 : 0)))
  },
  warp: async () => {
    // Matrices on warps are held by matrices.cuda-source.test.ts; here all rows are alike.
    const module = await loadEmulated(await compile(golden('warp')))
    const a = Uint16Array.from({ length: 512 }, (_, i) => numberToHalf(i % 8))
    const c = new Float32Array(32)
    expect(module.launch({ grid: [1, 1, 1], block: [32, 1, 1], args: [a, c] })).toBeUndefined()
    // Rows of A are 0 to 7 twice, column j of B is j throughout, and so is row j of a transposed matrix.
    expect([...c]).toEqual(Array.from(c, (_, i) => 56 * 2 * (i % 4) + (i >> 2)))
  },
  'dynamic-shared-memory': async () => {
    const module = await loadEmulated(await compile(golden('dynamic-shared-memory')))
    const c = new Float32Array(4)
    const sharedBytes = 16 + 12288 * 4
    expect(module.launch({ grid: [1, 1, 1], block: [4, 1, 1], args: [c], sharedBytes })).toBeUndefined()
    expect([...c]).toEqual([1, 1, 1, 1])
  },
} as const

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
  // Hand-written kernels, and templates, whose goldens are executed at other sizes (hand-written, matrix-units) or apart (rows).
  const handWritten = ['double-buffered-matmul', 'matrix-unit-matmul', 'warp-specialised-matmul']
  const matrixUnits = ['512', '1021', 'symbolic'].map((extent) => `matmul-matrix-units-${extent}`)
  const rows = ['rows-softmax-8x1000', 'reduce-sums-4x4096']
  const apart = [...handWritten, ...matrixUnits, ...rows]
  const names = [...Object.keys(written), ...apart, ...matmuls.map(({ name }) => name)].map((name) => `${name}.cu`)
  expect(readdirSync(folder).filter((file) => file.endsWith('.cu'))).toEqual(names.sort())
})

test.each(Object.entries(written))('%s', (_, run) => run())

describe.each(matmuls)('$name', ({ name, form, extent }) => {
  const lowered = runPipeline(kernelOf(form, extent), cudaPipeline(cudaTarget))
  const emitted = emitCuda(lowered)
  const shape =
    extent === 'symbolic' ? ([70, 44, 36] as const) : ([Number(extent), Number(extent), Number(extent)] as const)
  const [rows, columns, depth] = shape
  const sizes = { m: rows, n: columns, k: depth }
  const contents = [operand(rows * depth, 1), operand(depth * columns, 2), new Float32Array(rows * columns).fill(9)]

  test.each([false, true])('reversed: %s', async (reversed) => {
    expect(emitted.pipeline.source).toBe(golden(name))
    const [, , c] = await runEmulated(compile, emitted, { params: lowered.params, contents, sizes, reversed })
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
