/**
 * A run with all that its sizes decide: which launches, with which scalars and workgroups, and where tensors lie. Runs
 * with the same input shapes share it, so that only the first evaluates sizes.
 */
import type { Pipeline } from '@tilewright/backend'
import {
  bindSizes,
  checkEqualSizes,
  chooseSteps,
  evaluatePlanSize,
  type LaunchStep,
  type MemoryRules,
  maxElements,
  type Plan,
  PlanError,
  type PlannedMemory,
  type PlanSize,
  type PlanSizeValues,
  planMemory,
  scalarWord,
} from '@tilewright/backend/plan'
import { entry } from './entry.js'

export interface ResolvedLaunch {
  readonly pipeline: Pipeline
  /** Buffers of the plan, by number. */
  readonly buffers: readonly number[]
  readonly scalars: Uint32Array
  readonly workgroups: readonly [number, number, number]
}

export interface ResolvedRun {
  /** Without the empty ones. */
  readonly launches: readonly ResolvedLaunch[]
  readonly hostSteps: number
  readonly memory: PlannedMemory
  readonly outputShapes: readonly (readonly number[])[]
}

/** Tuples of sizes whose runs are kept. */
const runsKept = 16

/**
 * Resolves runs of a plan by the shapes of its inputs. The function throws `PlanError` `run/shape`, `limits/…` and
 * `plan/…`.
 */
export function createResolver(
  plan: Plan,
  pipelines: readonly Pipeline[],
  rules: () => MemoryRules,
): (shapes: readonly (readonly number[])[]) => ResolvedRun {
  // In the order of their last use.
  const kept = new Map<string, ResolvedRun>()
  return (shapes) => {
    const key = shapes.map((shape) => shape.join()).join(';')
    const known = kept.get(key)
    kept.delete(key)
    const run = known ?? resolve(plan, pipelines, bindSizes(plan.inputs, shapes), rules())
    kept.set(key, run)
    const [oldest] = kept.keys()
    if (kept.size > runsKept && oldest !== undefined) kept.delete(oldest)
    return run
  }
}

function resolve(plan: Plan, pipelines: readonly Pipeline[], sizes: PlanSizeValues, rules: MemoryRules): ResolvedRun {
  checkEqualSizes(plan.equalSizes, sizes)
  const { launches, hostSteps } = chooseSteps(plan.steps, sizes)
  return {
    memory: planMemory(plan, launches, sizes, rules),
    launches: resolveLaunches(launches, pipelines, sizes),
    hostSteps,
    outputShapes: plan.outputs.map(({ shape }) => shape.map((extent) => evaluatePlanSize(extent, sizes))),
  }
}

/** Launches with their sizes evaluated, without the empty ones. Throws `PlanError` `limits/elements`, `plan/…`. */
export function resolveLaunches(
  launches: readonly LaunchStep[],
  pipelines: readonly Pipeline[],
  sizes: PlanSizeValues,
): readonly ResolvedLaunch[] {
  return launches.flatMap(({ name, kernel, buffers, scalars, workgroups: [x, y, z] }) => {
    const workgroups = [scalarOf(x, sizes, name), scalarOf(y, sizes, name), scalarOf(z, sizes, name)] as const
    if (workgroups.includes(0)) return []
    const words = Uint32Array.from(scalars, (scalar) => scalarWord(scalar, (size) => scalarOf(size, sizes, name)))
    return [{ pipeline: entry(pipelines, kernel, 'kernel'), buffers, scalars: words, workgroups }]
  })
}

/** A size that a kernel is given: an i32 there. */
function scalarOf(size: PlanSize, sizes: PlanSizeValues, launch: string): number {
  const value = evaluatePlanSize(size, sizes)
  if (value <= maxElements) return value
  throw new PlanError(
    'limits/elements',
    `"${launch}" counts to ${value}; a kernel counts to ${maxElements}`,
    'run on smaller inputs: sizes are 32-bit integers',
  )
}
