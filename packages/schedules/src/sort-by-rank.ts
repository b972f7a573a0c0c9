/**
 * Sort: a thread an element counts the elements of its line that stand before it, and stores its own there. No two have one
 * rank, since of equal values the earlier one stands first. Work grows with the square of a line, and nothing is shared or
 * awaited: best for lines of up to some thousand elements.
 */
import {
  binary,
  bindVars,
  bitcast,
  cast,
  defined,
  type Expr,
  int,
  lt,
  type ScheduledKernels,
  type Sort,
  select,
  substitute,
  type Target,
  unary,
} from '@tilewright/ir'
import { perPoint } from './per-point.js'

export function sortByRank(anchor: Sort, target: Target): ScheduledKernels {
  const { values, positions, axes, along, descending } = anchor
  const kernel = perPoint('sort', values.shape, [anchor.value], target, (g, point) => {
    const own = g.let('own', substitute(anchor.value, bindVars(axes, point))).expr
    const ownKey = g.let('own_key', orderKey(own)).expr
    const at = defined(point[along], 'a sort runs along one of its axes')
    const rank = g.privateBuffer('rank', 'i32', [])
    rank.set([], 0)
    g.loop('i', values.shape[along] ?? 1, (i) => {
      const other = g.let('other', substitute(anchor.value, bindVars(axes, point.with(along, i.expr)))).expr
      const key = g.let('key', orderKey(other)).expr
      const isBefore = descending ? lt(ownKey, key) : lt(key, ownKey)
      const isEarlier = select(binary('eq', ownKey, key), lt(i.expr, at), isBefore)
      rank.update([], (count) => count.add(cast('i32', isEarlier)))
    })
    const place = point.with(along, rank.at().expr)
    g.use(values).set(place, own)
    g.use(positions).set(place, at)
  })
  return { kernels: [kernel], workspaces: [] }
}

const infinity = 0x7f800000

/**
 * An integer in the order of the values. Comparisons of NaN are unspecified, so floating point goes by its bits: those of a
 * magnitude ascend with it, and all NaN are one above infinity.
 */
function orderKey(value: Expr): Expr {
  if (value.dtype !== 'f32') return value
  const bits = bitcast('i32', value)
  const magnitude = binary('bit-and', bits, int(0x7fffffff))
  const signed = select(lt(bits, int(0)), unary('neg', magnitude), magnitude)
  return select(lt(int(infinity), magnitude), int(infinity + 1), signed)
}
