import {
  type Buffer,
  buffer,
  type Compute,
  definition,
  evaluateSize,
  formatSize,
  type SizeExpr,
  size,
  sizeBinary,
} from '@tilewright/ir'
import { evaluateDefinition, type TypedArray } from '@tilewright/simulator'
import { evaluateExpr, propertyRuns, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Operation } from '../graph.js'
import { deviceDType, type TensorType } from '../tensor.js'
import { concatOp, splitOp } from './concat.js'
import { cumSumOp } from './cumulate.js'
import { expandOp, tileOp } from './expand.js'
import { gatherElementsOp, gatherNdOp, gatherOp } from './gather.js'
import { constantOfShapeOp, oneHotOp, rangeOp, triluOp } from './generate.js'
import { padOp } from './pad.js'
import { reshapeOp, squeezeOp, unsqueezeOp } from './reshape.js'
import { resizeOp } from './resize.js'
import { sliceOp } from './slice.js'
import { depthToSpaceOp, spaceToDepthOp, transposeOp } from './transpose.js'

const runs = { numRuns: propertyRuns() }
const f32 = (...shape: readonly SizeExpr[]): TensorType => ({ dtype: 'f32', shape })
const i64 = (...shape: readonly SizeExpr[]): TensorType => ({ dtype: 'i64', shape })
const iota = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => i)
const numbers = (array: TypedArray | undefined): readonly number[] => Array.from(array ?? [], Number)

interface Operand {
  readonly type: TensorType
  readonly data: TypedArray
}

/** The outputs of an operation on data, by its definition, for values of its sizes. */
function run(operation: Operation, inputs: readonly Operand[], sizes: Record<string, number> = {}): TypedArray[] {
  const make = (type: TensorType): Buffer => buffer('t', deviceDType(type.dtype), type.shape, 'storage')
  const operands = inputs.map(({ type }) => make(type))
  const outputs = operation.outputs.map(make)
  const meaning = definition(operation.name, operands, outputs, operation.define(operands, outputs))
  const data = new Map(operands.map((operand, i) => [operand, inputs[i]!.data]))
  const values = evaluateDefinition(meaning, data, sizes)
  return outputs.map((output) => values.get(output)!)
}

const onIota = (type: TensorType): Operand => ({
  type,
  data: iota(type.shape.reduce<number>((product, extent) => product * Number(extent), 1)),
})
const result = (operation: Operation, ...inputs: readonly Operand[]): readonly number[] =>
  numbers(run(operation, inputs)[0])
const shapeOf = (operation: Operation): readonly SizeExpr[] | undefined => operation.outputs[0]?.shape

/** Every element of the input goes to the place that the inverse says, and each place is taken once. */
function expectInverse(operation: Operation, type: TensorType): void {
  const source = buffer('x', 'f32', type.shape, 'storage')
  const output = buffer('y', 'f32', shapeOf(operation) ?? [], 'storage')
  const [equation] = operation.define([source], [output])
  const { inverses } = equation as Compute // the operations of these tests have one equation, a compute
  const [inverse] = inverses
  const input = onIota(type)
  const moved = result(operation, input)
  const extents = type.shape.map(Number)
  const places = numbers(input.data).map((element) => {
    let rest = element
    const index = extents
      .toReversed()
      .map((extent) => {
        const at = rest % extent
        rest = Math.floor(rest / extent)
        return at
      })
      .toReversed()
    const at = new Map(inverse!.axes.map((axis, d) => [axis, index[d]!]))
    return inverse!.index
      .map((expr) => Number(evaluateExpr(expr, at)))
      .reduce((flat, position, d) => flat * Number(output.shape[d]) + position, 0)
  })
  expect(places.map((place) => moved[place])).toEqual(numbers(input.data))
  expect(new Set(places).size).toBe(places.length)
}

const extents = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 })

