import { type Buffer, buffer, CompileError, definition, size, sizeAdd, TilewrightError } from '@tilewright/ir'
import { evaluateDefinition, type TypedArray } from '@tilewright/simulator'
import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Operation } from '../graph.js'
import { deviceDType, type TensorType } from '../tensor.js'
import { eluOp, reluOp } from './activations.js'
import { convOp } from './conv.js'
import { addOp, divOp, maxOp } from './elementwise.js'
import { gemmOp, matmulOp } from './matmul.js'
import { maxPoolOp } from './pool.js'
import { flattenOp, reshapeOp } from './reshape.js'

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })

/** The outputs of an operation on data, by its definition. */
function run(operation: Operation, inputs: readonly { type: TensorType; data: TypedArray }[]): TypedArray[] {
  const make = (type: TensorType): Buffer => buffer('t', deviceDType(type.dtype), type.shape, 'storage')
  const operands = inputs.map(({ type }) => make(type))
  const outputs = operation.outputs.map(make)
  const meaning = definition(operation.name, operands, outputs, operation.define(operands, outputs))
  const values = evaluateDefinition(meaning, new Map(operands.map((operand, i) => [operand, inputs[i]!.data])))
  return outputs.map((output) => values.get(output)!)
}

const iota = (count: number, from = 0): Float32Array => Float32Array.from({ length: count }, (_, i) => i + from)
const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof TilewrightError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'no error'
}

describe('elementwise', () => {
  test('broadcasts operands', () => {
    const [sum] = run(addOp(f32(2, 1), f32(3)), [
      { type: f32(2, 1), data: Float32Array.of(10, 20) },
      { type: f32(3), data: Float32Array.of(1, 2, 3) },
    ])
    expect(sum).toEqual(Float32Array.of(11, 12, 13, 21, 22, 23))
  })

  test('divides integers towards zero', () => {
    const i32: TensorType = { dtype: 'i32', shape: [4] }
    const [quotient] = run(divOp(i32, i32), [
      { type: i32, data: Int32Array.of(7, -7, 7, -7) },
      { type: i32, data: Int32Array.of(2, 2, -2, -2) },
    ])
    expect(quotient).toEqual(Int32Array.of(3, -3, -3, 3))
  })

  test('narrow integers wrap', () => {
    const i8: TensorType = { dtype: 'i8', shape: [2] }
    const data = Int8Array.of(100, -100)
    expect(
      run(addOp(i8, i8), [
        { type: i8, data },
        { type: i8, data },
      ])[0],
    ).toEqual(Int8Array.of(-56, 56))
  })

  test('Relu, Elu, Max', () => {
    const data = Float32Array.of(-1, 0, 2)
    const x = { type: f32(3), data }
    expect(run(reluOp(f32(3)), [x])[0]).toEqual(Float32Array.of(0, 0, 2))
    expect(run(maxOp(f32(3), f32(1)), [x, { type: f32(1), data: Float32Array.of(1) }])[0]).toEqual(
      Float32Array.of(1, 1, 2),
    )
    const [elu] = run(eluOp(f32(3), { alpha: 2 }), [x])
    expect(Array.from(elu!, Number)).toEqual([expect.closeTo(2 * Math.expm1(-1), 5), 0, 2])
  })

  test('refuses what does not fit', () => {
    expect(codeOf(() => addOp(f32(2), f32(3)))).toMatchInlineSnapshot(
      `"graph/shape: Add: shapes [2] and [3] do not broadcast"`,
    )
    expect(codeOf(() => addOp(f32(2), { dtype: 'i32', shape: [2] }))).toMatchInlineSnapshot(
      `"graph/dtype: Add: operands are f32 and i32"`,
    )
    const n = size('n')
    expect(codeOf(() => addOp({ dtype: 'f32', shape: [n] }, { dtype: 'f32', shape: [sizeAdd(n, 1)] }))).toMatch(
      'graph/shape: Add: shapes [n] and [n + 1] do not broadcast',
    )
  })

  test('leaves it to the run whether symbolic extents agree', () => {
    const [n, m] = [size('n'), size('m')]
    const sum = addOp({ dtype: 'f32', shape: [n, 4] }, { dtype: 'f32', shape: [m, 1] })
    expect(sum.outputs[0]?.shape).toEqual([n, 4])
    expect(sum.equalSizes).toEqual([{ left: n, right: m }])
    const fixed = addOp({ dtype: 'f32', shape: [n] }, { dtype: 'f32', shape: [3] })
    expect(fixed.outputs[0]?.shape).toEqual([3])
    expect(fixed.equalSizes).toEqual([{ left: n, right: 3 }])
  })
})

