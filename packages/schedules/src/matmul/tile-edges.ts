/**
 * Edges of a tiled matmul. Tiles are never divisors of the problem: the last tile of a row or column of tiles reaches
 * over the edge.
 *
 * Rows of the left factor beyond M, and columns of the right factor beyond N, only reach results that are not stored.
 * So their loads need no predicate in the inner loop: the index is clamped to the last valid one, outside the loop.
 * The clamp moves whole vectors when the extent is a multiple of the vector, so that contiguity survives it.
 */
import { type Expr, type SizeExpr, sizeMultipleOf, sizeValue, type Value, value } from '@tilewright/ir'

/**
 * `origin + offset`, kept below `extent` by moving whole units of up to 4 elements: as many as divide both `extent` and
 * `alignment`, of which `origin` is a multiple. `offset` is a task variable of an unrolled mapping, so that its part
 * within a unit folds to a constant. An empty extent is never reached: its launch is skipped.
 */
export function clampedIndex(origin: Value, alignment: number, offset: Value, extent: SizeExpr): Expr {
  const multiple = sizeMultipleOf(extent)
  const unit = [4, 2].find((candidate) => multiple % candidate === 0 && alignment % candidate === 0) ?? 1
  const within = offset.mod(unit)
  const last = value(sizeValue(extent)).sub(unit)
  return origin.add(offset.sub(within)).min(last).add(within).expr
}

/** A position as coordinates of `extents`, the last one fastest. */
export function coordinates(position: Value, extents: readonly SizeExpr[]): readonly Expr[] {
  const reversed: Expr[] = []
  let rest = position
  extents.toReversed().forEach((extent, i) => {
    const slowest = i === extents.length - 1
    reversed.push(slowest ? rest.expr : rest.mod(extent).expr)
    if (!slowest) rest = rest.div(extent)
  })
  return reversed.toReversed()
}
