/** Sizes of a run, held against what the plan asks of them: before there are pipelines, which take long to make. */
import {
  bindSizes,
  checkEqualSizes,
  chooseSteps,
  evaluatePlanSize,
  type MemoryRules,
  type Plan,
  PlanError,
  type PlanSizeValues,
  planMemory,
} from '@tilewright/backend'
import type { Graph } from '@tilewright/graph'
import { CompileError, defined } from '@tilewright/ir'
import { agreed, firstUnequal, followed, paramsOf } from './equal-sizes.js'
import { sizesWith } from './random-inputs.js'

/**
 * What sizes behind the leading one are tried with: halved ever again, as in networks of images, small ones do not agree;
 * and a table of positions may take no more than a few.
 */
const innerSizes = [16, 32, 64, 128, 256, 512, 8, 4, 2, 1] as const

/** Throws `CompileError` `size/fixed` for sizes that are both compiled in and asked for. */
export function refuseFixedSizes(
  fixed: Readonly<Record<string, number>>,
  asked: Readonly<Record<string, number>>,
): void {
  const both = Object.keys(asked).find((name) => Object.hasOwn(fixed, name))
  if (both === undefined) return
  throw new CompileError({
    code: 'size/fixed',
    message: `the size "${both}" is given twice: --fix ${both}=${fixed[both]} and --size ${both}=${asked[both]}`,
    help: 'leave --size away: what is compiled for one value of a size runs with it',
  })
}

/**
 * The sizes of a run, from the shapes of its inputs. Throws the `PlanError` (`run/shape`, `limits/…`) that a run with them
 * rejects with before it launches anything.
 */
export function checkRun(plan: Plan, shapes: readonly (readonly number[])[], rules: MemoryRules): PlanSizeValues {
  const sizes = bindSizes(plan.inputs, shapes)
  checkEqualSizes(plan.equalSizes, sizes)
  planMemory(plan, chooseSteps(plan.steps, sizes).launches, sizes, rules)
  return sizes
}

/**
 * Sizes that a model runs with: those that are asked for, and of the others the defaults, or what is near them and agrees.
 * Throws `CompileError` `size/unknown`, `size/disagree` where none do, and `PlanError` `limits/…`.
 */
export function agreeingSizes(
  graph: Graph,
  plan: Plan,
  asked: Readonly<Record<string, number>>,
  rules: MemoryRules,
): PlanSizeValues {
  let first: { readonly error: PlanError; readonly sizes: PlanSizeValues } | undefined
  const starts = innerSizes.map((inner) => new Map(Object.entries(sizesWith(graph, asked, inner))))
  // Usual sizes are tried before odd ones that are nearer.
  const tried = [followed, agreed].flatMap((moved) => starts.map((start) => () => moved(plan.equalSizes, start, asked)))
  for (const sizesOf of tried) {
    const sizes = sizesOf()
    try {
      const shapes = plan.inputs.map(({ shape }) => shape.map((extent) => evaluatePlanSize(extent, sizes)))
      return checkRun(plan, shapes, rules)
    } catch (error) {
      if (!(error instanceof PlanError)) throw error
      first ??= { error, sizes }
      if (error.code !== 'run/shape') break
    }
  }
  const { error, sizes } = defined(first, 'each of the sizes that are tried returns or fails')
  if (error.code !== 'run/shape') throw error
  const unequal = firstUnequal(plan.equalSizes, sizes)
  const names = unequal === undefined ? undefined : paramsOf(unequal).map(({ name }) => name)
  const atOdds = [...sizes.keys()].filter((name) => names?.includes(name) ?? true)
  throw disagreement(error, atOdds, asked)
}

/** The error for sizes that do not agree, with the options to type for those that are at odds. */
function disagreement(
  { message, where, cause }: PlanError,
  atOdds: readonly string[],
  asked: Readonly<Record<string, number>>,
): CompileError {
  const free = atOdds.filter((name) => !Object.hasOwn(asked, name))
  const tried = free.length === 0 ? '' : ` (${free.join(', ')}: nothing was found from 1 to 512)`
  return new CompileError({
    code: 'size/disagree',
    message,
    where,
    help:
      atOdds.length === 0
        ? 'all sizes of the model are numbers, and no inputs fit them'
        : `set sizes that agree: ${atOdds.map((name) => `--size ${name}=VALUE`).join(' ')}${tried}; --data DIR takes them from data; a size that is always 1 can be fixed when compiling, with --fix NAME=1`,
    cause,
  })
}
