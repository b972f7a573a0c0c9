/** What a plan leaves to the host. */
import type { HostStep, Plan, Step } from '@tilewright/backend'

/** Floating-point arithmetic that the host does, rather than the device. */
export interface FloatingPointOnHost {
  /** Steps that add, multiply, compare or the like; converting the element type of a tensor at the boundary is none of it. */
  readonly operations: number
}

/** Counts over what is done once and what each run does, in all branches. */
export function floatingPointOnHost({ prepare, steps }: Pick<Plan, 'prepare' | 'steps'>): FloatingPointOnHost {
  return { operations: [...prepare, ...steps].reduce((sum, step) => sum + operationsOf(step), 0) }
}

function operationsOf(step: Step): number {
  switch (step.kind) {
    case 'launch':
      return 0
    case 'choose':
      return step.branches.flatMap((branch) => branch.steps).reduce((sum, inner) => sum + operationsOf(inner), 0)
    case 'host':
      return hostOperations(step.op)
    default:
      return step satisfies never
  }
}

/** A kind of host step that enters says here what it does. */
function hostOperations(op: HostStep['op']): number {
  switch (op) {
    case 'convert-input':
    case 'convert-output':
      return 0
    default:
      return op satisfies never
  }
}
