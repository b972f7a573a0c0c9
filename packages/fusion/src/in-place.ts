/** Which operand's memory a group's result can take. */
import { type Buffer, type Compute, type Expr, equationExprs, loadsOf, shapeEquals } from '@tilewright/ir'
import { inlineLoads } from './compose.js'
import { composeAnchor } from './compose-anchor.js'
import { equationInputs, type FusionGroup, groupInputs, groupOutputs } from './group.js'
import { isOwnPosition } from './inverse-map.js'

/**
 * The first operand among those that `mayDie` whose memory the group's only result can take, element for element; undefined
 * where there is none. Each element of it is read for the result's element at its own place alone, by the thread that
 * stores there, since schedules store each element once and inlining puts what an epilogue reads beside the store.
 *
 *     y[i] := relu(c[i] + x[i])    x is not read again: y takes its place
 */
export function inPlaceOperand(group: FusionGroup, mayDie: (operand: Buffer) => boolean): Buffer | undefined {
  const last = group.epilogues.at(-1) ?? group.anchor
  const [output, ...others] = groupOutputs(group)
  if (last.kind !== 'compute' || output === undefined || others.length > 0) return undefined
  const fits = ({ dtype, shape }: Buffer): boolean => dtype === output.dtype && shapeEquals(shape, output.shape)
  const candidates = groupInputs(group).filter((operand) => fits(operand) && mayDie(operand))
  if (candidates.length === 0) return undefined

  const computes = [...group.prologues, group.anchor, ...group.epilogues].filter((one) => one.kind === 'compute')
  const producers = new Map<Buffer, Compute>(computes.map((one) => [one.output, one]))
  const memo = new Map<Expr, Expr>()
  const loads = loadsOf(inlineLoads(last.value, producers, memo))
  const readByAnchor = new Set(
    // What a compute reads is in the result's value, and is read beside the store, but for prologues that its template does
    // not see: those are evaluated where it reads them, which may be by another thread. Other anchors read as they please.
    group.anchor.kind === 'compute'
      ? composeAnchor(group).prologues.flatMap(equationInputs)
      : equationExprs(group.anchor).flatMap((expr) =>
          loadsOf(inlineLoads(expr, producers, memo)).map(({ buffer }) => buffer),
        ),
  )
  return candidates.find(
    (operand) =>
      !readByAnchor.has(operand) && loads.every((read) => read.buffer !== operand || isOwnPosition(read, last)),
  )
}
