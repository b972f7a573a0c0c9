/** One case: every contestant makes it ready, then all run it in turns. */
import { TilewrightError } from '@tilewright/ir'
import type { Sample } from './contestants/protocol.js'
import type { Contestant } from './contestants/spawn.js'
import { ratios, type Spread, spread } from './statistics.js'
import { largestErrorOfMax, type Tensors } from './tensors.js'

/** How a contestant did. */
export type Entry =
  | {
      readonly status: 'measured'
      readonly contestant: string
      /** From the bytes of the model to its first outputs. */
      readonly firstMs: number
      /** Of one run, as the contestants of the comparison time it. */
      readonly wallMs: Spread
      /** What the device takes for a run, and its ratio to ours in each round, where contestants can tell. */
      readonly deviceMs?: Spread | undefined
      readonly deviceRatio?: Spread | undefined
      /** Processor time of its process in one run. */
      readonly cpuMs: Spread
      /** Its wall time over ours in each round; undefined when we have none. */
      readonly ratio: Spread | undefined
      /** The same of processor time: where a GPU is emulated, other people's load disturbs it less. */
      readonly cpuRatio: Spread | undefined
      /** Largest difference from the first contestant's outputs, relative to the largest value of each. */
      readonly errorOfMax: number
      /** Whether that is little enough to be the same computation. */
      readonly agrees: boolean
    }
  | { readonly status: 'missing'; readonly contestant: string; readonly reason: string }

/** What outputs may differ by, relative to the largest value of each: sums in f32 in another order do. */
const roundingOfSums = 1e-4

/** Rounds before those that count: clocks, caches and lazily made parts settle. */
const warmUps = 2

interface Runner {
  readonly contestant: Contestant
  readonly firstMs: number
  readonly errorOfMax: number
  readonly samples: Sample[]
}

/**
 * Measures contestants against the one called `tilewright`. In each round each runs once, and the order moves on by one from
 * round to round. Who fails on the way is reported as missing, and the others go on.
 */
export async function compete(
  contestants: readonly Contestant[],
  rounds: number,
  tolerance: number = roundingOfSums,
): Promise<readonly Entry[]> {
  const failures = new Map<Contestant, string>()
  const attempt = async <T>(contestant: Contestant, work: () => Promise<T>): Promise<T | undefined> => {
    if (failures.has(contestant)) return undefined
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof TilewrightError)) throw error
      failures.set(contestant, error.message)
      return undefined
    }
  }

  const runners: Runner[] = []
  let expected: Tensors | undefined
  for (const contestant of contestants) {
    const first = await attempt(contestant, contestant.prepare)
    if (first === undefined) continue
    expected ??= first.outputs
    const errorOfMax = largestErrorOfMax(first.outputs, expected)
    runners.push({ contestant, firstMs: first.firstMs, errorOfMax, samples: [] })
  }
  for (let round = -warmUps; round < rounds; round++) {
    for (const { contestant, samples } of rotate(runners, round + warmUps)) {
      const sample = await attempt(contestant, contestant.run)
      if (sample !== undefined && round >= 0) samples.push(sample)
    }
  }

  const base = runners.find(({ contestant }) => contestant.name === 'tilewright' && !failures.has(contestant))
  return contestants.map((contestant): Entry => {
    const reason = failures.get(contestant)
    const runner = runners.find((item) => item.contestant === contestant)
    if (runner === undefined || reason !== undefined) {
      return { status: 'missing', contestant: contestant.name, reason: reason ?? 'it was not prepared' }
    }
    const { firstMs, errorOfMax, samples } = runner
    const hasDevice = samples.every(({ deviceMs }) => deviceMs !== undefined)
    const deviceMs = (sample: Sample): number => sample.deviceMs ?? Number.NaN
    const ratioOf = (measure: (sample: Sample) => number): Spread | undefined =>
      base === undefined ? undefined : spread(ratios(samples.map(measure), base.samples.map(measure)))
    return {
      status: 'measured',
      contestant: contestant.name,
      firstMs,
      wallMs: spread(samples.map((sample) => sample.wallMs)),
      cpuMs: spread(samples.map((sample) => sample.cpuMs)),
      deviceMs: hasDevice ? spread(samples.map(deviceMs)) : undefined,
      deviceRatio: hasDevice ? ratioOf(deviceMs) : undefined,
      ratio: ratioOf((sample) => sample.wallMs),
      cpuRatio: ratioOf((sample) => sample.cpuMs),
      errorOfMax,
      agrees: errorOfMax <= tolerance,
    }
  })
}

function rotate<T>(items: readonly T[], by: number): readonly T[] {
  const at = by % Math.max(1, items.length)
  return [...items.slice(at), ...items.slice(0, at)]
}