describe('MatMul and Gemm', () => {
  test('multiplies vectors and batches as numpy does', () => {
    const [dot] = run(matmulOp(f32(3), f32(3)), [
      { type: f32(3), data: iota(3) },
      { type: f32(3), data: iota(3) },
    ])
    expect(dot).toEqual(Float32Array.of(5))
    const product = matmulOp(f32(2, 1, 1, 2), f32(3, 2, 2))
    expect(product.outputs[0]?.shape).toEqual([2, 3, 1, 2])
    const [batched] = run(product, [
      { type: f32(2, 1, 1, 2), data: iota(4) },
      { type: f32(3, 2, 2), data: iota(12) },
    ])
    expect(batched).toEqual(Float32Array.of(2, 3, 6, 7, 10, 11, 6, 11, 26, 31, 46, 51))
  })

  test('scales, transposes and broadcasts C', () => {
    const gemm = gemmOp(f32(2, 1), f32(3, 2), f32(3), { alpha: 2, beta: 0.5, transA: true, transB: true })
    const [result] = run(gemm, [
      { type: f32(2, 1), data: Float32Array.of(1, 2) },
      { type: f32(3, 2), data: iota(6) },
      { type: f32(3), data: Float32Array.of(2, 4, 6) },
    ])
    expect(result).toEqual(Float32Array.of(2 * 2 + 1, 2 * 8 + 2, 2 * 14 + 3))
  })

  test('refuses depths that differ', () => {
    expect(codeOf(() => matmulOp(f32(2, 3), f32(4, 2)))).toMatchInlineSnapshot(
      `"graph/shape: MatMul: cannot multiply [2, 3] by [4, 2]"`,
    )
    const flags = { alpha: 1, beta: 1, transA: true, transB: false }
    expect(codeOf(() => gemmOp(f32(2, 3), f32(4, 2), undefined, flags))).toMatchInlineSnapshot(
      `"graph/shape: Gemm: cannot multiply [2, 3]' by [4, 2]"`,
    )
  })
})

/** Convolution and pooling of one plane, written out. */
function windows(
  [height, width]: readonly [number, number],
  attributes: {
    kernel: readonly number[]
    strides: readonly number[]
    dilations: readonly number[]
    pads: readonly number[]
  },
) {
  const [kh, kw] = [attributes.kernel[0]!, attributes.kernel[1]!]
  const [top, left, bottom, right] = attributes.pads as readonly [number, number, number, number]
  const span = (extent: number, pads: number, k: number, d: number, s: number): number =>
    Math.floor((extent + pads - ((k - 1) * d + 1)) / s) + 1
  const rows = span(height, top + bottom, kh, attributes.dilations[0]!, attributes.strides[0]!)
  const columns = span(width, left + right, kw, attributes.dilations[1]!, attributes.strides[1]!)
  const at = (y: number, x: number, i: number, j: number): number | undefined => {
    const row = y * attributes.strides[0]! + i * attributes.dilations[0]! - top
    const column = x * attributes.strides[1]! + j * attributes.dilations[1]! - left
    return row < 0 || column < 0 || row >= height || column >= width ? undefined : row * width + column
  }
  return { rows, columns, at }
}

const windowCases = fc.record({
  height: fc.integer({ min: 3, max: 7 }),
  width: fc.integer({ min: 3, max: 7 }),
  kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 })),
  strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 })),
  dilations: fc.tuple(fc.constant(1), fc.integer({ min: 1, max: 2 })),
  pads: fc.tuple(fc.nat(1), fc.nat(1), fc.nat(2), fc.nat(1)),
})

