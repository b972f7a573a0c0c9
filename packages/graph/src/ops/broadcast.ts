/** Multidirectional broadcasting (ONNX, "Broadcasting in ONNX"). */
import { type Buffer, type Expr, int, load, type SizeExpr, sizeEquals, type Var } from '@tilewright/ir'
import { extentError, formatShape } from './shape-error.js'

/** The common shape of operands, aligned at the last dimension. Throws as `extentError`. */
export function broadcastShapes(operator: string, shapes: readonly (readonly SizeExpr[])[]): readonly SizeExpr[] {
  return shapes.reduce((a, b) => {
    const rank = Math.max(a.length, b.length)
    return Array.from({ length: rank }, (_, i) => {
      const [x, y] = [a[a.length - rank + i] ?? 1, b[b.length - rank + i] ?? 1]
      if (x === 1) return y
      if (y === 1 || sizeEquals(x, y)) return x
      const message = `shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`
      throw extentError(operator, message, [x, y])
    })
  })
}

/** The element of `source` that stands at `axes` of the broadcast shape. */
export function loadBroadcast(source: Buffer, axes: readonly (Var | Expr)[]): Expr {
  const offset = axes.length - source.shape.length
  return load(
    source,
    source.shape.map((extent, d) => (extent === 1 ? int(0) : (axes[offset + d] ?? int(0)))),
  )
}
