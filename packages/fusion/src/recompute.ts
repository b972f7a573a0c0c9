/**
 * Whether a producer is cheaper to compute again at each read than to compute once, write and read back. Sums of products
 * read an element many times, though not as often as they multiply it: a thread keeps what it has read for a few results.
 */
import {
  type Compute,
  type Equation,
  type Expr,
  elementCount,
  equationDomain,
  equationOutputs,
  evaluateSize,
  loadsOf,
  type SizeExpr,
  sizeParams,
  someExpr,
} from '@tilewright/ir'
import { exprCost, loadCost } from './expr-cost.js'
import type { FusionGroup } from './group.js'

/** Operations an element that computing again may cost: to write and to read it costs a tenth, and a launch the rest. */
const mostOperations = 128
/** The same where the producer's result may be needed in memory all the same. */
const mostSharedOperations = 16
/** Products that an element takes part in once it has been read. */
const productsPerRead = 8
/** What is assumed of a size that only the run knows, within its facts. */
const nominalSize = 64

/** Why a prologue of `group` should be computed once, on its own; undefined when it may be computed at each read. */
export function whyNotAgain(producer: Compute, group: FusionGroup, isShared: boolean): string | undefined {
  // A device may round the same text differently in two places, and ranks hold only where all threads see one value.
  if (group.anchor.kind === 'sort' && isRounded(producer)) return 'a sort compares values with themselves'
  const again = Math.max(0, costOf(producer) - loadCost)
  const reads = Math.max(1, readsPerElement(producer, group))
  if (isShared && (again > mostSharedOperations / 4 || reads * again > mostSharedOperations)) {
    return 'others read it too: computing it for each costs more than memory'
  }
  const extra = (reads - 1) * again
  return extra > mostOperations
    ? `computing it at each of ${Math.round(reads)} reads costs more than memory`
    : undefined
}

const isRounded = ({ value }: Compute): boolean =>
  someExpr(value, ({ kind, dtype }) => dtype === 'f32' && (kind === 'unary' || kind === 'binary'))

/** Operations an element; what is broadcast along the last dimension is at hand. */
function costOf({ value, axes }: Compute): number {
  const last = axes.at(-1)
  const isBroadcast = (index: readonly Expr[]): boolean =>
    last !== undefined && !index.some((expr) => someExpr(expr, (node) => node === last))
  const broadcast = new Set(loadsOf(value).filter((load) => isBroadcast(load.index)))
  return exprCost(value) - (loadCost - 1) * broadcast.size
}

/** How often a group reads an element of a prologue's result, from what its own points and extents say. */
function readsPerElement({ output }: Compute, group: FusionGroup): number {
  const { anchor } = group
  const [result] = equationOutputs(anchor)
  const points = nominal(elementCount(result?.shape ?? []))
  const elements = Math.max(1, nominal(elementCount(output.shape)))
  const folded = nominal(elementCount(equationDomain(anchor).map((axis) => axis.extent)))
  return (points * folded) / elements / (isSumOfProducts(anchor) ? productsPerRead : 1)
}

function isSumOfProducts(anchor: Equation): boolean {
  const [value] = anchor.kind === 'reduce' ? anchor.value : anchor.kind === 'attention' ? [anchor.product] : []
  return value?.kind === 'binary' && value.op === 'mul'
}

function nominal(size: SizeExpr): number {
  const values = [...sizeParams(size).values()].map(({ name, min, max }) => [
    name,
    Math.max(min, Math.min(max, nominalSize)),
  ])
  return evaluateSize(size, Object.fromEntries(values))
}