describe('Conv', () => {
  test('is the sum over the window, by groups, with bias', () => {
    const grouped = fc.record({ group: fc.integer({ min: 1, max: 2 }), perGroup: fc.integer({ min: 1, max: 2 }) })
    fc.assert(
      fc.property(windowCases, grouped, (geometry, { group, perGroup }) => {
        const { height, width, kernel } = geometry
        const [channels, features] = [group * 2, group * perGroup]
        const x = {
          type: f32(2, channels, height, width),
          data: iota(2 * channels * height * width).map((v) => (v % 5) - 2),
        }
        const w = {
          type: f32(features, 2, ...kernel),
          data: iota(features * 2 * kernel[0] * kernel[1]).map((v) => (v % 3) - 1),
        }
        const bias = { type: f32(features), data: iota(features, 1) }
        const { rows, columns, at } = windows([height, width], geometry)
        fc.pre(rows > 0 && columns > 0)
        const [result] = run(convOp(x.type, w.type, bias.type, { ...geometry, autoPad: 'NOTSET', group }), [x, w, bias])
        const expected: number[] = []
        for (let n = 0; n < 2; n++) {
          for (let f = 0; f < features; f++) {
            for (let y = 0; y < rows; y++) {
              for (let z = 0; z < columns; z++) {
                let sum = bias.data[f]!
                for (let c = 0; c < 2; c++) {
                  for (let i = 0; i < kernel[0]; i++) {
                    for (let j = 0; j < kernel[1]; j++) {
                      const from = at(y, z, i, j)
                      const channel = Math.floor(f / perGroup) * 2 + c
                      const weight = w.data[((f * 2 + c) * kernel[0] + i) * kernel[1] + j]!
                      if (from !== undefined) sum += weight * x.data[(n * channels + channel) * height * width + from]!
                    }
                  }
                }
                expected.push(sum)
              }
            }
          }
        }
        expect(Array.from(result!, Number)).toEqual(expected)
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('pads the odd element at the end for SAME_UPPER, at the start for SAME_LOWER', () => {
    const attributes = { strides: [1], dilations: [1], pads: [0, 0], group: 1 }
    const x = { type: f32(1, 1, 3), data: iota(3, 1) }
    const w = { type: f32(1, 1, 2), data: Float32Array.of(1, 10) }
    const same = (autoPad: 'SAME_UPPER' | 'SAME_LOWER') =>
      run(convOp(x.type, w.type, undefined, { ...attributes, autoPad }), [x, w])[0]
    expect(same('SAME_UPPER')).toEqual(Float32Array.of(21, 32, 3))
    expect(same('SAME_LOWER')).toEqual(Float32Array.of(10, 21, 32))
  })

  test('refuses weights that do not fit', () => {
    const attributes = { strides: [1], dilations: [1], pads: [0, 0], autoPad: 'NOTSET', group: 1 } as const
    expect(codeOf(() => convOp(f32(1, 3, 8), f32(4, 2, 3), undefined, attributes))).toMatchInlineSnapshot(
      `"graph/shape: Conv: [1, 3, 8] has not the 2 channels of the weights"`,
    )
    expect(() => convOp(f32(1, 2, 2), f32(4, 2, 3), undefined, attributes)).toThrow(CompileError)
  })
})

describe('MaxPool', () => {
  test('is the maximum of the window and its first position; padding never wins', () => {
    fc.assert(
      fc.property(windowCases, (geometry) => {
        const { height, width, kernel } = geometry
        const { rows, columns, at } = windows([height, width], geometry)
        fc.pre(rows > 0 && columns > 0)
        const data = iota(height * width).map((v) => ((v * 7) % 5) - 9)
        const attributes = {
          ...geometry,
          autoPad: 'NOTSET',
          ceilMode: false,
          indices: true,
          columnMajor: false,
        } as const
        const type = f32(1, 1, height, width)
        const [values, indices] = run(maxPoolOp(type, attributes), [{ type, data }])
        let position = 0
        for (let y = 0; y < rows; y++) {
          for (let z = 0; z < columns; z++) {
            let [best, where]: [number, number] = [Number.NEGATIVE_INFINITY, 0]
            for (let i = 0; i < kernel[0]; i++) {
              for (let j = 0; j < kernel[1]; j++) {
                const from = at(y, z, i, j)
                if (from !== undefined && data[from]! > best) [best, where] = [data[from]!, from]
              }
            }
            expect(values![position]).toBe(best)
            if (best > Number.NEGATIVE_INFINITY) expect(indices![position]).toBe(where)
            position += 1
          }
        }
        expect(values).toHaveLength(position)
      }),
      { numRuns: propertyRuns() },
    )
  })
})

describe('Reshape', () => {
  test('keeps the order of elements, whatever the shapes', () => {
    const shapes = fc.constantFrom([2, 3, 4], [4, 6], [24], [1, 24, 1], [3, 8], [2, 12], [6, 2, 2], [4, 3, 2])
    fc.assert(
      fc.property(shapes, shapes, (from, to) => {
        const x = { type: f32(...from), data: iota(24) }
        expect(run(reshapeOp(x.type, { shape: to }), [x])[0]).toEqual(iota(24))
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('infers -1 and copies 0, also of symbolic sizes', () => {
    const n = size('n')
    const x: TensorType = { dtype: 'f32', shape: [n, 4, 6] }
    expect(reshapeOp(x, { shape: [0, -1] }).outputs[0]?.shape).toEqual([n, 24])
    expect(reshapeOp(x, { shape: [-1, 24] }).outputs[0]?.shape).toEqual([n, 24])
    expect(reshapeOp(x, { shape: [2, 0, -1] }).outputs[0]?.shape[1]).toBe(4)
  })

  test('refuses other element counts', () => {
    expect(codeOf(() => reshapeOp(f32(2, 3), { shape: [4, 2] }))).toMatchInlineSnapshot(
      `"graph/shape: Reshape: [2, 3] does not reshape to [4, 2]: the element counts differ"`,
    )
    expect(codeOf(() => reshapeOp(f32(2, 3), { shape: [-1, 4] }))).toMatchInlineSnapshot(
      `"graph/shape: Reshape: [2, 3] does not reshape to [-1, 4]"`,
    )
    expect(codeOf(() => reshapeOp(f32(2, 3), { shape: [-1, -1] }))).toMatchInlineSnapshot(
      `"graph/shape: Reshape: the shape [-1, -1] is not valid"`,
    )
  })
})

describe('Flatten', () => {
  test('makes two dimensions at any axis, of any sizes', () => {
    const [n, h] = [size('n'), size('h')]
    const shapeAt = (shape: TensorType['shape'], axis: number) =>
      flattenOp({ dtype: 'f32', shape }, { axis }).outputs[0]?.shape
    expect(shapeAt([2, 3, 4], 1)).toEqual([2, 12])
    expect(shapeAt([2, 3, 4], -1)).toEqual([6, 4])
    expect(shapeAt([2, 3, 4], 0)).toEqual([1, 24])
    expect(shapeAt([2, 0, 3], 2)).toEqual([0, 3])
    expect(shapeAt([1, n, h], 2)).toEqual([n, h])
    const x = { type: f32(2, 3, 2), data: iota(12) }
    expect(run(flattenOp(x.type, { axis: 2 }), [x])[0]).toEqual(iota(12))
    expect(codeOf(() => flattenOp(f32(2, 3), { axis: 3 }))).toMatchInlineSnapshot(
      `"graph/shape: Flatten: axis 3 for [2, 3]"`,
    )
  })
})

describe('corner cases of windows', () => {
  const attributes = { dilations: [1, 1], pads: [0, 0, 0, 0], autoPad: 'NOTSET', columnMajor: false } as const

  test('an element wins over padding even where it is the lowest of its type', () => {
    const type: TensorType = { dtype: 'u8', shape: [1, 1, 2, 4] }
    const pool = maxPoolOp(type, { ...attributes, kernel: [2, 2], strides: [2, 2], ceilMode: false, indices: true })
    const [values, indices] = run(pool, [{ type, data: new Uint8Array(8) }])
    expect(values).toEqual(Uint8Array.of(0, 0))
    expect(indices).toEqual(Int32Array.of(0, 2))
  })

  test('rounding up takes a window that is larger than what is left', () => {
    const type = f32(1, 1, 2, 2)
    const pool = maxPoolOp(type, { ...attributes, kernel: [3, 3], strides: [2, 2], ceilMode: true, indices: false })
    expect(run(pool, [{ type, data: Float32Array.of(1, 4, 2, 3) }])[0]).toEqual(Float32Array.of(4))
  })
})

test('Gemm refuses a C that is larger than the result, and scaling of integers by fractions', () => {
  const flags = { alpha: 1, beta: 1, transA: false, transB: false }
  expect(codeOf(() => gemmOp(f32(1, 2), f32(2, 2), f32(3, 2), flags))).toMatchInlineSnapshot(
    `"graph/shape: Gemm: [3, 2] does not broadcast to [1, 2]"`,
  )
  const i32: TensorType = { dtype: 'i32', shape: [2, 2] }
  expect(codeOf(() => gemmOp(i32, i32, undefined, { ...flags, alpha: 0.5 }))).toMatchInlineSnapshot(
    `"graph/dtype: Gemm: alpha 0.5 and beta 1 scale i32"`,
  )
})

test('what a run may make fit is a gap, not a fault', () => {
  const x: TensorType = { dtype: 'f32', shape: ['n', 'c', 'h', 'w'].map((name) => size(name)) }
  const attributes = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], autoPad: 'NOTSET', group: 1 } as const
  expect(codeOf(() => convOp(x, f32(8, 3, 3, 3), undefined, attributes))).toMatchInlineSnapshot(
    `"graph/symbolic-shape: Conv: [n, c, h, w] has not the 3 channels of the weights, unless the run makes them"`,
  )
})
