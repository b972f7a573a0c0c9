import { size } from '@tilewright/ir'
import { propertyRuns, runOperation, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TensorType } from '../tensor.js'
import { argExtremumOp, type ReduceAttributes, type Reduction, reduceLogSumExpOp, reduceOp } from './reduce.js'

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })
const i32 = (...shape: readonly number[]): TensorType => ({ dtype: 'i32', shape })

/** [2, 3, 2], whole numbers. */
const block = Float32Array.of(1, -2, 3, 4, -5, 6, 7, 8, 9, -1, 2, 3)

const reduceBlock = (reduction: Reduction, attributes: ReduceAttributes) =>
  runOperation(reduceOp(reduction, f32(2, 3, 2), attributes), [{ type: f32(2, 3, 2), data: block }])[0]

describe('reductions', () => {
  test('fold the rows along the axes, in whatever order these are named', () => {
    const attributes = { axes: [-1, 0], keepDims: false }
    expect(reduceBlock('Sum', attributes)).toEqual(Float32Array.of(14, 15, 6))
    expect(reduceBlock('Mean', attributes)).toEqual(Float32Array.of(3.5, 3.75, 1.5))
    expect(reduceBlock('Max', attributes)).toEqual(Float32Array.of(8, 9, 6))
    expect(reduceBlock('Min', attributes)).toEqual(Float32Array.of(-2, -1, -5))
    expect(reduceBlock('Prod', attributes)).toEqual(Float32Array.of(-112, -108, -180))
    expect(reduceBlock('SumSquare', attributes)).toEqual(Float32Array.of(118, 107, 74))
  })

  test('keep the axes with extent 1 where asked to', () => {
    const shapeOf = (attributes: ReduceAttributes) => reduceOp('Sum', f32(2, 3, 2), attributes).outputs[0]?.shape
    expect(shapeOf({ axes: [1], keepDims: true })).toEqual([2, 1, 2])
    expect(shapeOf({ axes: [1], keepDims: false })).toEqual([2, 2])
    expect(shapeOf({ axes: [0, 1, 2], keepDims: false })).toEqual([])
    expect(reduceBlock('Sum', { axes: [1], keepDims: true })).toEqual(Float32Array.of(-1, 8, 18, 10))
  })

  test('norms, and logarithms of sums', () => {
    const attributes = { axes: [0, 2], keepDims: false }
    const close = (...values: readonly number[]) => values.map((value) => expect.closeTo(value, 4))
    const numbers = (reduction: Reduction) => Array.from(reduceBlock(reduction, attributes) ?? [], Number)
    expect(numbers('L1')).toEqual([18, 17, 16])
    expect(numbers('L2')).toEqual(close(Math.sqrt(118), Math.sqrt(107), Math.sqrt(74)))
    expect(numbers('LogSum')).toEqual(close(Math.log(14), Math.log(15), Math.log(6)))
    const x = { type: i32(1, 3), data: Int32Array.of(-3, 4, 1) }
    const alongOne = { axes: [1], keepDims: false }
    expect(runOperation(reduceOp('L1', x.type, alongOne), [x])[0]).toEqual(Int32Array.of(8))
    expect(runOperation(reduceOp('L2', x.type, alongOne), [x])[0]).toEqual(Int32Array.of(5))
  })

  test('the logarithm of a sum of powers does not overflow', () => {
    const infinity = Number.POSITIVE_INFINITY
    const data = Float32Array.of(1000, 1000, 1, 2, -infinity, -infinity, infinity, 1)
    const sums = reduceLogSumExpOp(f32(4, 2), { axes: [1], keepDims: false })
    const [logarithm] = runOperation(sums, [{ type: f32(4, 2), data }])
    const expected = [1000 + Math.log(2), 2 + Math.log1p(Math.exp(-1))].map((value) => expect.closeTo(value, 3))
    expect(Array.from(logarithm ?? [], Number)).toEqual([...expected, -infinity, infinity])
    const none = reduceLogSumExpOp(f32(0), { axes: [0], keepDims: false })
    expect(runOperation(none, [{ type: f32(0), data: new Float32Array(0) }])[0]).toEqual(Float32Array.of(-infinity))
    const each = reduceLogSumExpOp(f32(2), { axes: [], keepDims: false })
    expect(runOperation(each, [{ type: f32(2), data: Float32Array.of(1, -2) }])[0]).toEqual(Float32Array.of(1, -2))
  })

  test('without axes every element is a row', () => {
    expect(reduceBlock('Sum', { axes: [], keepDims: true })).toEqual(block)
    expect(reduceBlock('SumSquare', { axes: [], keepDims: true })).toEqual(block.map((value) => value * value))
  })

  test('no elements give the identity', () => {
    const attributes = { axes: [1], keepDims: false }
    const x = { type: f32(2, 0), data: new Float32Array(0) }
    const empty = (reduction: Reduction) => runOperation(reduceOp(reduction, x.type, attributes), [x])[0]
    expect(empty('Sum')).toEqual(Float32Array.of(0, 0))
    expect(empty('Prod')).toEqual(Float32Array.of(1, 1))
    expect(empty('Max')).toEqual(Float32Array.of(Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY))
    expect(empty('Min')).toEqual(Float32Array.of(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY))
    const whole = { type: i32(1, 0), data: new Int32Array(0) }
    expect(runOperation(reduceOp('Max', whole.type, attributes), [whole])[0]).toEqual(Int32Array.of(-(2 ** 31)))
    expect(runOperation(reduceOp('Mean', whole.type, attributes), [whole])[0]).toEqual(Int32Array.of(0))
  })

  test('means of integers truncate; extrema of booleans are or and and', () => {
    const attributes = { axes: [1], keepDims: false }
    const x = { type: i32(2, 2), data: Int32Array.of(3, 4, -3, -4) }
    expect(runOperation(reduceOp('Mean', x.type, attributes), [x])[0]).toEqual(Int32Array.of(3, -3))
    const flags = { type: { dtype: 'bool', shape: [3, 2] } as const, data: Uint8Array.of(0, 0, 0, 1, 1, 1) }
    expect(runOperation(reduceOp('Max', flags.type, attributes), [flags])[0]).toEqual(Uint8Array.of(0, 1, 1))
    expect(runOperation(reduceOp('Min', flags.type, attributes), [flags])[0]).toEqual(Uint8Array.of(0, 0, 1))
    expect(thrownBy(() => reduceOp('Sum', flags.type, attributes))).toMatchObject({ code: 'graph/dtype' })
  })

  test('refuse axes that are not there, or named twice', () => {
    const message = (axes: readonly number[]) =>
      String(thrownBy(() => reduceOp('Sum', f32(2, 3), { axes, keepDims: true })))
    expect(message([2])).toMatchInlineSnapshot(`"CompileError: ReduceSum: axes [2] for [2, 3]"`)
    expect(message([-1, 1])).toMatchInlineSnapshot(`"CompileError: ReduceSum: axes [-1, 1] for [2, 3]"`)
  })

  test('take symbolic sizes', () => {
    const n = size('n')
    const mean = reduceOp('Mean', { dtype: 'f32', shape: [n, 4] }, { axes: [0], keepDims: true })
    expect(mean.outputs[0]?.shape).toEqual([1, 4])
  })
})

