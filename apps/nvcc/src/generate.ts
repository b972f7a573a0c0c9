/** Kernels as the compiler prints them for CUDA: of every template, over many problems and candidates. */
import { cuda, cudaTarget, hopperTarget } from '@tilewright/backend-cuda'
import { compile } from '@tilewright/compiler'
import {
  type Candidate,
  defined,
  InternalError,
  type Problem,
  type ScheduleTemplate,
  type Target,
} from '@tilewright/ir'
import {
  asyncMultiplyMatmul,
  attentionAsyncMultiply,
  attentionProducerConsumer,
  producerConsumerMatmul,
  roundedMatmul,
  templates,
} from '@tilewright/schedules'
import { type Choose, chooser } from './choose.js'
import { type Architecture, architectures } from './compile-sources.js'
import { problemsOf } from './problems/index.js'

export interface GeneratedKernel {
  /** The template, or `rule-based`. */
  readonly family: string
  /** Unique among the kernels of a run, and fit for a file. */
  readonly name: string
  readonly candidate: Candidate
  /** Whether it is the candidate that the template takes without measuring. */
  readonly level0: boolean
  readonly source: string
  /** What the template's instructions are for. */
  readonly architectures: readonly Architecture[]
}

/** Templates with instructions that only one generation has. */
const ofHopper: ReadonlySet<string> = new Set([
  asyncMultiplyMatmul.name,
  producerConsumerMatmul.name,
  attentionAsyncMultiply.name,
  attentionProducerConsumer.name,
])

/** Those that are used by themselves, and those by request. */
const shown: readonly ScheduleTemplate[] = [...templates, roundedMatmul]

/** Every template, and the rules for what has none. */
export const families: readonly string[] = [...shown.map(({ name }) => name), 'rule-based']

/** `count` kernels, as many of each of these families, no two of equal source: the same ones each time. Throws `InternalError`. */
export function generateAll(of: readonly string[], count: number): readonly GeneratedKernel[] {
  const taken = new Set<string>()
  return of.flatMap((family, i) => {
    const share = Math.floor((count * (i + 1)) / of.length) - Math.floor((count * i) / of.length)
    return generate(family, share, taken)
  })
}

/** Graphs of one family in a row that give nothing new before there is nothing new to be had. */
const patience = 200

/**
 * `count` kernels of a family, no two of equal source and none of `taken`, to which theirs are added; half of their problems
 * take the candidate of level 0. The same ones each time, and the first ones of a larger count.
 * Throws `InternalError` where the problems do not show so many.
 */
function generate(family: string, count: number, taken: Set<string>): readonly GeneratedKernel[] {
  const template = shown.find(({ name }) => name === family)
  const kernels: GeneratedKernel[] = []
  let barren = 0
  for (let seed = 0; kernels.length < count; seed++) {
    const before = kernels.length
    for (const made of kernelsOf(family, template, seed)) {
      if (kernels.length === count || taken.has(made.source)) continue
      taken.add(made.source)
      kernels.push({ ...made, name: `${family.replaceAll('/', '-')}-${kernels.length}` })
    }
    barren = kernels.length === before ? barren + 1 : 0
    if (barren === patience) throw new InternalError(`the problems of ${family} show ${kernels.length} kernels only`)
  }
  return kernels
}

/** What a template makes of one graph; nothing where it takes no part of it. */
function kernelsOf(
  family: string,
  template: ScheduleTemplate | undefined,
  seed: number,
): readonly Omit<GeneratedKernel, 'name'>[] {
  const choose = chooser(seed)
  const graph = problemsOf(family)(choose)
  const level0 = template === undefined || seed % 2 === 0
  // Of another name than the one that the compiler tries by itself.
  const first = template && {
    ...template,
    name: 'asked for',
    ...(level0 ? {} : { level0: sampling(template, choose) }),
  }
  const isHopper = ofHopper.has(family)
  const target = isHopper ? hopperTarget : cudaTarget
  const backend = { ...cuda(), target, schedules: first ? [first] : [] }
  const { plan, groups, prepared } = compile(graph, { backend })
  return [...prepared, ...groups]
    .flatMap(({ variants }) => variants)
    .filter((variant) => variant.template === (first?.name ?? family))
    .flatMap(({ candidate, launches }) =>
      launches.map(({ kernel }) => {
        const { source } = defined(plan.kernels[kernel], 'a launch is of a kernel of the plan')
        return { family, candidate, level0, source, architectures: isHopper ? ['sm_90a'] : architectures }
      }),
    )
}

/** Drawn candidates of which none need be legal, before a problem is given up. */
const draws = 100

/** In the place of a template's own choice, one of its space that its check lets pass. */
function sampling(template: ScheduleTemplate, choose: Choose): ScheduleTemplate['level0'] {
  return (problem: Problem, target: Target) => {
    for (let draw = 0; draw < draws; draw++) {
      const candidate = Object.fromEntries(
        Object.entries(template.space).map(([name, [first, ...others]]) => [
          name,
          choose(defined(first, 'a parameter has choices'), ...others),
        ]),
      )
      const rejection = template.check(candidate, problem, target)
      if (rejection === undefined) return candidate
    }
    return { reason: `none of ${draws} candidates is legal` }
  }
}
