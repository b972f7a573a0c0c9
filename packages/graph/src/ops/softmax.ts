/** Softmax and its logarithm: two folds of each row, and equations that read them back. */
import {
  add,
  type Buffer,
  buffer,
  compute,
  constant,
  defined,
  div,
  type Equation,
  type Expr,
  load,
  sub,
  unary,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { extremumOf, neverWins } from './extremum.js'
import { foldRows, type Rows, rowsAlong, sortedAxes } from './rows.js'
import { expectFloat } from './shape-error.js'

export interface SoftmaxAttributes {
  /** The dimensions that are normalised together. */
  readonly axes: readonly number[]
}

/** Softmax (ONNX): eˣ over the sum of its row. Throws `CompileError` `graph/shape`, `graph/dtype` unless floating point. */
export function softmaxOp(x: TensorType, attributes: SoftmaxAttributes): Operation {
  return overRows('Softmax', x, attributes, (input, out, rows) => {
    const largest = buffer('largest', 'f32', rows.shape, 'storage')
    const power = buffer('power', 'f32', out.shape, 'storage')
    const total = buffer('total', 'f32', rows.shape, 'storage')
    return [
      foldLargest(largest, input, rows),
      compute(power, (...at) => unary('exp', sub(load(input, at), load(largest, rows.rowOf(at))))),
      foldTotal(total, rows, (at) => load(power, at)),
      compute(out, (...at) => div(load(power, at), load(total, rows.rowOf(at)))),
    ]
  })
}

/** LogSoftmax (ONNX): the logarithm of Softmax. Throws `CompileError` `graph/shape`, `graph/dtype` unless floating point. */
export function logSoftmaxOp(x: TensorType, attributes: SoftmaxAttributes): Operation {
  return overRows('LogSoftmax', x, attributes, (input, out, rows) => {
    const largest = buffer('largest', 'f32', rows.shape, 'storage')
    const total = buffer('total', 'f32', rows.shape, 'storage')
    const shifted = (at: readonly Expr[]): Expr => sub(load(input, at), load(largest, rows.rowOf(at)))
    return [
      foldLargest(largest, input, rows),
      foldTotal(total, rows, (at) => unary('exp', shifted(at))),
      compute(out, (...at) => sub(shifted(at), unary('log', load(total, rows.rowOf(at))))),
    ]
  })
}

function overRows(
  name: string,
  x: TensorType,
  { axes }: SoftmaxAttributes,
  equations: (input: Buffer, out: Buffer, rows: Rows) => readonly Equation[],
): Operation {
  expectFloat(name, x)
  const rows = rowsAlong(x.shape, sortedAxes(name, x, axes))
  return {
    name,
    outputs: [{ dtype: x.dtype, shape: x.shape }],
    define: ([input], [output]) => equations(defined(input, 'x'), defined(output, 'y'), rows),
  }
}

const foldLargest = (largest: Buffer, input: Buffer, rows: Rows): Equation =>
  foldRows(largest, rows, {
    identity: neverWins('max', 'f32'),
    value: (at) => load(input, at),
    combine: (left, right) => extremumOf('max', left, right),
  })

const foldTotal = (total: Buffer, rows: Rows, value: (at: readonly Expr[]) => Expr): Equation =>
  foldRows(total, rows, { identity: constant('f32', 0), value, combine: add })