describe('ArgMax and ArgMin', () => {
  test('give the first or the last position of the extremum', () => {
    const rows = fc.array(fc.tuple(...[0, 1, 2, 3].map(() => fc.integer({ min: -2, max: 2 }))), { maxLength: 5 })
    fc.assert(
      fc.property(rows, fc.boolean(), fc.constantFrom('max' as const, 'min' as const), (values, last, extremum) => {
        const type = f32(values.length, 4)
        const operation = argExtremumOp(extremum, type, { axis: -1, keepDims: false, selectLastIndex: last })
        expect(operation.outputs).toEqual([{ dtype: 'i64', shape: [values.length] }])
        const [positions] = runOperation(operation, [{ type, data: Float32Array.from(values.flat()) }])
        const expected = values.map((row) => {
          const best = extremum === 'max' ? Math.max(...row) : Math.min(...row)
          return last ? row.lastIndexOf(best) : row.indexOf(best)
        })
        expect(positions).toEqual(Int32Array.from(expected))
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('find an element where all have the value that never wins', () => {
    const x = { type: { dtype: 'u8', shape: [3, 1] } as const, data: new Uint8Array(3) }
    const at = (selectLastIndex: boolean) =>
      runOperation(argExtremumOp('max', x.type, { axis: 0, keepDims: true, selectLastIndex }), [x])[0]
    expect(at(false)).toEqual(Int32Array.of(0))
    expect(at(true)).toEqual(Int32Array.of(2))
  })
})
