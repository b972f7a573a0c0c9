/** Fusion groups: what becomes one launch (or the few launches of one schedule). */
import {
  type Buffer,
  type Compute,
  defined,
  type Equation,
  type Expr,
  equationExprs,
  equationOutputs,
  walkLoads,
} from '@tilewright/ir'

/** An anchor with the injective equations fused before and after it. */
export interface FusionGroup {
  readonly anchor: Equation
  /** Producers of values the group reads, in topological order; inlined where they are loaded. */
  readonly prologues: readonly Compute[]
  /** Consumers of the anchor's result, in order; each reads the result of the one before. */
  readonly epilogues: readonly Compute[]
  /** The equations of the program that this group computes once and for all: its anchor and what its epilogues stand for. */
  readonly members: readonly Equation[]
}

/** A decision about an edge of the program, as data: reports name the buffers as the model does. */
export interface Remark {
  readonly kind: 'applied' | 'missed'
  /** What the producer writes. */
  readonly from: Buffer
  /** What its reader writes. */
  readonly to: Buffer
  readonly reason: string
}

/** The buffers an equation reads, each once, in order of appearance. */
export function equationInputs(equation: Equation): readonly Buffer[] {
  return [...inputsOf([equation])]
}

/** The buffers that a group writes for others. */
export function groupOutputs(group: FusionGroup): readonly Buffer[] {
  return equationOutputs(group.epilogues.at(-1) ?? group.anchor)
}

/** The first of an equation's results: each has one. */
export function firstOutput(equation: Equation): Buffer {
  return defined(equationOutputs(equation)[0], 'an equation has a result')
}

/** The buffers that a group reads from memory. */
export function groupInputs(group: FusionGroup): readonly Buffer[] {
  const members = [...group.prologues, group.anchor, ...group.epilogues]
  const read = inputsOf(members)
  for (const member of members) for (const made of equationOutputs(member)) read.delete(made)
  return [...read]
}

/** What equations read. It is asked for often, of every group: one walk, and nothing made of each load. */
function inputsOf(equations: readonly Equation[]): Set<Buffer> {
  const buffers = new Set<Buffer>()
  const seen = new Set<Expr>()
  for (const equation of equations) {
    for (const expr of equationExprs(equation)) walkLoads(expr, (load) => buffers.add(load.buffer), seen)
  }
  return buffers
}
