/**
 * Forming rows: a chain of reductions over the same rows, and what broadcasts their results, becomes one equation.
 *
 *     m[i] = max j: x[i, j];  e[i, j] = exp(x[i, j] - m[i]);  s[i] = sum j: e[i, j];  y[i, j] = e[i, j] / s[i]
 *  => y[i, j] = rows j: m = max: x[i, j]; s = sum: exp(x[i, j] - m); exp(x[i, j] - m) / s
 *
 * By structure alone: whatever the operators are called, and however an exporter has taken them apart. Starting from each
 * `compute`, the last first, loads of reductions over its remaining dimensions become stages, and loads of what depends on
 * those are replaced by its value. All that is absorbed must be read by nobody else. What depends on no stage stays a
 * load: whether it is a prologue is for partition to say.
 */
import {
  type Buffer,
  type Compute,
  computeType,
  type Equation,
  type Expr,
  elementCount,
  equationOutputs,
  isHalf,
  loadsOf,
  rows,
  type SizeExpr,
  sizeRange,
} from '@tilewright/ir'
import { countLoads } from '../copies.js'
import { equationInputs } from '../group.js'
import type { PartitionFacts } from '../partition.js'
import { absorb, type Chain, mostMembers } from './absorb.js'
import { boundExponents } from './bound-exponents.js'

/** Loads in the text of one equation: each value that is read twice is written out twice. */
const mostLoads = 64

/** The equations with every chain of reductions over rows replaced; `results` are the buffers that must exist at the end. */
export function formRows(
  equations: readonly Equation[],
  results: ReadonlySet<Buffer>,
  { storageBuffers }: PartitionFacts,
): readonly Equation[] {
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
  const distances = distancesToReductions(equations, producers)
  const ranks = ranksOfRows(equations, producers)
  const gone = new Set<Equation>()
  const formed = new Map<Equation, Equation>()
  for (const equation of equations.toReversed()) {
    if (equation.kind !== 'compute' || gone.has(equation)) continue
    if ((distances.get(equation) ?? 0) > mostMembers) continue
    if (ranks.get(equation)?.has(longDimensions(equation.output.shape)) !== true) continue
    const chain = chainOf(equation, producers, readers, results)
    if (chain === undefined) continue
    const { stages, value } = boundExponents(chain)
    const made = rows(equation.output, equation.axes, chain.along, stages, value)
    const loads = [...countLoads(made).values()].reduce((sum, count) => sum + count, 0)
    // What is left of a chain that is too large ends in an earlier equation.
    if (loads > mostLoads || equationInputs(made).length >= storageBuffers) continue
    for (const member of chain.absorbed) gone.add(member)
    formed.set(equation, made)
  }
  if (formed.size === 0) return equations
  return equations.flatMap((equation) => (gone.has(equation) ? [] : [formed.get(equation) ?? equation]))
}

/**
 * How many equations lie between each `compute` and the nearest reduction that it depends on: long programs without one
 * nearby are not walked from each of their equations.
 */
function distancesToReductions(
  equations: readonly Equation[],
  producers: ReadonlyMap<Buffer, Equation>,
): ReadonlyMap<Equation, number> {
  const distances = new Map<Equation, number>()
  for (const equation of equations) {
    const found = equationInputs(equation).map((input) => {
      const producer = producers.get(input)
      if (producer?.kind === 'reduce') return 0
      return producer?.kind === 'compute' ? 1 + (distances.get(producer) ?? 0) : Number.POSITIVE_INFINITY
    })
    distances.set(equation, Math.min(...found))
  }
  return distances
}

/**
 * For each `compute`, of how many dimensions what it folds and what it keeps together are, for the reductions that it leads
 * to. A chain that ends in it runs over rows of one of these only if its own points have as many dimensions.
 */
function ranksOfRows(
  equations: readonly Equation[],
  producers: ReadonlyMap<Buffer, Equation>,
): ReadonlyMap<Equation, ReadonlySet<number>> {
  const ranks = new Map<Equation, ReadonlySet<number>>()
  for (const equation of equations) {
    if (equation.kind === 'reduce') {
      const kept = longDimensions(equation.outputs[0]?.shape ?? [])
      ranks.set(equation, new Set([kept + longDimensions(equation.domain.map(({ extent }) => extent))]))
    } else if (equation.kind === 'compute') {
      ranks.set(equation, union(equationInputs(equation).flatMap((input) => ranksOf(producers.get(input)))))
    }
  }
  return ranks

  function ranksOf(producer: Equation | undefined): readonly ReadonlySet<number>[] {
    const known = producer === undefined ? undefined : ranks.get(producer)
    return known === undefined || known.size === 0 ? [] : [known]
  }
}

/** The union of sets; one of them where it holds the others, as along a chain. */
function union(sets: readonly ReadonlySet<number>[]): ReadonlySet<number> {
  const [first = new Set<number>(), ...others] = sets
  const holdsAll = others.every((other) => other === first || [...other].every((rank) => first.has(rank)))
  return holdsAll ? first : new Set(sets.flatMap((set) => [...set]))
}

const longDimensions = (shape: readonly SizeExpr[]): number => shape.filter((extent) => extent !== 1).length

/** The chain that ends in `last`, without what others read too; undefined when there is none. */
function chainOf(
  last: Compute,
  producers: ReadonlyMap<Buffer, Equation>,
  readers: ReadonlyMap<Buffer, readonly Equation[]>,
  results: ReadonlySet<Buffer>,
): Chain | undefined {
  // What is read elsewhere must be in memory: the chain starts behind it.
  const inMemory = new Set<Buffer>()
  for (;;) {
    const chain = absorb(last, (buffer) => (inMemory.has(buffer) ? undefined : producers.get(buffer)))
    if (chain === undefined || !isWorthwhile(last, chain)) return undefined
    const inside = new Set<Equation>([last, ...chain.absorbed])
    // Also what is read at a second place, where it was not replaced.
    const stillRead = new Set(chainExprs(chain).flatMap((expr) => loadsOf(expr).map((load) => load.buffer)))
    const isReadOutside = (buffer: Buffer): boolean =>
      stillRead.has(buffer) || (readers.get(buffer) ?? []).some((reader) => !inside.has(reader))
    const isNeeded = (buffer: Buffer): boolean => results.has(buffer) || isNarrow(buffer) || isReadOutside(buffer)
    const needed = [...chain.absorbed].flatMap(equationOutputs).filter(isNeeded)
    if (needed.length === 0) return chain
    for (const buffer of needed) inMemory.add(buffer)
  }
}

const chainExprs = ({ stages, value }: Chain): readonly Expr[] => [...stages.flatMap((stage) => stage.value), value]

/** Whether storing wraps a value: what is not stored would keep bits that the program loses. */
const isNarrow = ({ dtype }: Buffer): boolean => !isHalf(dtype) && computeType(dtype) !== dtype

/** Rows below which, where each is long, whole devices would wait for a few workgroups. */
const fewRows = 8
const longRow = 1 << 14

function isWorthwhile({ output }: Compute, { along }: Chain): boolean {
  const most = (extents: readonly SizeExpr[]): number => sizeRange(elementCount(extents)).max
  const isAlong = (_: SizeExpr, dimension: number): boolean => along.includes(dimension)
  const count = most(output.shape.filter((extent, d) => !isAlong(extent, d)))
  return count >= fewRows || most(output.shape.filter(isAlong)) <= longRow
}
