/**
 * What a template is shown of injective equations: an anchor with the prologues put into it that it reads at its own point.
 *
 *     t[i, j] := x[j, i]    y[i, j] := max(t[i, j], 0) + bias[j]
 *  => y[i, j] := max(x[j, i], 0) + bias[j]
 *
 * A prologue that is read elsewhere (x above, if it is one) stays, and is inlined into the scheduled kernel; unless it takes
 * the reader back to its own point, as a second transpose does. So a chain is scheduled by how it reads memory, wherever
 * in the chain elements are moved.
 */
import { type Buffer, type Compute, type Load, loadsOf } from '@tilewright/ir'
import { compose, inlineLoads } from './compose.js'
import { equationInputs, type FusionGroup } from './group.js'

/** The same group, of the same kernel; the group itself when its anchor takes no prologue in. */
export function composeAnchor(group: FusionGroup): FusionGroup {
  const { anchor, prologues, epilogues } = group
  if (anchor.kind !== 'compute' || prologues.length === 0) return group
  const producers = new Map(prologues.map((prologue) => [prologue.output, prologue]))
  let composed = anchor
  for (const prologue of prologues.toReversed()) {
    const reads = loadsOf(composed.value).filter((load) => load.buffer === prologue.output)
    const isTaken =
      reads.every((load) => isAtOwnPoint(load, composed)) ||
      reads.every((load) => isSamePlace(load, reads[0]) && leadsBack(load, composed, producers))
    if (isTaken) composed = compose(composed, new Map([[prologue.output, prologue]]))
  }
  if (composed === anchor) return group
  return { ...group, anchor: composed, prologues: neededBy([composed, ...epilogues], prologues) }
}

function isAtOwnPoint({ index }: Load, { axes }: Compute): boolean {
  return index.length === axes.length && index.every((at, d) => at === axes[d])
}

function isSamePlace(a: Load, b: Load | undefined): boolean {
  return b !== undefined && a.index.every((at, d) => at === b.index[d])
}

/** Whether what computes an element that is read elsewhere reads memory at the reader's own point. */
function leadsBack(load: Load, reader: Compute, producers: ReadonlyMap<Buffer, Compute>): boolean {
  return loadsOf(inlineLoads(load, producers)).some((read) => isAtOwnPoint(read, reader))
}

/** The prologues that some equations still read, themselves or through others. */
function neededBy(readers: readonly Compute[], prologues: readonly Compute[]): readonly Compute[] {
  const read = new Set(readers.flatMap(equationInputs))
  const needed: Compute[] = []
  for (const prologue of prologues.toReversed()) {
    if (!read.has(prologue.output)) continue
    needed.unshift(prologue)
    for (const input of equationInputs(prologue)) read.add(input)
  }
  return needed
}
