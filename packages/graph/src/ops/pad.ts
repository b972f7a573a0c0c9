/** Pad: elements before and after each dimension, or fewer of them. */
import {
  add,
  all,
  type Buffer,
  binary,
  compute,
  computeType,
  constant,
  defined,
  type Expr,
  formatSize,
  int,
  load,
  lt,
  mod,
  type SizeExpr,
  select,
  sizeAdd,
  sizeBinary,
  sizeMul,
  sizeRange,
  sizeSub,
  sizeValue,
  sub,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import { deviceDType, type TensorType } from '../tensor.js'
import { expectOneDType, formatShape, shapeError } from './shape-error.js'

export type PadMode = 'constant' | 'reflect' | 'edge' | 'wrap'

export interface PadAttributes {
  readonly mode: PadMode
  /** Before and after each dimension; numbers below zero take elements away. */
  readonly begins: readonly SizeExpr[]
  readonly ends: readonly SizeExpr[]
  /** What constant padding holds, where no scalar operand says it. */
  readonly value: number
}

/**
 * Pad (ONNX). `fill`, a scalar operand, is what constant padding holds. A dimension without elements can only be padded
 * with constants. Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function padOp(
  input: TensorType,
  fill: TensorType | undefined,
  { mode, begins, ends, value }: PadAttributes,
): Operation {
  const rank = input.shape.length
  if (begins.length !== rank || ends.length !== rank) {
    throw shapeError('Pad', `${begins.length + ends.length} pads for ${formatShape(input.shape)}`)
  }
  if (fill !== undefined) expectOneDType('Pad', [input, fill])
  const shape = input.shape.map((extent, d) => {
    const padded = [begins[d] ?? 0, ends[d] ?? 0].reduce(plus, extent)
    if (sizeRange(padded).max < 0) {
      throw shapeError(
        'Pad',
        `pads [${[...begins, ...ends].map(formatSize).join(', ')}] leave nothing of ${formatShape(input.shape)}`,
      )
    }
    return padded
  })
  const constantValue = constant(computeType(deviceDType(input.dtype)), value)
  return {
    name: 'Pad',
    outputs: [{ dtype: input.dtype, shape }],
    define: ([x, filling], [output]) => {
      const source = defined(x, 'one input')
      return [
        compute(defined(output, 'one output'), (...axes) => {
          const positions = axes.map((at, d) => sub(at, sizeValue(begins[d] ?? 0)))
          if (mode !== 'constant') {
            return load(
              source,
              positions.map((at, d) => inside(mode, at, begins[d] ?? 0, ends[d] ?? 0, source.shape[d] ?? 1)),
            )
          }
          const padding =
            filling === undefined
              ? constantValue
              : load(
                  filling,
                  filling.shape.map(() => int(0)),
                )
          return select(isInside(positions, begins, ends, source), load(source, positions), padding)
        }),
      ]
    },
  }
}

function plus(extent: SizeExpr, pad: SizeExpr): SizeExpr {
  return typeof pad === 'number' && pad < 0 ? sizeSub(extent, -pad) : sizeAdd(extent, pad)
}

/** Whether a position that padding has moved is one of the input: only where there is padding can it be another. */
function isInside(
  positions: readonly Expr[],
  begins: readonly SizeExpr[],
  ends: readonly SizeExpr[],
  { shape }: Buffer,
): Expr {
  const isPadding = (pad: SizeExpr | undefined): boolean => typeof pad !== 'number' || pad > 0
  return all(
    positions.flatMap((at, d) => [
      ...(isPadding(begins[d]) ? [binary('le', int(0), at)] : []),
      ...(isPadding(ends[d]) ? [lt(at, sizeValue(shape[d] ?? 1))] : []),
    ]),
  )
}

/** The position of the input that stands at `at`, which padding has moved out of 0..extent-1. */
function inside(mode: Exclude<PadMode, 'constant'>, at: Expr, begin: SizeExpr, end: SizeExpr, extent: SizeExpr): Expr {
  if (begin === 0 && end === 0) return at
  const last = sub(sizeValue(extent), int(1))
  switch (mode) {
    case 'edge':
      return binary('max', binary('min', at, last), int(0))
    case 'wrap':
      return floorMod(at, sizeValue(sizeBinary('max', extent, 1)))
    case 'reflect': {
      // There and back without the ends twice: a period of 2 · (extent − 1).
      const period = sizeBinary('max', sizeSub(sizeMul(sizeBinary('max', extent, 1), 2), 2), 1)
      const there = floorMod(at, sizeValue(period))
      return binary('min', there, sub(sizeValue(period), there))
    }
  }
}

/** at mod extent, not negative. */
function floorMod(at: Expr, extent: Expr): Expr {
  return mod(add(mod(at, extent), extent), extent)
}
