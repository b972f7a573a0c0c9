/**
 * Partition: which equations become one kernel (Hidet, section 5.2).
 *
 * Every equation that is not injective is an anchor. Anchors absorb epilogues first: the only consumer of the result, or
 * several that meet again (region.ts), when each element goes to one place. Then prologues: injective producers that only
 * this group reads, and those that cost next to nothing whoever else reads them, unless computing them once for all reads
 * is cheaper (recompute.ts). What is left over is grouped around its last consumer. Equations that no result depends on are
 * in no group. An edge that is not fused gets a remark.
 */
import { type Buffer, type Compute, type Equation, equationOutputs } from '@tilewright/ir'
import { copiesOf } from './copies.js'
import { type FusionGroup, firstOutput, groupInputs, groupOutputs, type Remark } from './group.js'
import { inverseMapOf } from './inverse-map.js'
import { indexProgram, type ProgramIndex } from './program-index.js'
import { whyNotAgain } from './recompute.js'
import { type Region, regionOf } from './region.js'

export interface PartitionFacts {
  /** Storage buffers that one kernel may bind. */
  readonly storageBuffers: number
}

export interface Partition {
  /** In an order in which each reads what is already written. */
  readonly groups: readonly FusionGroup[]
  readonly remarks: readonly Remark[]
}

/**
 * How often the value of one prologue may stand in the text of a kernel. A producer that is read twice by each of n
 * equations in a row would stand there 2^n times.
 */
const mostCopies = 8
/** How often an epilogue may read the result that it is of, for the same reason: more than any activation function does. */
const mostReads = 64
/** Equations of one group: fused expressions are nested, and whoever walks them recurses. */
const mostMembers = 64

/** What starts a kernel of its own, in the words of remarks. */
const startText: Readonly<Record<Exclude<Equation['kind'], 'compute'>, string>> = {
  reduce: 'a reduction',
  rows: 'a chain of reductions',
  attention: 'an attention',
  scan: 'a scan',
  scatter: 'a scatter',
  sort: 'a sort',
}

/** Partitions equations in topological order; `results` are the buffers that must exist at the end. */
export function partition(
  equations: readonly Equation[],
  results: ReadonlySet<Buffer>,
  facts: PartitionFacts,
): Partition {
  const program = indexProgram(equations, results)
  const progress: Progress = { owned: new Set(), written: new Set(), read: new Set(), groups: [], remarks: [] }
  const { owned, written, read, groups, remarks } = progress

  const grow = (anchor: Equation): void => {
    owned.add(anchor)
    const alone = { anchor, prologues: [], epilogues: [], members: [anchor] }
    const withEpilogues = absorbEpilogues(alone, program, progress, facts)
    for (const member of withEpilogues.members) {
      owned.add(member)
      written.add(member)
    }
    const group = absorbPrologues(withEpilogues, program, progress, facts)
    for (const prologue of group.prologues) if (isPrivate(prologue, group, program, progress)) owned.add(prologue)
    for (const input of program.inputsOf(group)) read.add(input)
    groups.push(group)
  }
  for (const equation of program.equations) if (equation.kind !== 'compute') grow(equation)
  // Backwards, so that a chain is grouped around its last equation.
  for (const equation of program.equations.toReversed()) {
    const isNeeded = equationOutputs(equation).some((output) => results.has(output) || read.has(output))
    if (isNeeded && !owned.has(equation)) grow(equation)
  }
  return { groups: inOrder(groups), remarks }
}

/** What has been decided so far. */
interface Progress {
  /** Equations that need no group of their own any more. A prologue that is not private to its group is not among them. */
  readonly owned: Set<Equation>
  /** Anchors and epilogues: their results are in memory, or private to their group. */
  readonly written: Set<Equation>
  /** Buffers that some group reads from memory. */
  readonly read: Set<Buffer>
  readonly groups: FusionGroup[]
  readonly remarks: Remark[]
}

/** Whether nobody needs the result of a prologue outside of its group. */
function isPrivate(prologue: Compute, group: FusionGroup, program: ProgramIndex, { read }: Progress): boolean {
  return program.staysIn(prologue, group) && !read.has(prologue.output)
}

