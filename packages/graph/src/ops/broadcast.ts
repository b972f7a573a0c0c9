/** Multidirectional broadcasting (ONNX, "Broadcasting in ONNX"). */
import { type Buffer, type Expr, int, load, type SizeExpr, type Var } from '@tilewright/ir'
import type { EqualSizes } from '../graph.js'
import { agree, formatShape, plainer, shapeError } from './shape-error.js'

export interface Broadcast {
  readonly shape: readonly SizeExpr[]
  /** A symbolic extent is never taken for 1: where another one meets it, a run must have them equal. */
  readonly equalSizes: readonly EqualSizes[]
}

/** The common shape of operands, aligned at the last dimension. Throws `CompileError` `graph/shape`. */
export function broadcast(operator: string, shapes: readonly (readonly SizeExpr[])[]): Broadcast {
  const equalSizes: EqualSizes[] = []
  const shape = shapes.reduce((a, b) => {
    const rank = Math.max(a.length, b.length)
    return Array.from({ length: rank }, (_, i) => {
      const [x, y] = [a[a.length - rank + i] ?? 1, b[b.length - rank + i] ?? 1]
      if (x === 1) return y
      if (y === 1) return x
      const message = `shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`
      equalSizes.push(...agree(operator, message, x, y))
      return plainer(x, y)
    })
  })
  return { shape, equalSizes }
}

/**
 * What a run must check for an operand to broadcast to `shape` without making it larger. Throws `CompileError`
 * `graph/shape`.
 */
export function broadcastTo(
  operator: string,
  shape: readonly SizeExpr[],
  operand: readonly SizeExpr[],
): readonly EqualSizes[] {
  const offset = shape.length - operand.length
  const message = `${formatShape(operand)} does not broadcast to ${formatShape(shape)}`
  if (offset < 0) throw shapeError(operator, message)
  return operand.flatMap((extent, d) => (extent === 1 ? [] : agree(operator, message, extent, shape[offset + d])))
}

/** The element of `source` that stands at `axes` of the broadcast shape. */
export function loadBroadcast(source: Buffer, axes: readonly (Var | Expr)[]): Expr {
  const offset = axes.length - source.shape.length
  return load(
    source,
    source.shape.map((extent, d) => (extent === 1 ? int(0) : (axes[offset + d] ?? int(0)))),
  )
}
