import { size } from '@tilewright/ir'
import { propertyRuns, runOperation, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TensorDType, TensorType } from '../tensor.js'
import { maxUnpoolOp, type ScatterReduction, scatterElementsOp, scatterNdOp, tensorScatterOp } from './scatter.js'
import { topKOp } from './top-k.js'

const tensor = (dtype: TensorDType, ...shape: TensorType['shape']): TensorType => ({ dtype, shape })
const floats = (shape: readonly number[], ...values: readonly number[]) => ({
  type: tensor('f32', ...shape),
  data: Float32Array.from(values),
})
const indices = (shape: readonly number[], ...values: readonly number[]) => ({
  type: tensor('i64', ...shape),
  data: Int32Array.from(values),
})

const combined: Readonly<Record<ScatterReduction, (old: number, update: number) => number>> = {
  none: (_, update) => update,
  add: (old, update) => old + update,
  mul: (old, update) => old * update,
  min: Math.min,
  max: Math.max,
}
const reductions = fc.constantFrom<ScatterReduction[]>('none', 'add', 'mul', 'min', 'max')

test('ScatterElements: updates along the axis, one after the other', () => {
  const property = fc.property(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 0, max: 6 }),
    reductions,
    fc.array(fc.integer({ min: -4, max: 3 }), { minLength: 18, maxLength: 18 }),
    (width, count, reduction, numbers) => {
      const extent = 4
      const x = floats([extent, width], ...Array.from({ length: extent * width }, (_, i) => i))
      const at = indices([count, width], ...Array.from({ length: count * width }, (_, i) => numbers[i % 18]!))
      const updates = floats([count, width], ...Array.from({ length: count * width }, (_, i) => 10 - i))
      const wanted = x.data.slice()
      at.data.forEach((index, i) => {
        const place = ((index + extent) % extent) * width + (i % width)
        wanted[place] = Math.fround(combined[reduction](wanted[place]!, updates.data[i]!))
      })
      const operation = scatterElementsOp(x.type, at.type, updates.type, { axis: -2, reduction })
      expect(runOperation(operation, [x, at, updates])[0]).toEqual(wanted)
    },
  )
  fc.assert(property, { numRuns: propertyRuns() })
})

test('ScatterND: slices, elements, everything', () => {
  const x = floats([3, 2], 0, 1, 2, 3, 4, 5)
  const [rows, elements] = [indices([2, 1], 2, -3), indices([2, 2], 1, 1, 1, 1)]
  const slices = floats([2, 2], 10, 20, 30, 40)
  const replaced = scatterNdOp(x.type, rows.type, slices.type, { reduction: 'none' })
  expect(runOperation(replaced, [x, rows, slices])[0]).toEqual(Float32Array.of(30, 40, 2, 3, 10, 20))
  const pair = floats([2], 10, 20)
  const added = scatterNdOp(x.type, elements.type, pair.type, { reduction: 'add' })
  expect(runOperation(added, [x, elements, pair])[0]).toEqual(Float32Array.of(0, 1, 2, 33, 4, 5))
  const none = indices([0])
  const all = scatterNdOp(x.type, none.type, x.type, { reduction: 'max' })
  expect(runOperation(all, [x, none, { ...x, data: x.data.map((v) => 4 - v) }])[0]).toEqual(
    Float32Array.of(4, 3, 2, 3, 4, 5),
  )
})

describe('what does not fit is refused', () => {
  const message = (run: () => unknown): string => thrownBy(run).message
  const x = tensor('f32', 3, 2)
  const attributes = { axis: 0, reduction: 'add' } as const
  test.each([
    ['indices', () => scatterElementsOp(x, tensor('f32', 1, 2), x, attributes), 'indices are f32'],
    ['updates', () => scatterElementsOp(x, tensor('i64', 1, 2), tensor('f32', 2, 2), attributes), 'dimensions must'],
    ['bool', () => scatterNdOp(tensor('bool', 2), tensor('i64', 1, 1), tensor('bool', 1), attributes), 'on bool'],
    ['depth', () => scatterNdOp(x, tensor('i64', 1, 3), tensor('f32', 1), attributes), 'does not take'],
    ['the first axis', () => tensorScatterOp(x, x, undefined, { axis: 0, circular: false }), 'does not take'],
    ['k', () => topKOp(x, { k: 4, axis: 0, largest: true }), '4 elements of dimension 0'],
    ['bool values', () => topKOp(tensor('bool', 3), { k: 1, axis: 0, largest: true }), 'not defined on bool'],
  ])('%s', (_, run, text) => {
    const error = thrownBy(run)
    expect(`${message(run)} ${'help' in error ? String(error.help) : ''}`).toContain(text)
  })
})

test('TensorScatter writes from a position on, over the end where it is circular', () => {
  const cache = floats([2, 3, 1], 0, 1, 2, 3, 4, 5)
  const update = floats([2, 2, 1], 10, 20, 30, 40)
  const begins = indices([2], 1, 2)
  const run = (circular: boolean) =>
    runOperation(tensorScatterOp(cache.type, update.type, begins.type, { axis: -2, circular }), [cache, update, begins])
  expect(run(true)[0]).toEqual(Float32Array.of(0, 10, 20, 40, 4, 30))
  expect(run(false)[0]).toEqual(Float32Array.of(0, 10, 20, 3, 4, 30))
  const first = tensorScatterOp(cache.type, update.type, undefined, { axis: 1, circular: false })
  expect(runOperation(first, [cache, update])[0]).toEqual(Float32Array.of(10, 20, 2, 30, 40, 5))
})

test('MaxUnpool puts elements where they were found, also into what is larger', () => {
  const x = floats([1, 2, 1, 2], 1, 2, 3, 4)
  const at = indices([1, 2, 1, 2], 1, 2, 8, 11)
  const same = maxUnpoolOp(x.type, at.type, { pooled: [2, 4], outputs: [2, 4] })
  expect(runOperation(same, [x, at])[0]).toEqual(Float32Array.of(0, 1, 2, 0, 0, 0, 0, 0, 3, 0, 0, 4, 0, 0, 0, 0))
  const wider = maxUnpoolOp(x.type, at.type, { pooled: [2, 2], outputs: [2, 3] })
  expect(runOperation(wider, [x, at])[0]).toEqual(Float32Array.of(0, 1, 0, 2, 0, 0, 3, 0, 0, 0, 4, 0))
})

describe('TopK', () => {
  test('sorts by value, then by position', () => {
    const values = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 0, maxLength: 12 })
    const property = fc.property(values, fc.boolean(), fc.nat(), (numbers, largest, some) => {
      const k = some % (numbers.length + 1)
      const x = floats([numbers.length, 1], ...numbers)
      const order = numbers.map((_, i) => i)
      order.sort((i, j) => (largest ? numbers[j]! - numbers[i]! : numbers[i]! - numbers[j]!) || i - j)
      const wanted = order.slice(0, k)
      expect(runOperation(topKOp(x.type, { k, axis: 0, largest }), [x])).toEqual([
        Float32Array.from(wanted, (i) => numbers[i]!),
        Int32Array.from(wanted),
      ])
    })
    fc.assert(property, { numRuns: propertyRuns() })
  })

  test('of symbolic sizes', () => {
    const n = size('n')
    const { outputs } = topKOp(tensor('u8', 2, n), { k: 3, axis: -1, largest: false })
    expect(outputs).toEqual([tensor('u8', 2, 3), tensor('i64', 2, 3)])
  })
})
