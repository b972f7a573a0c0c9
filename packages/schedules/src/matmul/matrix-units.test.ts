import { cuda, cudaTarget as target } from '@tilewright/backend-cuda'
import {
  type Buffer,
  buffer,
  cast,
  type DType,
  definition,
  type Expr,
  int,
  isRejection,
  load,
  lt,
  matmul,
  type Problem,
  type SizeExpr,
  select,
  size,
  walkStmts,
} from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import {
  evaluateDefinition,
  numberToBfloat,
  numberToHalf,
  runKernelAllWays,
  type TypedArray,
} from '@tilewright/simulator'
import { propertyRuns, testTarget } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type MatrixUnits, matrixUnitsMatmul, roundedMatmul } from './matrix-units.js'

interface Shape {
  readonly batch: number
  readonly m: number
  readonly n: number
  readonly k: number
  readonly transA: boolean
  readonly transB: boolean
  readonly symbolic: boolean
  /** Which operands have a prologue. */
  readonly computed: readonly boolean[]
  readonly types: readonly [a: DType, b: DType]
  readonly result: 'f16' | 'bf16' | 'f32' | 'i32'
}

const halfTypes = { types: ['f16', 'f16'], result: 'f16' } as const
const bfloatTypes = { types: ['bf16', 'bf16'], result: 'bf16' } as const
const roundedTypes = { types: ['f32', 'f32'], result: 'f32' } as const
const byteTypes = (['i8', 'u8'] as const).flatMap((a) =>
  (['i8', 'u8'] as const).map((b) => ({ types: [a, b], result: 'i32' }) as const),
)

// Of f16, multiples of 8 go through copies of 16 bytes, of 2 through those of 4, odd ones through registers.
const extent = fc.oneof(fc.constantFrom(0, 1, 8, 16, 24, 32, 40), fc.integer({ min: 1, max: 35 }))
const shapes: fc.Arbitrary<Shape> = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    m: extent,
    n: extent,
    k: extent,
    transA: fc.boolean(),
    transB: fc.boolean(),
    symbolic: fc.boolean(),
    computed: fc.tuple(fc.boolean(), fc.boolean()),
    typed: fc.constantFrom(
      halfTypes,
      bfloatTypes,
      roundedTypes,
      { ...halfTypes, result: 'f32' } as const,
      ...byteTypes,
    ),
  })
  .map(({ typed, ...shape }) => ({ ...shape, ...typed }))
const candidates: fc.Arbitrary<MatrixUnits> = fc.record({
  subgroupsM: fc.constantFrom(1, 2),
  subgroupsN: fc.constantFrom(1, 2),
  tilesM: fc.constantFrom(1, 2),
  pairsN: fc.constantFrom(1, 2),
  tileK: fc.constantFrom(8, 16, 32, 64),
  stages: fc.constantFrom(2, 3, 4),
  splits: fc.constantFrom(1, 2, 4),
})

/** A factor of a product in the type of its sum. */
const widened = (factor: Expr): Expr => (factor.dtype === 'u32' ? cast('i32', factor) : factor)

const wholeNumber = (i: number, seed: number): number => ((i * 7 + seed) % 13) - 6

/** What is multiplied of a factor. */
const multiplied = (numbers: TypedArray): TypedArray =>
  numbers instanceof Float32Array ? numbers.map(Math.round) : numbers

const templateOf = ({ types }: Shape) => (types[0] === 'f32' ? roundedMatmul : matrixUnitsMatmul)

function numbersOf(dtype: DType, count: number, seed: number): TypedArray {
  const toBits = { f16: numberToHalf, bf16: numberToBfloat }[String(dtype)]
  if (toBits !== undefined) return Uint16Array.from({ length: count }, (_, i) => toBits(((i * 7 + seed) % 5) - 2))
  // What f32 has beyond whole numbers is rounded away.
  if (dtype === 'f32') return Float32Array.from({ length: count }, (_, i) => wholeNumber(i, seed) * (1 + 2 ** -12))
  const bytes = Array.from({ length: count }, (_, i) => i * 37 + seed * 101)
  return dtype === 'i8' ? Int8Array.from(bytes) : Uint8Array.from(bytes)
}