describe('permutations', () => {
  test('Transpose takes dimension d from perm[d], and knows where each element goes', () => {
    const x = onIota(f32(2, 3))
    expect(result(transposeOp(x.type, { perm: [1, 0] }), x)).toEqual([0, 3, 1, 4, 2, 5])
    const cases = extents.chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        perm: fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
      }),
    )
    fc.assert(
      fc.property(cases, ({ shape, perm }) => expectInverse(transposeOp(f32(...shape), { perm }), f32(...shape))),
      runs,
    )
    expect(thrownBy(() => transposeOp(f32(2, 3), { perm: [0, 0] })).code).toBe('graph/shape')
  })

  test('reshapes know where each element goes', () => {
    expectInverse(reshapeOp(f32(2, 3, 4), { shape: [6, 1, 4] }), f32(2, 3, 4))
    expectInverse(unsqueezeOp(f32(2, 3), { axes: [0, -1] }), f32(2, 3))
    expectInverse(squeezeOp(f32(2, 1, 3), { axes: [1] }), f32(2, 1, 3))
  })

  test('DepthToSpace in both modes; SpaceToDepth undoes DCR', () => {
    const x = onIota(f32(1, 8, 1, 1))
    expect(result(depthToSpaceOp(x.type, { blocksize: 2, mode: 'DCR' }), x)).toEqual([0, 2, 4, 6, 1, 3, 5, 7])
    expect(result(depthToSpaceOp(x.type, { blocksize: 2, mode: 'CRD' }), x)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    const cases = fc.record({ b: fc.integer({ min: 1, max: 3 }), c: fc.integer({ min: 1, max: 3 }) })
    fc.assert(
      fc.property(cases, fc.constantFrom('DCR', 'CRD'), ({ b, c }, mode) => {
        const deep = f32(2, c * b * b, 2, 3)
        expectInverse(depthToSpaceOp(deep, { blocksize: b, mode }), deep)
        const wide = f32(2, c, 2 * b, 3 * b)
        expectInverse(spaceToDepthOp(wide, { blocksize: b }), wide)
        const back = result(spaceToDepthOp(wide, { blocksize: b }), {
          type: wide,
          data: Float32Array.from(result(depthToSpaceOp(deep, { blocksize: b, mode: 'DCR' }), onIota(deep))),
        })
        expect(back).toEqual(numbers(onIota(deep).data))
      }),
      runs,
    )
  })
})

describe('Unsqueeze and Squeeze', () => {
  test('add and take away dimensions of one element', () => {
    expect(shapeOf(unsqueezeOp(f32(3, 4), { axes: [-1, 0] }))).toEqual([1, 3, 4, 1])
    expect(shapeOf(squeezeOp(f32(1, 3, 1), { axes: undefined }))).toEqual([3])
    expect(shapeOf(squeezeOp(f32(1, 3, 1), { axes: [-1] }))).toEqual([1, 3])
    expect(thrownBy(() => squeezeOp(f32(2, 3), { axes: [0] })).code).toBe('graph/shape')
    expect(thrownBy(() => unsqueezeOp(f32(2), { axes: [0, 0] })).code).toBe('graph/shape')
  })

  test('a symbolic dimension is checked by the run', () => {
    const n = size('n')
    expect(squeezeOp(f32(n, 3), { axes: [0] }).equalSizes).toEqual([{ left: n, right: 1 }])
  })
})

describe('Concat and Split', () => {
  test('joins any number of operands, in a tree of four each', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2), { minLength: 1, maxLength: 40 }), fc.boolean(), (lengths, inner) => {
        const parts = lengths.map((length, i) => ({
          type: inner ? f32(2, length) : f32(length),
          data: new Float32Array((inner ? 2 : 1) * length).fill(i),
        }))
        const operation = concatOp(
          parts.map(({ type }) => type),
          { axis: -1 },
        )
        const row = lengths.flatMap((length, i) => new Array<number>(length).fill(i))
        expect(result(operation, ...parts)).toEqual(inner ? [...row, ...row] : row)
        const inputs = parts.map(({ type }) => buffer('x', 'f32', type.shape, 'storage'))
        const output = buffer('y', 'f32', shapeOf(operation) ?? [], 'storage')
        const reads = operation
          .define(inputs, [output])
          .map((equation) => JSON.stringify(equation).split('"load"').length - 1)
        expect(Math.max(...reads)).toBeLessThanOrEqual(4)
      }),
      runs,
    )
  })

  test('parts are joined to what was split', () => {
    const x = onIota(f32(2, 5))
    const split = splitOp(x.type, { axis: 1, sizes: [1, 0, 4] })
    expect(run(split, [x]).map(numbers)).toEqual([[0, 5], [], [1, 2, 3, 4, 6, 7, 8, 9]])
    expect(thrownBy(() => splitOp(x.type, { axis: 1, sizes: [1, 3] })).code).toBe('graph/shape')
    expect(thrownBy(() => concatOp([f32(2, 3), f32(3, 3)], { axis: 1 })).code).toBe('graph/shape')
  })

  test('bool and int64 move as they are', () => {
    const bools = { type: { dtype: 'bool', shape: [2] } as const, data: Uint8Array.of(1, 0) }
    expect(result(concatOp([bools.type, bools.type], { axis: 0 }), bools, bools)).toEqual([1, 0, 1, 0])
    const ints = { type: i64(2), data: Int32Array.of(-7, 9) }
    expect(result(tileOp(ints.type, { repeats: [2] }), ints)).toEqual([-7, 9, -7, 9])
  })
})

