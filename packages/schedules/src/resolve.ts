/** Chooses the schedule of an anchor: the first template that matches and has a legal candidate, or the rules. */
import {
  type Candidate,
  isRejection,
  type Problem,
  type Refinement,
  type ScheduledKernels,
  type ScheduleTemplate,
  type Target,
} from '@tilewright/ir'
import { attentionAsyncMultiply } from './attention/async-multiply.js'
import { attentionInThread } from './attention/in-thread.js'
import { attentionMatrixUnits } from './attention/matrix-units.js'
import { attentionProducerConsumer } from './attention/producer-consumer.js'
import { attentionSharedKeys } from './attention/shared-keys.js'
import { attentionTiled } from './attention/tiled.js'
import { directConvolution } from './conv/direct.js'
import { elementwise } from './elementwise.js'
import { asyncMultiplyMatmul } from './matmul/async-multiply.js'
import { matrixUnitsMatmul } from './matmul/matrix-units.js'
import { producerConsumerMatmul } from './matmul/producer-consumer.js'
import { registerTiledMatmul } from './matmul/register-tiled.js'
import { workgroupTiledMatmul } from './matmul/workgroup-tiled.js'
import { reduceCooperative } from './reduce/cooperative.js'
import { reduceInThread } from './reduce/in-thread.js'
import { rowsCooperative } from './rows/cooperative.js'
import { rowsInThread } from './rows/in-thread.js'
import { ruleBased } from './rule-based.js'
import { transposeTiled } from './transpose/tiled.js'

/** The common templates, best first. */
export const templates: readonly ScheduleTemplate[] = [
  directConvolution,
  producerConsumerMatmul,
  asyncMultiplyMatmul,
  matrixUnitsMatmul,
  workgroupTiledMatmul,
  registerTiledMatmul,
  attentionSharedKeys,
  attentionProducerConsumer,
  attentionAsyncMultiply,
  attentionMatrixUnits,
  attentionTiled,
  attentionInThread,
  rowsCooperative,
  rowsInThread,
  reduceCooperative,
  reduceInThread,
  transposeTiled,
  elementwise,
]

export interface Resolution {
  /** Name of the template, or `rule-based`. */
  readonly template: string
  readonly candidate: Candidate
  /** Templates that matched but could not be used, and why. */
  readonly rejected: readonly { readonly template: string; readonly reason: string }[]
  readonly scheduled: ScheduledKernels
}

/** The template that `resolve` chooses: the first with a legal candidate for the anchor; undefined where the rules do. */
export function templateOf(
  problem: Problem,
  target: Target,
  extra: readonly ScheduleTemplate[] = [],
): ScheduleTemplate | undefined {
  return [...extra, ...templates].find(
    (template) => template.matches(problem.anchor) && !isRejection(template.level0(problem, target)),
  )
}

/**
 * Schedules an anchor for a target. `extra` templates (a backend's own) are tried before the common ones.
 * Throws `UnsupportedError` when nothing can run it.
 */
export function resolve(problem: Problem, target: Target, extra: readonly ScheduleTemplate[] = []): Resolution {
  const rejected: { template: string; reason: string }[] = []
  for (const template of [...extra, ...templates]) {
    if (!template.matches(problem.anchor)) continue
    const candidate = template.level0(problem, target)
    if (isRejection(candidate)) {
      rejected.push({ template: template.name, reason: String(candidate.reason) })
      continue
    }
    const scheduled = template.build(candidate, problem, target)
    return { template: template.name, candidate, rejected, scheduled }
  }
  return { template: 'rule-based', candidate: {}, rejected, scheduled: ruleBased(problem.anchor, target) }
}

/** Facts about symbolic sizes under which some template has a better candidate for the anchor. */
export function refinementsOf(
  problem: Problem,
  target: Target,
  extra: readonly ScheduleTemplate[] = [],
): readonly Refinement[] {
  return templateOf(problem, target, extra)?.refinements(problem.anchor) ?? []
}
