/** What partition asks of a program: who makes a buffer, who reads it, and what no result depends on. */
import { type Buffer, type Compute, type Equation, equationOutputs } from '@tilewright/ir'
import { countLoads, type LoadCounts } from './copies.js'
import { equationInputs, type FusionGroup } from './group.js'

export interface ProgramIndex {
  /** Those that some result depends on, in order. */
  readonly equations: readonly Equation[]
  readonly results: ReadonlySet<Buffer>
  /** Place among the equations. */
  readonly position: (equation: Equation) => number
  readonly producer: (buffer: Buffer) => Equation | undefined
  readonly consumers: (buffer: Buffer) => readonly Equation[]
  readonly loadsOf: (equation: Equation) => LoadCounts
  /** What a group reads from memory, in no order. */
  readonly inputsOf: (group: FusionGroup) => ReadonlySet<Buffer>
  /**
   * Whether an equation's output is read in the group alone. Not when a prologue that reads it may be repeated in other
   * groups: it would take along what it reads.
   */
  readonly staysIn: (equation: Compute, group: FusionGroup) => boolean
}

/** Indexes equations in topological order. Those that no result depends on count as nobody's readers. */
export function indexProgram(all: readonly Equation[], results: ReadonlySet<Buffer>): ProgramIndex {
  const equations = liveEquations(all, results)
  const positions = new Map(equations.map((equation, i) => [equation, i]))
  const loads = new Map(equations.map((equation) => [equation, countLoads(equation)]))
  const producers = new Map<Buffer, Equation>()
  const readers = new Map<Buffer, Equation[]>()
  for (const equation of equations) {
    for (const output of equationOutputs(equation)) producers.set(output, equation)
    for (const input of equationInputs(equation)) {
      const list = readers.get(input) ?? []
      list.push(equation)
      readers.set(input, list)
    }
  }
  const consumers = (buffer: Buffer): readonly Equation[] => readers.get(buffer) ?? []
  const isReadBy = (buffer: Buffer, members: ReadonlySet<Equation>): boolean =>
    !results.has(buffer) && consumers(buffer).every((reader) => members.has(reader))
  const loadsOf = (equation: Equation): LoadCounts => {
    const known = loads.get(equation) ?? countLoads(equation)
    loads.set(equation, known)
    return known
  }
  return {
    equations,
    results,
    position: (equation) => positions.get(equation) ?? 0,
    producer: (buffer) => producers.get(buffer),
    consumers,
    loadsOf,
    inputsOf: ({ anchor, prologues, epilogues }) => {
      const members = [...prologues, anchor, ...epilogues]
      const read = new Set<Buffer>()
      for (const member of members) for (const buffer of loadsOf(member).keys()) read.add(buffer)
      for (const member of members) for (const made of equationOutputs(member)) read.delete(made)
      return read
    },
    staysIn: ({ output }, { prologues, members }) => {
      const inside = new Set<Equation>(members)
      // Backwards: who reads a prologue comes after it.
      for (const prologue of prologues.toReversed()) if (isReadBy(prologue.output, inside)) inside.add(prologue)
      return isReadBy(output, inside)
    },
  }
}

function liveEquations(equations: readonly Equation[], results: ReadonlySet<Buffer>): readonly Equation[] {
  const needed = new Set(results)
  const backwards = equations.toReversed().filter((equation) => {
    const isLive = equationOutputs(equation).some((output) => needed.has(output))
    if (isLive) for (const input of equationInputs(equation)) needed.add(input)
    return isLive
  })
  return backwards.toReversed()
}
