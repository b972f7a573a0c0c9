/** Which groups write their result over an operand that nothing reads afterwards: a tensor less in memory. */
import { type FusionGroup, groupInputs, groupOutputs } from '@tilewright/fusion'
import type { Buffer } from '@tilewright/ir'

/**
 * The operand that each group overwrites, for those that do; groups are given in launch order. Operands and results of
 * the model are the caller's, and are left as they are. `inPlace` finds one of a group among those that may die.
 */
export function overwrittenOperands(
  groups: readonly FusionGroup[],
  results: ReadonlySet<Buffer>,
  inPlace: (group: FusionGroup, mayDie: (operand: Buffer) => boolean) => Buffer | undefined,
): ReadonlyMap<FusionGroup, Buffer> {
  const lastReader = new Map(groups.flatMap((group) => groupInputs(group).map((input) => [input, group] as const)))
  const intermediates = new Set(groups.flatMap(groupOutputs).filter((made) => !results.has(made)))
  return new Map(
    groups.flatMap((group) => {
      if (!groupOutputs(group).every((made) => intermediates.has(made))) return []
      const operand = inPlace(group, (one) => intermediates.has(one) && lastReader.get(one) === group)
      return operand === undefined ? [] : [[group, operand] as const]
    }),
  )
}