function problemOf(shape: Shape) {
  const dimension = (name: string, value: number): SizeExpr => {
    const multipleOf = [8, 4, 2].find((by) => value % by === 0 && value > 0) ?? 1
    return shape.symbolic ? size(name, { multipleOf }) : value
  }
  const [m, n, k] = [dimension('m', shape.m), dimension('n', shape.n), dimension('k', shape.k)]
  const a = buffer('a', shape.types[0], shape.transA ? [shape.batch, k, m] : [shape.batch, m, k], 'storage')
  const b = buffer('b', shape.types[1], shape.transB ? [n, k] : [k, n], 'storage')
  const c = buffer('c', shape.result, [shape.batch, m, n], 'storage')
  const anchor = matmul(
    c,
    k,
    ([batch], i, kk): Expr => widened(load(a, shape.transA ? [batch!, kk, i] : [batch!, i, kk])),
    (_, kk, j) => widened(load(b, shape.transB ? [j, kk] : [kk, j])),
  )
  const problem: Problem = { anchor, computed: new Set<Buffer>([a, b].filter((_, i) => shape.computed[i])) }
  const inputs = new Map<Buffer, TypedArray>([
    [a, numbersOf(shape.types[0], shape.batch * shape.m * shape.k, 1)],
    [b, numbersOf(shape.types[1], shape.k * shape.n, 3)],
  ])
  return { problem, a, b, c, inputs, sizes: { m: shape.m, n: shape.n, k: shape.k } }
}

const plain: Shape = {
  ...{ batch: 1, m: 64, n: 48, k: 40, transA: false, transB: false },
  ...{ symbolic: false, computed: [false, false] },
  ...halfTypes,
}
function unwritten(dtype: Shape['result'], count: number): TypedArray {
  if (dtype === 'i32') return new Int32Array(count).fill(-12345)
  return dtype === 'f32' ? new Float32Array(count).fill(Number.NaN) : new Uint16Array(count).fill(0x7fc0)
}
const copies = (shape: Shape, candidate: MatrixUnits): readonly number[] => {
  const found = new Set<number>()
  for (const { body } of templateOf(shape).build(candidate, problemOf(shape).problem, target).kernels) {
    walkStmts(body, (stmt) => {
      if (stmt.kind === 'async-copy') found.add(stmt.elements)
    })
  }
  return [...found]
}
const small: MatrixUnits = { subgroupsM: 1, subgroupsN: 1, tilesM: 1, pairsN: 1, tileK: 16, stages: 2, splits: 1 }