function absorbEpilogues(
  start: FusionGroup,
  program: ProgramIndex,
  progress: Progress,
  facts: PartitionFacts,
): FusionGroup {
  let group = start
  for (;;) {
    const outputs = groupOutputs(group)
    const [output] = outputs
    if (output === undefined) return group
    const consumers = program.consumers(output)
    const [consumer] = consumers
    if (consumer === undefined) return group
    const missed = (reason: string): FusionGroup => {
      progress.remarks.push({ kind: 'missed', from: output, to: firstOutput(consumer), reason })
      return group
    }
    if (outputs.length > 1) return missed('what writes it has several results')
    // It reads what it has stored before, where an epilogue would stand.
    if (group.anchor.kind === 'scatter') return missed('a scatter may write an element more than once')
    if (consumer.kind !== 'compute' && consumers.length === 1)
      return missed(`the reader is ${startText[consumer.kind]}, which starts a kernel of its own`)
    if (program.results.has(output)) return missed('it is an output of the model, so it must be in memory')
    const region = regionOf(output, program)
    if (region === undefined) return missed(`its ${consumers.length} readers have no result in common`)
    const { composed, members } = region
    const grown = { ...group, epilogues: [...group.epilogues, composed], members: [...group.members, ...members] }
    const reason =
      whyNoEpilogue(output, region, progress) ??
      whyTooLarge(grown, program, facts) ??
      whyTooManyReads(output, region, program)
    if (reason !== undefined) return missed(reason)
    for (const member of members) {
      progress.remarks.push({ kind: 'applied', from: output, to: member.output, reason: 'epilogue' })
    }
    group = grown
  }
}

function whyNoEpilogue(output: Buffer, { composed, members }: Region, { owned, read }: Progress): string | undefined {
  if (members.some((member) => owned.has(member))) return 'the reader is in another kernel already'
  // An index map that was inlined elsewhere reads this result, or one between it and the last, from memory.
  if ([output, ...members.slice(0, -1).map((member) => member.output)].some((made) => read.has(made)))
    return 'another kernel reads it, so it must be in memory'
  return inverseMapOf(composed, output) === undefined
    ? 'the reader takes an element of it to several places, or to none'
    : undefined
}

function whyTooManyReads(output: Buffer, { composed }: Region, { loadsOf }: ProgramIndex): string | undefined {
  const reads = loadsOf(composed).get(output) ?? 0
  return reads > mostReads ? `the reader's formula has it ${reads} times; ${mostReads} are the most` : undefined
}

function absorbPrologues(
  start: FusionGroup,
  program: ProgramIndex,
  progress: Progress,
  facts: PartitionFacts,
): FusionGroup {
  let group = start
  const refused = new Set<Compute>()
  for (;;) {
    const next = latestProducer(group, program, (one) => !progress.written.has(one) && !refused.has(one))
    if (next === undefined) return group
    // Ordered by the program, wherever in the group the new one is read.
    const prologues = [next, ...group.prologues].sort((a, b) => program.position(a) - program.position(b))
    const grown = { ...group, prologues }
    const isShared = !isPrivate(next, grown, program, progress)
    const reason =
      whyNotAgain(next, grown, isShared) ??
      whyTooLarge(grown, program, facts) ??
      whyTooManyCopies(next.output, grown, program)
    const edge = { from: next.output, to: firstOutput(group.epilogues.at(-1) ?? group.anchor) }
    if (reason === undefined) {
      progress.remarks.push({ kind: 'applied', ...edge, reason: 'prologue' })
      group = grown
    } else {
      progress.remarks.push({ kind: 'missed', ...edge, reason })
      refused.add(next)
    }
  }
}

/** The last equation in the program that makes an input of the group: all that may read it has been decided on. */
function latestProducer(
  group: FusionGroup,
  program: ProgramIndex,
  isCandidate: (producer: Compute) => boolean,
): Compute | undefined {
  let latest: Compute | undefined
  for (const input of program.inputsOf(group)) {
    const producer = program.producer(input)
    if (producer?.kind !== 'compute' || !isCandidate(producer)) continue
    if (latest === undefined || program.position(producer) > program.position(latest)) latest = producer
  }
  return latest
}

function whyTooLarge(
  group: FusionGroup,
  { inputsOf }: ProgramIndex,
  { storageBuffers }: PartitionFacts,
): string | undefined {
  if (inputsOf(group).size + groupOutputs(group).length > storageBuffers) {
    return `the kernel would bind more than ${storageBuffers} buffers`
  }
  return group.prologues.length + group.members.length > mostMembers
    ? `the kernel would have more than ${mostMembers} operations`
    : undefined
}

function whyTooManyCopies(producer: Buffer, group: FusionGroup, { loadsOf }: ProgramIndex): string | undefined {
  const copies = copiesOf(producer, group, loadsOf)
  return copies > mostCopies
    ? `its formula would stand ${copies} times in the kernel; ${mostCopies} are the most`
    : undefined
}

/** Groups in topological order of the buffers between them. */
function inOrder(groups: readonly FusionGroup[]): readonly FusionGroup[] {
  const maker = new Map<Buffer, FusionGroup>()
  for (const group of groups) for (const output of groupOutputs(group)) maker.set(output, group)
  const ordered = new Set<FusionGroup>()
  const visit = (group: FusionGroup): void => {
    if (ordered.has(group)) return
    for (const input of groupInputs(group)) {
      const before = maker.get(input)
      if (before !== undefined) visit(before)
    }
    ordered.add(group)
  }
  for (const group of groups) visit(group)
  return [...ordered]
}
