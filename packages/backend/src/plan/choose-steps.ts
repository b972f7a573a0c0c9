/** What the steps of a plan come down to for given sizes. */
import type { LaunchStep, Step } from './plan.js'
import { PlanError } from './plan-error.js'
import { holds, type PlanSizeValues } from './sizes.js'

export interface ChosenSteps {
  /** In order; some may have no workgroups. */
  readonly launches: readonly LaunchStep[]
  /** Boundary tensors that are converted: that is done where they cross it. */
  readonly hostSteps: number
}

/** Walks steps, taking the branches that hold. Throws `PlanError` `plan/choose` when none does. */
export function chooseSteps(steps: readonly Step[], sizes: PlanSizeValues): ChosenSteps {
  const launches: LaunchStep[] = []
  let hostSteps = 0
  const walk = (inner: readonly Step[]): void => {
    for (const step of inner) {
      if (step.kind === 'launch') launches.push(step)
      else if (step.kind === 'host') hostSteps += 1
      else {
        const branch = step.branches.find(({ when }) => when.every((predicate) => holds(predicate, sizes)))
        if (branch === undefined) throw new PlanError('plan/choose', 'no branch of the plan is for these sizes')
        walk(branch.steps)
      }
    }
  }
  walk(steps)
  return { launches, hostSteps }
}