describe('matmul/matrix-units', () => {
  test('is the definition, at every size, layout and candidate, as built and lowered', () => {
    fc.assert(
      fc.property(candidates, shapes, fc.boolean(), (candidate, shape, lowered) => {
        const { problem, a, b, c, inputs, sizes } = problemOf(shape)
        const template = templateOf(shape)
        expect(template.matches(problem.anchor)).toBe(true)
        fc.pre(template.check(candidate, problem, target) === undefined)
        const meaning = definition('matmul', [a, b], [c], [problem.anchor])
        const exact = new Map([...inputs].map(([buffer, numbers]) => [buffer, multiplied(numbers)]))
        const expected = evaluateDefinition(meaning, exact, sizes).get(c)
        const count = shape.batch * shape.m * shape.n
        const out = unwritten(shape.result, count)
        const { kernels, workspaces } = template.build(candidate, problem, target)
        const parts = workspaces.map((one): [Buffer, TypedArray] => [
          one,
          unwritten(shape.result === 'i32' ? 'i32' : 'f32', count * candidate.splits),
        ])
        const contents = new Map<Buffer, TypedArray>([...inputs, [c, out], ...parts])
        for (const built of kernels) {
          const kernel = lowered ? runPipeline(built, cuda().pipeline(target)) : built
          const buffers = new Map(built.params.map((param, i) => [kernel.params[i]!, contents.get(param)!]))
          runKernelAllWays(kernel, { buffers, sizes })
        }
        expect(out).toEqual(expected)
      }),
      { numRuns: Math.ceil(propertyRuns() / 4) },
    )
  })

  test('copies as many elements at once as sizes allow, and none of a computed operand', () => {
    expect(copies(plain, small)).toEqual([8])
    expect(copies({ ...plain, n: 36 }, small)).toEqual([8, 4])
    expect(copies({ ...plain, k: 34, n: 35 }, small)).toEqual([2])
    expect(copies({ ...plain, k: 33, n: 35 }, small)).toEqual([])
    expect(copies({ ...plain, computed: [true, true] }, small)).toEqual([])
  })

  test('copies bytes that lie along k; others are put there one by one', () => {
    const bytes: Shape = { ...plain, types: ['u8', 'i8'], result: 'i32', transB: true, k: 48 }
    const deep = { ...small, tileK: 32 }
    expect(copies(bytes, deep)).toEqual([16])
    expect(copies({ ...bytes, k: 40 }, deep)).toEqual([8])
    expect(copies({ ...bytes, k: 42 }, deep)).toEqual([])
    expect(copies({ ...bytes, transA: true, transB: false }, deep)).toEqual([])
  })

  test('copies f32 however it lies, four at once or fewer', () => {
    const floats: Shape = { ...plain, ...roundedTypes }
    expect(copies(floats, small)).toEqual([4])
    expect(copies({ ...floats, transA: true, transB: true }, small)).toEqual([4])
    expect(copies({ ...floats, k: 33, n: 34 }, small)).toEqual([1, 2])
    expect(copies({ ...floats, computed: [true, true] }, small)).toEqual([])
  })

  test('what stands for a byte around another stays one: padding that is a zero point', () => {
    const [m, n, k] = [16, 16, 64]
    const [a, b] = [buffer('a', 'u8', [m, 48], 'storage'), buffer('b', 'i8', [n, k], 'storage')]
    const c = buffer('c', 'i32', [m, n], 'storage')
    const padded = (other: number) =>
      matmul(
        c,
        k,
        (_, i, kk) => select(lt(kk, int(48)), cast('i32', load(a, [i, kk])), int(other)),
        (_, kk, j) => load(b, [j, kk]),
      )
    expect(matrixUnitsMatmul.matches(padded(256))).toBe(false)
    expect(matrixUnitsMatmul.matches(padded(-1))).toBe(false)
    const anchor = padded(200)
    const inputs = new Map<Buffer, TypedArray>([
      [a, numbersOf('u8', m * 48, 1)],
      [b, numbersOf('i8', n * k, 3)],
    ])
    const out = unwritten('i32', m * n)
    const { kernels } = matrixUnitsMatmul.build({ ...small, tileK: 32 }, { anchor, computed: new Set() }, target)
    for (const kernel of kernels) runKernelAllWays(kernel, { buffers: new Map([...inputs, [c, out]]) })
    expect(out).toEqual(evaluateDefinition(definition('padded', [a, b], [c], [anchor]), inputs).get(c))
  })

  test('a diagonal does not lie along k, although it is indexed last by it', () => {
    const [batch, m, n, k] = [1, 16, 16, 16]
    const a = buffer('a', 'f16', [m, k, k], 'storage')
    const b = buffer('b', 'f16', [k, n], 'storage')
    const c = buffer('c', 'f32', [batch, m, n], 'storage')
    const anchor = matmul(
      c,
      k,
      (_, i, kk) => load(a, [i, kk, kk]),
      (_, kk, j) => load(b, [kk, j]),
    )
    const halves = (count: number): Uint16Array =>
      Uint16Array.from({ length: count }, (_, i) => numberToHalf((i * 7) % 5))
    const inputs = new Map<Buffer, TypedArray>([
      [a, halves(m * k * k)],
      [b, halves(k * n)],
    ])
    const out = new Float32Array(m * n).fill(Number.NaN)
    const problem: Problem = { anchor, computed: new Set() }
    for (const kernel of matrixUnitsMatmul.build(small, problem, target).kernels) {
      runKernelAllWays(kernel, { buffers: new Map<Buffer, TypedArray>([...inputs, [c, out]]) })
    }
    const meaning = definition('diagonal', [a, b], [c], [anchor])
    expect(out).toEqual(evaluateDefinition(meaning, inputs).get(c))
  })

  test.each([512, 1021, 'symbolic', 'bytes', 'tf32', 'bf16'] as const)('at %s is this CUDA C++', async (extent) => {
    const length = typeof extent === 'number' ? extent : extent === 'symbolic' ? 8 : 512
    const bytes = { types: ['u8', 'i8'], result: 'i32' } as const
    const typed = { bytes, tf32: roundedTypes, bf16: bfloatTypes }[String(extent)] ?? halfTypes
    const shape = { ...plain, ...typed, m: length, n: length, k: length, symbolic: extent === 'symbolic' }
    const { problem } = problemOf(shape)
    const tileK = { bytes: 64, tf32: 16 }[String(extent)] ?? 32
    const candidate = { subgroupsM: 2, subgroupsN: 2, tilesM: 2, pairsN: 2, tileK, stages: 3, splits: 1 }
    for (const kernel of templateOf(shape).build(candidate, problem, target).kernels) {
      const { source } = cuda().emit(runPipeline(kernel, cuda().pipeline(target))).pipeline
      await expect(source).toMatchFileSnapshot(`../../../backend-cuda/goldens/matmul-matrix-units-${extent}.cu`)
    }
  })

  test('refuses what no instruction multiplies, and what the target cannot run, with a reason', () => {
    const { problem, a, b } = problemOf(plain)
    const floats = buffer('floats', 'f32', [1, 64, 40], 'storage')
    const mixed = matmul(
      buffer('c', 'f32', [1, 64, 48], 'storage'),
      40,
      ([batch], i, kk): Expr => load(floats, [batch!, i, kk]),
      (_, kk, j) => load(b, [kk, j]),
    )
    expect(matrixUnitsMatmul.matches(problem.anchor)).toBe(true)
    expect([matrixUnitsMatmul, roundedMatmul].map((template) => template.matches(mixed))).toEqual([false, true])
    expect(roundedMatmul.matches(problem.anchor)).toBe(false)
    expect(roundedMatmul.level0({ anchor: mixed, computed: new Set() }, testTarget)).toEqual({
      reason: 'the target multiplies no matrices of f32',
    })
    expect(matrixUnitsMatmul.level0(problem, testTarget)).toEqual({
      reason: 'the target multiplies no matrices of f16',
    })
    const halves = problemOf({ ...plain, types: ['f16', 'bf16'] }).problem
    expect(matrixUnitsMatmul.matches(halves.anchor)).toBe(false)
    const bytes = problemOf({ ...plain, types: ['i8', 'u8'], result: 'i32' }).problem
    expect(matrixUnitsMatmul.level0(bytes, testTarget)).toEqual({
      reason: 'the target multiplies no matrices of i8 and u8',
    })
    expect(matrixUnitsMatmul.check(small, bytes, target)).toEqual({
      reason: 'instructions of depth 32 do not divide a tile of 16',
    })
    const thin = problemOf({ ...plain, m: 3 }).problem
    expect(matrixUnitsMatmul.level0(thin, target)).toEqual({ reason: 'a 3×48 result does not fill a tile' })
    expect(matrixUnitsMatmul.check({ ...small, tilesM: 4, pairsN: 4 }, problem, target)).toBeUndefined()
    const tight = { ...target, limits: { ...target.limits, workgroupBytes: 2048 } }
    expect(matrixUnitsMatmul.check(small, problem, tight)).toEqual({
      reason: '3072 B of workgroup memory; the target allows 2048',
    })
    expect(a.dtype).toBe('f16')
  })

  test('splits k where results are too few for the device, and k is long', () => {
    const splits = (m: number, n: number, k: number): unknown => {
      const candidate = matrixUnitsMatmul.level0(problemOf({ ...plain, m, n, k }).problem, target)
      return isRejection(candidate) ? candidate.reason : candidate.splits
    }
    expect(splits(64, 64, 8192)).toBe(8)
    expect(splits(64, 64, 1024)).toBe(4)
    expect(splits(64, 64, 256)).toBe(1)
    expect(splits(1024, 512, 8192)).toBe(1)
  })

  test('has a legal candidate for every size that fills a tile', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const { problem } = problemOf({ ...shape, m: shape.m + 16, n: shape.n + 16 })
        const candidate = templateOf(shape).level0(problem, target)
        expect(isRejection(candidate) ? candidate.reason : undefined).toBeUndefined()
      }),
      { numRuns: propertyRuns() },
    )
  })
})
