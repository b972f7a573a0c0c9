/** Reductions along axes: a fold of each row, and an equation that finishes it where the operator needs one. */
import {
  add,
  buffer,
  CompileError,
  cast,
  compute,
  computeType,
  constant,
  type DType,
  defined,
  div,
  type Expr,
  elementCount,
  load,
  lt,
  mul,
  reduce,
  type ScalarType,
  select,
  sizeBinary,
  sizeValue,
  sub,
  unary,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import { deviceDType, type TensorType } from '../tensor.js'
import { betterOf, type Extremum, extremumOf, neverWins, nowhere } from './extremum.js'
import { domainOf, foldRows, type Rows, rowLength, rowsAlong, sortedAxes } from './rows.js'
import { expectFloat } from './shape-error.js'

export type Reduction = 'Sum' | 'Mean' | 'Max' | 'Min' | 'Prod' | 'SumSquare' | 'L1' | 'L2' | 'LogSum'

export interface ReduceAttributes {
  /** Negative ones count from the end. Without any, every element is a row of its own. */
  readonly axes: readonly number[]
  /** Whether the axes stay, with extent 1. */
  readonly keepDims: boolean
}

/** How a reduction is made: what is folded of an element, how, and what becomes of a row's result. */
interface Recipe {
  readonly identity: Expr
  readonly element: (value: Expr) => Expr
  readonly combine: (left: Expr, right: Expr) => Expr
  readonly finish?: (folded: Expr) => Expr
}

/**
 * ReduceSum, ReduceMean, … (ONNX). No elements give the identity of the fold; the mean of integers truncates.
 * Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function reduceOp(reduction: Reduction, x: TensorType, { axes, keepDims }: ReduceAttributes): Operation {
  const name = `Reduce${reduction}`
  if (x.dtype === 'bool' && reduction !== 'Max' && reduction !== 'Min') {
    throw new CompileError({ code: 'graph/dtype', message: `${name} is not defined on bool` })
  }
  const rows = rowsAlong(x.shape, sortedAxes(name, x, axes), keepDims)
  const { identity, element, combine, finish } = recipe(reduction, deviceDType(x.dtype), rows)
  return {
    name,
    outputs: [{ dtype: x.dtype, shape: rows.shape }],
    define: ([source], [output]) => {
      const [input, out] = [defined(source, 'x'), defined(output, 'y')]
      const value = (index: readonly Expr[]): Expr => element(load(input, index))
      if (axes.length === 0) return [compute(out, (...at) => (finish ?? same)(value(at)))]
      if (finish === undefined) return [foldRows(out, rows, { identity, value, combine })]
      const folded = buffer('folded', computeType(out.dtype), out.shape, 'storage')
      return [foldRows(folded, rows, { identity, value, combine }), compute(out, (...at) => finish(load(folded, at)))]
    },
  }
}

const same = (value: Expr): Expr => value

function recipe(reduction: Reduction, dtype: DType, rows: Rows): Recipe {
  const type = computeType(dtype)
  const sum = { identity: constant(type, 0), element: same, combine: add }
  switch (reduction) {
    case 'Sum':
      return sum
    case 'Mean':
      return { ...sum, finish: (folded) => div(folded, type === 'f32' ? rowLength(rows) : wholeLength(rows, type)) }
    case 'SumSquare':
      return { ...sum, element: (value) => mul(value, value) }
    case 'L1':
      return { ...sum, element: (value) => (type === 'u32' ? value : unary('abs', value)) }
    case 'L2':
      return { ...sum, element: (value) => mul(value, value), finish: inFloat((folded) => unary('sqrt', folded)) }
    case 'LogSum':
      return { ...sum, finish: inFloat((folded) => unary('log', folded)) }
    case 'Prod':
      return { identity: constant(type, 1), element: same, combine: mul }
    case 'Max':
      return extremumRecipe('max', dtype)
    case 'Min':
      return extremumRecipe('min', dtype)
  }
}

/** A function of f32; of integers, the truncated result. */
const inFloat =
  (body: (value: Expr) => Expr) =>
  (value: Expr): Expr =>
    cast(value.dtype, body(cast('f32', value)))

const extremumRecipe = (extremum: Extremum, dtype: DType): Recipe => ({
  identity: neverWins(extremum, dtype),
  element: same,
  combine: (left, right) => extremumOf(extremum, left, right),
})

/** The number of elements of a row as an integer, at least 1: integers have no 0 / 0. */
function wholeLength(rows: Rows, type: ScalarType): Expr {
  return cast(type, sizeValue(sizeBinary('max', elementCount(rows.domain), 1)))
}

/**
 * ReduceLogSumExp (ONNX): log Σ eˣ, with the largest element taken out first, so that no power overflows.
 * Throws `CompileError` `graph/shape`, `graph/dtype` unless floating point.
 */
export function reduceLogSumExpOp(x: TensorType, { axes, keepDims }: ReduceAttributes): Operation {
  const name = 'ReduceLogSumExp'
  expectFloat(name, x)
  const rows = rowsAlong(x.shape, sortedAxes(name, x, axes), keepDims)
  return {
    name,
    outputs: [{ dtype: x.dtype, shape: rows.shape }],
    define: ([source], [output]) => {
      const [input, out] = [defined(source, 'x'), defined(output, 'y')]
      if (axes.length === 0) return [compute(out, (...at) => load(input, at))]
      const largest = buffer('largest', 'f32', rows.shape, 'storage')
      const total = buffer('total', 'f32', rows.shape, 'storage')
      const { identity, combine } = extremumRecipe('max', 'f32')
      // An infinite element, or none at all, leaves nothing finite to take out.
      const shift = (row: readonly Expr[]): Expr => {
        const value = load(largest, row)
        const hasShift = lt(unary('abs', value), constant('f32', Number.POSITIVE_INFINITY))
        return select(hasShift, value, constant('f32', 0))
      }
      return [
        foldRows(largest, rows, { identity, combine, value: (at) => load(input, at) }),
        foldRows(total, rows, {
          identity: constant('f32', 0),
          combine: add,
          value: (at) => unary('exp', sub(load(input, at), shift(rows.rowOf(at)))),
        }),
        compute(out, (...row) => add(unary('log', load(total, row)), shift(row))),
      ]
    },
  }
}

export interface ArgAttributes {
  readonly axis: number
  readonly keepDims: boolean
  /** Of equal extrema the last counts, not the first. */
  readonly selectLastIndex: boolean
}

/**
 * ArgMax and ArgMin (ONNX): where along an axis the largest or smallest element stands, int64; -1 where there is none.
 * Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function argExtremumOp(extremum: Extremum, x: TensorType, attributes: ArgAttributes): Operation {
  const name = extremum === 'max' ? 'ArgMax' : 'ArgMin'
  if (x.dtype === 'bool') throw new CompileError({ code: 'graph/dtype', message: `${name} is not defined on bool` })
  const dtype = deviceDType(x.dtype)
  const axes = sortedAxes(name, x, [attributes.axis])
  const rows = rowsAlong(x.shape, axes, attributes.keepDims)
  return {
    name,
    outputs: [{ dtype: 'i64', shape: rows.shape }],
    define: ([source], [output]) => {
      const [input, out] = [defined(source, 'x'), defined(output, 'y')]
      return [
        reduce({
          outputs: [buffer('best', dtype, out.shape, 'storage'), out],
          domain: domainOf(rows),
          identity: [neverWins(extremum, dtype), nowhere],
          value: (row, element) => [load(input, rows.index(row, element)), defined(element[0], 'one axis')],
          combine: betterOf(extremum, attributes.selectLastIndex),
          commutative: false,
        }),
      ]
    },
  }
}
