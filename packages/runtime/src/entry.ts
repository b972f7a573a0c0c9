import { PlanError } from '@tilewright/backend/plan'

/** An entry of one of the plan's tables. Throws `PlanError` `plan/reference` for a number that it lacks. */
export function entry<T>(table: readonly T[], number: number, what: string): T {
  const found = table[number]
  if (found === undefined) throw new PlanError('plan/reference', `the plan names ${what} ${number}, which it lacks`)
  return found
}
