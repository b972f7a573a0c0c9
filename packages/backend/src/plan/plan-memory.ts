/**
 * The memory of a run: which intermediates share it, from their lifetimes in the order of its launches. Lifetimes are
 * derived, not stored: a plan cannot contradict itself.
 */
import { excessOf, type MemoryLimits } from './limits.js'
import type { LaunchStep, Plan, PlanBuffer } from './plan.js'
import { PlanError } from './plan-error.js'
import { countElements, evaluatePlanSize, type PlanSizeValues } from './sizes.js'
import { type LiveTensor, solveOffsets } from './solve-offsets.js'

/** What a target says of memory; structurally part of it. */
export interface MemoryRules {
  readonly limits: MemoryLimits
  readonly binding: {
    /** Offsets of bound ranges are multiples of this. */
    readonly alignment: number
    /** Whether one launch may bind one buffer, in ranges apart, both to read and to write. */
    readonly mixedAccess: boolean
  }
}

/** Part of an arena. */
export interface PlannedRange {
  readonly arena: number
  readonly offset: number
  readonly bytes: number
}

export interface PlannedMemory {
  /** Bytes of every buffer of the plan; 0 for those that no launch of the run binds and no boundary tensor is. */
  readonly bytes: readonly number[]
  /** Where each intermediate lies that the run's launches bind, by number. */
  readonly ranges: ReadonlyMap<number, PlannedRange>
  /** Bytes of each arena, the largest first. */
  readonly arenas: readonly number[]
  /** Bytes of the intermediates that are alive at each launch. */
  readonly alive: readonly number[]
  /** The most of these: no placement takes less. */
  readonly bound: number
}

const vectorBytes = 16

/** Bytes that a tensor is bound with: whole vectors, and never none, so that all of its last vector may be read. */
export function boundBytes(bytes: number): number {
  return Math.max(vectorBytes, Math.ceil(bytes / vectorBytes) * vectorBytes)
}

/**
 * Plans the memory of launches. Throws `PlanError` `limits/elements`, `limits/binding-size` or `run/shape` for a tensor of
 * a size that no buffer can have.
 */
export function planMemory(
  plan: Plan,
  launches: readonly LaunchStep[],
  sizes: PlanSizeValues,
  { limits, binding }: MemoryRules,
): PlannedMemory {
  const uses = usesOf(plan, launches)
  const bytes = plan.buffers.map((buffer, i) => {
    if (buffer.role === 'constant' || buffer.role === 'prepared') return 0
    return buffer.role === 'intermediate' && !uses.has(i) ? 0 : bufferBytes(buffer, sizes, limits)
  })
  const numbers = [...uses.keys()]
  const index = new Map(numbers.map((number, i) => [number, i]))
  const tensors = [...uses].map(
    ([number, { first, last, apart }]): LiveTensor => ({
      bytes: boundBytes(bytes[number] ?? 0),
      first,
      last,
      apart: binding.mixedAccess ? new Set() : new Set([...apart].flatMap((other) => index.get(other) ?? [])),
    }),
  )
  const rules = { alignment: binding.alignment, arenaBytes: limits.bufferBytes }
  const { places, arenas } = solveOffsets(tensors, rules)
  const ranges = new Map(
    places.map((place, i) => [numbers[i] ?? 0, { ...place, bytes: tensors[i]?.bytes ?? 0 }] as const),
  )
  const alive = bytesAlive(uses, bytes, launches.length)
  return { bytes, ranges, arenas, alive, bound: alive.reduce((most, one) => Math.max(most, one), 0) }
}

function bytesAlive(uses: ReadonlyMap<number, Use>, bytes: readonly number[], launches: number): readonly number[] {
  const changes = Array.from({ length: launches + 1 }, () => 0)
  for (const [number, { first, last }] of uses) {
    changes[first] = (changes[first] ?? 0) + (bytes[number] ?? 0)
    changes[last + 1] = (changes[last + 1] ?? 0) - (bytes[number] ?? 0)
  }
  let alive = 0
  return changes.slice(0, launches).map((change) => {
    alive += change
    return alive
  })
}

interface Use {
  first: number
  last: number
  /** Intermediates that some launch writes where it reads this one, or reads where it writes it. */
  readonly apart: Set<number>
}

/** The intermediates that launches bind: from which to which, and with which others in the opposite way. */
function usesOf(plan: Plan, launches: readonly LaunchStep[]): ReadonlyMap<number, Use> {
  const uses = new Map<number, Use>()
  launches.forEach(({ kernel, buffers }, at) => {
    const params = plan.kernels[kernel]?.buffers ?? []
    const bound = buffers.flatMap((number, i) => {
      if (plan.buffers[number]?.role !== 'intermediate') return []
      const use = uses.get(number) ?? { first: at, last: at, apart: new Set() }
      uses.set(number, use)
      use.last = at
      return [{ number, use, access: params[i]?.access }]
    })
    for (const one of bound) {
      for (const other of bound) if (one.access !== other.access) one.use.apart.add(other.number)
    }
  })
  return uses
}

/** Bytes of a buffer for these sizes. Throws as `planMemory` does. */
export function bufferBytes(
  { name, shape, elementBytes }: PlanBuffer,
  sizes: PlanSizeValues,
  limits: MemoryLimits,
): number {
  const extents = shape.map((extent) => evaluatePlanSize(extent, sizes))
  if (extents.some((extent) => extent < 0)) {
    throw new PlanError(
      'run/shape',
      `"${name}" would have shape [${extents.join(', ')}]`,
      'the inputs are too small: a window must fit into what it moves over',
    )
  }
  const excess = excessOf({ name, shape: extents, elementBytes }, limits)
  if (excess !== undefined) throw new PlanError(excess.code, excess.message, excess.help)
  return countElements(extents) * elementBytes
}