test.each([
  [
    [3, 4],
    ['12', 'n * 4'],
  ],
  [
    [-1, 3],
    ['n * 4 / 3 * 3', 'n * 4'],
  ],
])('a Reshape to %j, whose element count only a run can tell, is checked by each', (shape, counts) => {
  const x = { type: f32(size('n'), 4), data: iota(12) }
  const operation = reshapeOp(x.type, { shape })
  expect(operation.equalSizes?.map(({ left, right }) => [left, right].map(formatSize))).toEqual([counts])
  expect(numbers(run(operation, [x], { n: 3 })[0])).toEqual(numbers(x.data))
})

describe('Slice', () => {
  const bound = fc.oneof(fc.integer({ min: -8, max: 8 }), fc.constantFrom(2 ** 31 - 1, -(2 ** 31) + 1))
  const step = fc.integer({ min: -3, max: 3 }).filter((value) => value !== 0)
  const cases = fc.record({ extent: fc.integer({ min: 0, max: 6 }), start: bound, end: bound, step })

  /** What Python's x[start:end:step] takes. */
  function taken(extent: number, start: number, end: number, stride: number): readonly number[] {
    const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high)
    const from = (value: number): number => (value < 0 ? value + extent : value)
    const all: number[] = []
    if (stride > 0)
      for (let i = clamp(from(start), 0, extent); i < clamp(from(end), 0, extent); i += stride) all.push(i)
    else for (let i = clamp(from(start), -1, extent - 1); i > clamp(from(end), -1, extent - 1); i += stride) all.push(i)
    return all
  }

  test('takes what Python takes, of fixed and of symbolic sizes alike', () => {
    fc.assert(
      fc.property(cases, ({ extent, start, end, step: stride }) => {
        const attributes = { starts: [start], ends: [end], axes: [0], steps: [stride] }
        const expected = taken(extent, start, end, stride)
        expect(result(sliceOp(f32(extent), attributes), onIota(f32(extent)))).toEqual(expected)
        const symbolic = sliceOp(f32(size('n')), attributes)
        expect(evaluateSize(shapeOf(symbolic)?.[0] ?? -1, { n: extent })).toBe(expected.length)
        const operand = { type: f32(size('n')), data: iota(extent) }
        expect(numbers(run(symbolic, [operand], { n: extent })[0])).toEqual(expected)
      }),
      runs,
    )
  })

  test('bounds may be sizes', () => {
    const n = size('n')
    const table = sliceOp(f32(1, 512), { starts: [0], ends: [n], axes: [1], steps: [1] })
    expect(evaluateSize(shapeOf(table)?.[1] ?? -1, { n: 7 })).toBe(7)
    expect(evaluateSize(shapeOf(table)?.[1] ?? -1, { n: 700 })).toBe(512)
    // A bound that a run may make negative would count from the end there: the run checks that it does not.
    const last = sizeBinary('sub', n, 5)
    const cut = sliceOp(f32(n), { starts: [last], ends: [n], axes: [0], steps: [1] })
    expect(cut.equalSizes?.map(({ left, right }) => [left, right].map(formatSize))).toEqual([
      ['n - 5', 'max(n - 5, 0)'],
    ])
    expect(thrownBy(() => sliceOp(f32(2), { starts: [0], ends: [1], axes: [0], steps: [0] })).code).toBe('graph/shape')
  })
})

