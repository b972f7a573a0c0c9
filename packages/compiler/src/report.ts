/** What became of a model, as plain data in the words of the model: operators, groups, schedules, kernels, remarks. */
import type { LaunchStep, Predicate } from '@tilewright/backend'
import { equationInputs, type FusionGroup, groupInputs, groupOutputs, type Remark } from '@tilewright/fusion'
import type { GraphNode } from '@tilewright/graph'
import {
  type Buffer,
  type Candidate,
  defined,
  definition,
  type Equation,
  equationOutputs,
  formatSize,
  printDefinition,
} from '@tilewright/ir'
import type { LoweredGroup } from './equal-groups.js'
import type { Program } from './program.js'

/** What a group became. */
export interface GroupReport {
  /** What its launches are called, after the buffers it writes; long names are cut in their middle. */
  readonly name: string
  readonly anchor: Equation['kind']
  readonly prologues: number
  readonly epilogues: number
  /** Whose equations it computes, in the model's order. */
  readonly operators: readonly OperatorReport[]
  /** What the model calls the tensors it writes. */
  readonly outputs: readonly string[]
  /** What the model calls the tensor whose memory its result takes, where it is computed in place. */
  readonly overwrites?: string
  /** Its equations as text, printed when asked for. */
  readonly definition: () => string
  /** The last is the general one. */
  readonly variants: readonly VariantReport[]
}

export interface OperatorReport {
  /** The node's name, which is unique; the first's where several were folded into one. */
  readonly node: string
  readonly operator: string
  /** `prologue` where it is computed at each read only: other groups may compute it too. */
  readonly role: 'member' | 'prologue'
}

/** An operator that no group computes: no result depends on it. */
export type UnusedOperator = Omit<OperatorReport, 'role'>

/** A group for sizes of which further facts are known, or for all. */
export interface VariantReport {
  /** Facts that all hold, as text. */
  readonly when: readonly string[]
  /** The template, or `rule-based`. */
  readonly template: string
  readonly candidate: Candidate
  /** Templates that matched but could not be used, and why. */
  readonly rejected: readonly { readonly template: string; readonly reason: string }[]
  readonly launches: readonly LaunchReport[]
}

export interface LaunchReport {
  /** Index into the plan's kernels. */
  readonly kernel: number
  readonly threads: number
  /** Sizes as text. */
  readonly workgroups: readonly string[]
}

/** A decision about what reads what. */
export interface RemarkReport {
  readonly kind: Remark['kind']
  readonly from: PlaceReport
  readonly to: PlaceReport
  readonly reason: string
}

/** A tensor, and the operator that makes it where one does. */
export interface PlaceReport {
  /** What the model calls it, or what a definition does that has it in between. */
  readonly tensor: string
  readonly node?: string
  readonly operator?: string
}

/** Names things of a compile as the model does. */
export interface Reporter {
  readonly group: (
    name: string,
    group: FusionGroup,
    overwritten: Buffer | undefined,
    variants: readonly VariantReport[],
  ) => GroupReport
  readonly remark: (remark: Remark) => RemarkReport
  /** The operators that are in none of the groups. */
  readonly unused: (groups: readonly GroupReport[]) => readonly UnusedOperator[]
}

export function reporter({ equations, nodes, names }: Program): Reporter {
  const producers = new Map(equations.flatMap((equation) => equationOutputs(equation).map((made) => [made, equation])))
  const position = new Map([...new Set(nodes.values())].map((node, i) => [node, i]))
  const nameOf = (buffer: Buffer): string => names.get(buffer) ?? buffer.hint

  const operatorsOf = (group: FusionGroup): readonly OperatorReport[] => {
    const again = new Set(group.prologues.map(({ output }) => output))
    const roles = new Map<GraphNode, OperatorReport['role']>()
    for (const equation of equationsIn(group, producers)) {
      const node = nodes.get(equation)
      if (node === undefined) continue
      const isAgain = equationOutputs(equation).every((output) => again.has(output))
      if (!isAgain || !roles.has(node)) roles.set(node, isAgain ? 'prologue' : 'member')
    }
    return [...roles]
      .sort(([a], [b]) => (position.get(a) ?? 0) - (position.get(b) ?? 0))
      .map(([{ name, operation }, role]) => ({ node: name, operator: operation.name, role }))
  }
  const placeOf = (buffer: Buffer): PlaceReport => {
    const producer = producers.get(buffer)
    const node = producer === undefined ? undefined : nodes.get(producer)
    const tensor = nameOf(buffer)
    return node === undefined ? { tensor } : { tensor, node: node.name, operator: node.operation.name }
  }
  return {
    group: (name, group, overwritten, variants) => ({
      name,
      anchor: group.anchor.kind,
      prologues: group.prologues.length,
      epilogues: group.epilogues.length,
      operators: operatorsOf(group),
      outputs: groupOutputs(group).map(nameOf),
      ...(overwritten === undefined ? {} : { overwrites: nameOf(overwritten) }),
      definition: () => definitionText(name, group),
      variants,
    }),
    remark: ({ kind, from, to, reason }) => ({ kind, from: placeOf(from), to: placeOf(to), reason }),
    unused: (groups) => {
      const used = new Set(groups.flatMap(({ operators }) => operators.map(({ node }) => node)))
      return [...position.keys()]
        .filter(({ name }) => !used.has(name))
        .map(({ name, operation }) => ({ node: name, operator: operation.name }))
    },
  }
}

function definitionText(name: string, group: FusionGroup): string {
  const equations = [...group.prologues, group.anchor, ...group.epilogues]
  return printDefinition(definition(name, groupInputs(group), groupOutputs(group), equations))
}

/**
 * The program's own equations that a group computes: all between what it writes and what it reads. A group's are others
 * where several became one.
 */
function equationsIn(group: FusionGroup, producers: ReadonlyMap<Buffer, Equation>): ReadonlySet<Equation> {
  const inputs = new Set(groupInputs(group))
  const found = new Set<Equation>()
  const open = [...groupOutputs(group)]
  for (let buffer = open.pop(); buffer !== undefined; buffer = open.pop()) {
    const equation = inputs.has(buffer) ? undefined : producers.get(buffer)
    if (equation === undefined || found.has(equation)) continue
    found.add(equation)
    open.push(...equationInputs(equation))
  }
  return found
}

/** One variant of a group, from what it was lowered to and the launches of it. */
export function variantReport(
  when: readonly Predicate[],
  { schedule: { template, candidate, rejected }, kernels }: LoweredGroup,
  launches: readonly LaunchStep[],
): VariantReport {
  return {
    when: when.map(predicateText),
    template,
    candidate,
    rejected,
    launches: launches.map(({ kernel }, i) => {
      const { pipeline, workgroups } = defined(kernels[i], 'each launch is of a kernel').emitted
      return { kernel, threads: pipeline.threads, workgroups: workgroups.map(formatSize) }
    }),
  }
}

function predicateText(predicate: Predicate): string {
  const size = formatSize(predicate.size)
  return predicate.kind === 'at-most' ? `${size} <= ${predicate.limit}` : `${size} % ${predicate.of} = 0`
}
