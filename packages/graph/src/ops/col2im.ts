/** Col2Im: the sum of blocks at the places that they were taken from. */
import {
  add,
  all,
  binary,
  computeType,
  constant,
  defined,
  div,
  type Expr,
  int,
  load,
  lt,
  mod,
  mul,
  reduce,
  type SizeExpr,
  select,
  sizeDiv,
  sizeMul,
  sizeValue,
  sub,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import { deviceDType, type TensorType } from '../tensor.js'
import { expectRank } from './axes.js'
import { agree, formatShape, shapeError } from './shape-error.js'
import { windowOf } from './window.js'

export interface Col2ImAttributes {
  readonly image: readonly SizeExpr[]
  readonly block: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /** Begins, then ends. */
  readonly pads: readonly number[]
}

/**
 * Col2Im (ONNX): x [N, C · elements of a block, blocks] becomes [N, C, …image]; where blocks lie over each other, they are
 * added. Throws `CompileError` `graph/shape`.
 */
export function col2ImOp(x: TensorType, { image, block, ...placing }: Col2ImAttributes): Operation {
  const name = 'Col2Im'
  expectRank(name, x, 3)
  const [batch, columns, blocks] = [x.shape[0] ?? 1, x.shape[1] ?? 1, x.shape[2]]
  const window = windowOf(name, image, { ...placing, kernel: block, autoPad: 'NOTSET', ceilMode: false })
  const elements = block.reduce((product, extent) => product * extent, 1)
  if (typeof columns !== 'number' || columns % elements !== 0) {
    throw shapeError(name, `${formatShape(x.shape)} does not hold blocks of ${elements} elements`)
  }
  const wanted = window.outputs.reduce<SizeExpr>(sizeMul, 1)
  return {
    name,
    outputs: [{ dtype: x.dtype, shape: [batch, sizeDiv(columns, elements), ...image] }],
    equalSizes: agree(
      name,
      `${formatShape(x.shape)} does not hold ${formatShape(window.outputs)} blocks`,
      blocks,
      wanted,
    ),
    define: ([source], outputs) => [
      reduce({
        outputs,
        domain: block.map((extent, d) => ({ hint: `k${d}`, extent })),
        identity: [constant(computeType(deviceDType(x.dtype)), 0)],
        value: ([n, c, ...at], taps) => {
          const conditions: Expr[] = []
          let [element, position]: readonly [Expr, Expr] = [int(0), int(0)]
          at.forEach((p, d) => {
            const [stride, count] = [int(window.strides[d] ?? 1), sizeValue(window.outputs[d] ?? 1)]
            const tap = defined(taps[d], 'a tap')
            const offset = sub(add(p, sizeValue(window.begins[d] ?? 0)), mul(tap, int(window.dilations[d] ?? 1)))
            const which = div(offset, stride)
            conditions.push(binary('le', int(0), offset), binary('eq', mod(offset, stride), int(0)), lt(which, count))
            element = add(mul(element, int(block[d] ?? 1)), tap)
            position = add(mul(position, count), which)
          })
          const column = add(mul(defined(c, 'channel'), int(elements)), element)
          const zero = constant(computeType(deviceDType(x.dtype)), 0)
          const value = load(defined(source, 'x'), [defined(n, 'image'), column, position])
          return [select(all(conditions), value, zero)]
        },
        combine: ([left], [right]) => [add(defined(left, 'left'), defined(right, 'right'))],
        commutative: true,
      }),
    ],
  }
}