describe('Gather', () => {
  test('counts from the end, and clamps what is outside', () => {
    const x = onIota(f32(3, 2))
    const indices = { type: i64(4), data: Int32Array.of(0, -1, 7, -9) }
    expect(result(gatherOp(x.type, indices.type, { axis: 0 }), x, indices)).toEqual([0, 1, 4, 5, 4, 5, 0, 1])
    const scalar = { type: i64(), data: Int32Array.of(1) }
    expect(result(gatherOp(x.type, scalar.type, { axis: 1 }), x, scalar)).toEqual([1, 3, 5])
    expect(thrownBy(() => gatherOp(x.type, f32(1), { axis: 0 })).code).toBe('graph/dtype')
  })

  test('GatherElements and GatherND', () => {
    const x = onIota(f32(2, 2))
    const elements = { type: i64(2, 2), data: Int32Array.of(0, 0, -1, 0) }
    expect(result(gatherElementsOp(x.type, elements.type, { axis: 1 }), x, elements)).toEqual([0, 0, 3, 2])
    const points = { type: i64(2, 2), data: Int32Array.of(0, 0, 1, -1) }
    expect(result(gatherNdOp(x.type, points.type, { batchDims: 0 }), x, points)).toEqual([0, 3])
    const batched = { type: i64(2, 1), data: Int32Array.of(1, 0) }
    expect(result(gatherNdOp(x.type, batched.type, { batchDims: 1 }), x, batched)).toEqual([1, 2])
    expect(thrownBy(() => gatherNdOp(x.type, i64(1, 3), { batchDims: 0 })).code).toBe('graph/shape')
  })
})

test('Expand broadcasts both ways, Tile repeats', () => {
  const x = onIota(f32(2, 1))
  expect(shapeOf(expandOp(x.type, { shape: [3, 1, 2] }))).toEqual([3, 2, 2])
  expect(result(expandOp(x.type, { shape: [1, 2] }), x)).toEqual([0, 0, 1, 1])
  expect(result(tileOp(x.type, { repeats: [2, 2] }), x)).toEqual([0, 0, 1, 1, 0, 0, 1, 1])
})

test('what follows from positions', () => {
  expect(result(constantOfShapeOp(f32(2), { value: 3 }))).toEqual([3, 3])
  expect(result(rangeOp({ dtype: 'i64', start: 10, limit: 3, delta: -3 }))).toEqual([10, 7, 4])
  expect(result(rangeOp({ dtype: 'f32', start: 0, limit: 1, delta: 0.25 }))).toEqual([0, 0.25, 0.5, 0.75])
  const upTo = rangeOp({ dtype: 'i64', start: 2, limit: size('n'), delta: 2 })
  expect(numbers(run(upTo, [], { n: 7 })[0])).toEqual([2, 4, 6])
  expect(numbers(run(upTo, [], { n: 1 })[0])).toEqual([])
  const x = { type: f32(2, 3), data: iota(6).map((v) => v + 1) }
  expect(result(triluOp(x.type, { k: 1, upper: true }), x)).toEqual([0, 2, 3, 0, 0, 6])
  expect(result(triluOp(x.type, { k: 0, upper: false }), x)).toEqual([1, 0, 0, 4, 5, 0])
  // A diagonal far outside, as -2^31 and 2^31 - 1 are, leaves all or nothing.
  const far = [2 ** 31 - 1, -(2 ** 31) + 1]
  expect(far.map((k) => result(triluOp(x.type, { k, upper: true }), x))).toEqual([[0, 0, 0, 0, 0, 0], numbers(x.data)])
  expect(far.map((k) => result(triluOp(x.type, { k, upper: false }), x))).toEqual([numbers(x.data), [0, 0, 0, 0, 0, 0]])
  const indices = { type: i64(3), data: Int32Array.of(1, -1, 5) }
  const choices = { type: f32(2), data: Float32Array.of(-1, 1) }
  const hot = oneHotOp(indices.type, choices.type, { axis: -1, depth: 2 })
  expect(result(hot, indices, choices)).toEqual([-1, 1, -1, 1, -1, -1])
})

test('CumSum, without the element and from the end', () => {
  const x = { type: f32(3), data: Float32Array.of(1, 2, 4) }
  const sums = (exclusive: boolean, reverse: boolean) => result(cumSumOp(x.type, { axis: 0, exclusive, reverse }), x)
  expect([sums(false, false), sums(true, false), sums(false, true), sums(true, true)]).toEqual([
    [1, 3, 7],
    [0, 1, 3],
    [7, 6, 4],
    [6, 4, 0],
  ])
})

