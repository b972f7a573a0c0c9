/**
 * What quantised operators share: scales and zero points, one for all elements, one a position along an axis, or one a
 * block of positions; and the step from real numbers to integers.
 */
import {
  add,
  type Buffer,
  binary,
  CompileError,
  cast,
  ceilDiv,
  computeType,
  constant,
  defined,
  div,
  type Expr,
  int,
  load,
  type SizeExpr,
  sizeEquals,
  sub,
  unary,
} from '@tilewright/ir'
import type { EqualSizes } from '../graph.js'
import type { TensorDType, TensorType } from '../tensor.js'
import { resolveAxis } from './axes.js'
import { broadcastTo, loadBroadcast } from './broadcast.js'
import { agree, formatShape, shapeError } from './shape-error.js'

/** A scale or a zero point: an operand, or the number that all elements share where it is known when compiling. */
export type Parameter = TensorType | number

/** Element types that are quantised to. */
export type QuantizedDType = 'i8' | 'u8'

const limits: Readonly<Record<QuantizedDType, readonly [number, number]>> = { i8: [-128, 127], u8: [0, 255] }

/** Throws `CompileError` `graph/dtype` for other element types. */
export function expectQuantized(operator: string, { dtype }: TensorType): QuantizedDType {
  if (dtype === 'i8' || dtype === 'u8') return dtype
  throw new CompileError({
    code: 'graph/dtype',
    message: `${operator} is not defined on ${dtype}`,
    help: 'quantised tensors are int8 or uint8',
  })
}

/** A parameter of a tensor: how the element that belongs to a position of the tensor is read. */
export interface Placed {
  readonly parameter: Parameter
  readonly equalSizes: readonly EqualSizes[]
  /** `operand` is there unless the parameter is a number. */
  readonly read: (operand: Buffer | undefined, axes: readonly Expr[]) => Expr
}

/**
 * A parameter of a tensor of `shape`: one element for all, a list along dimension `axis` (negative from the end), or what
 * broadcasts to the shape. Throws `CompileError` `graph/shape`.
 */
export function placed(operator: string, parameter: Parameter, shape: readonly SizeExpr[], axis: number): Placed {
  if (typeof parameter === 'number') return shared(parameter, () => constant('f32', parameter))
  const own = parameter.shape
  if (own.every((extent) => extent === 1)) {
    const first = own.map(() => int(0))
    return shared(parameter, (operand) => load(defined(operand, 'a parameter'), first))
  }
  if (own.length === 1) {
    const along = resolveAxis(operator, axis, shape.length)
    const message = `parameters ${formatShape(own)} for axis ${axis} of ${formatShape(shape)}`
    return {
      parameter,
      equalSizes: agree(operator, message, own[0], shape[along]),
      read: (operand, axes) => load(defined(operand, 'a parameter'), [defined(axes[along], 'the axis')]),
    }
  }
  return {
    parameter,
    equalSizes: broadcastTo(operator, shape, own),
    read: (operand, axes) => loadBroadcast(defined(operand, 'a parameter'), axes),
  }
}

/** A parameter that `blockSize` consecutive elements along `axis` share. Throws `CompileError` `graph/shape`. */
export function placedInBlocks(
  operator: string,
  parameter: Parameter,
  shape: readonly SizeExpr[],
  { axis, blockSize }: { readonly axis: number; readonly blockSize: number },
): Placed {
  if (blockSize === 0 || typeof parameter === 'number') return placed(operator, parameter, shape, axis)
  const along = resolveAxis(operator, axis, shape.length)
  const own = parameter.shape
  const wanted = shape.map((extent, d) => (d === along ? ceilDiv(extent, blockSize) : extent))
  const message = `parameters ${formatShape(own)} for blocks of ${blockSize} along axis ${axis} of ${formatShape(shape)}`
  if (blockSize < 0 || own.length !== shape.length) throw shapeError(operator, message)
  // Fewer blocks than the size says would leave elements without a parameter.
  if (!sizeEquals(defined(own[along], 'the axis'), defined(wanted[along], 'the axis'))) {
    throw shapeError(operator, message, `there are ${formatShape(wanted)} blocks`)
  }
  return {
    parameter,
    equalSizes: own.flatMap((extent, d) => agree(operator, message, extent, wanted[d])),
    read: (operand, axes) =>
      load(
        defined(operand, 'a parameter'),
        axes.map((at, d) => (d === along ? div(at, int(blockSize)) : at)),
      ),
  }
}

const shared = (parameter: Parameter, read: Placed['read']): Placed => ({ parameter, equalSizes: [], read })

/** Reads the parameter of the element at `axes`. */
export type Read = (axes: readonly Expr[]) => Expr

/** How parameters are read from their operands, which stand in the same order; numbers and what is left out have none. */
export function readersOf(
  parameters: readonly (Placed | undefined)[],
  operands: readonly Buffer[],
): readonly (Read | undefined)[] {
  const isOperand = (one: Placed | undefined): boolean => typeof one?.parameter === 'object'
  return parameters.map((one, i) => {
    if (one === undefined) return undefined
    const operand = isOperand(one) ? operands[parameters.slice(0, i).filter(isOperand).length] : undefined
    return (axes) => one.read(operand, axes)
  })
}

/** An integer, minus the zero point where there is one, as i32. */
export function centered(value: Expr, zeroPoint: Expr | undefined): Expr {
  const whole = cast('i32', value)
  return zeroPoint === undefined ? whole : sub(whole, cast('i32', zeroPoint))
}

/** A quotient of f32, rounded (halves to even), moved by the zero point and saturated, in the compute type of `dtype`. */
export function saturated(quotient: Expr, zeroPoint: Expr | undefined, dtype: QuantizedDType): Expr {
  const [lowest, highest] = limits[dtype]
  const offset = zeroPoint === undefined ? constant('f32', 0) : cast('f32', zeroPoint)
  const rounded = unary('round', quotient)
  const moved = offset.kind === 'const' && offset.value === 0 ? rounded : add(rounded, offset)
  const inside = binary('min', binary('max', moved, constant('f32', lowest)), constant('f32', highest))
  return cast(computeType(dtype), inside)
}

/** Throws `CompileError` `graph/dtype` unless a zero point that is an operand has the element type of what it moves. */
export function expectZeroPoint(operator: string, zeroPoint: Parameter | undefined, dtype: TensorDType): void {
  if (typeof zeroPoint !== 'object' || zeroPoint.dtype === dtype) return
  throw new CompileError({
    code: 'graph/dtype',
    message: `${operator}: the zero point is ${zeroPoint.dtype}, the tensor ${dtype}`,
  })
}