describe('Pad', () => {
  const padded = (mode: 'constant' | 'reflect' | 'edge' | 'wrap', begin: number, end: number) => {
    const x = onIota(f32(3))
    return result(padOp(x.type, undefined, { mode, begins: [begin], ends: [end], value: 9 }), x)
  }

  test('in all modes, and away from the input', () => {
    expect(padded('constant', 1, 2)).toEqual([9, 0, 1, 2, 9, 9])
    expect(padded('edge', 1, 2)).toEqual([0, 0, 1, 2, 2, 2])
    expect(padded('wrap', 2, 1)).toEqual([1, 2, 0, 1, 2, 0])
    expect(padded('reflect', 2, 3)).toEqual([2, 1, 0, 1, 2, 1, 0, 1])
    expect(padded('constant', -1, 1)).toEqual([1, 2, 9])
    expect(thrownBy(() => padded('constant', -2, -2)).code).toBe('graph/shape')
  })

  test('with a scalar operand, of a symbolic size', () => {
    const n = size('n')
    const fill = { type: f32(), data: Float32Array.of(5) }
    const operation = padOp(f32(n), fill.type, { mode: 'constant', begins: [1], ends: [0], value: 0 })
    expect(numbers(run(operation, [{ type: f32(n), data: iota(2) }, fill], { n: 2 })[0])).toEqual([5, 0, 1])
  })
})

describe('Resize', () => {
  const nearest = { kind: 'nearest', rounding: 'floor' } as const
  const attributes = { coordinates: 'asymmetric', interpolation: nearest, roi: [[0, 1]], extrapolation: 0 } as const

  test('rounds exactly where a float would come out below', () => {
    const x = onIota(f32(10))
    const operation = resizeOp(x.type, { ...attributes, dimensions: [{ kind: 'scale', scale: Math.fround(0.6) }] })
    // Position 3 stands at 3 / 0.6 = 5.
    expect(result(operation, x)).toEqual([0, 1, 3, 5, 6, 8])
  })

  test('a symbolic size is resized as a fixed one', () => {
    const modes = fc.constantFrom(
      'asymmetric',
      'half_pixel',
      'half_pixel_symmetric',
      'pytorch_half_pixel',
      'align_corners',
    )
    const roundings = fc.constantFrom('floor', 'ceil', 'round_prefer_floor', 'round_prefer_ceil')
    const extent = fc.integer({ min: 1, max: 7 })
    fc.assert(
      fc.property(modes, roundings, extent, fc.integer({ min: 1, max: 9 }), (coordinates, rounding, from, to) => {
        const interpolation = { kind: 'nearest', rounding } as const
        const dimensions = [{ kind: 'size', size: to }] as const
        const fixed = resizeOp(f32(from), { ...attributes, coordinates, interpolation, dimensions })
        const symbolic = resizeOp(f32(size('n')), { ...attributes, coordinates, interpolation, dimensions })
        const operand = { type: f32(size('n')), data: iota(from) }
        expect(numbers(run(symbolic, [operand], { n: from })[0])).toEqual(result(fixed, onIota(f32(from))))
      }),
      runs,
    )
  })

  test('linear lies between its neighbours', () => {
    const x = onIota(f32(2))
    const linear = { ...attributes, coordinates: 'half_pixel', interpolation: { kind: 'linear' } } as const
    const operation = resizeOp(x.type, { ...linear, dimensions: [{ kind: 'scale', scale: 2 }] })
    expect(result(operation, x)).toEqual([0, 0.25, 0.75, 1])
    const scaled = resizeOp(f32(size('n')), { ...linear, dimensions: [{ kind: 'scale', scale: 2 }] })
    expect(numbers(run(scaled, [{ type: f32(size('n')), data: iota(2) }], { n: 2 })[0])).toEqual([0, 0.25, 0.75, 1])
    const odd = { ...linear, dimensions: [{ kind: 'scale', scale: 1 / 4999 }] } as const
    expect(thrownBy(() => resizeOp(f32(size('n')), odd)).code).toBe('graph/symbolic-shape')
  })
})

test('Reshape takes sizes, and cancels them', () => {
  const [batch, length] = [size('batch'), size('length')]
  const x = f32(batch, length, 50)
  expect(shapeOf(reshapeOp(x, { shape: [batch, length, 2, 25] }))).toEqual([batch, length, 2, 25])
  expect(shapeOf(reshapeOp(x, { shape: [batch, -1, 2, 25] }))?.[1]).toEqual(length)
  expect(shapeOf(reshapeOp(x, { shape: [0, 0, -1] }))).toEqual([batch, length, 50])
})
