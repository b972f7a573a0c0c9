// The matmul case: generated against hand-written kernels of the same structure, interleaved in one process.
import type { Device } from '@tilewright/backend'
import { type BaselineForm, baselineKernel, type MatmulSize } from './baselines.js'
import { type GeneratedForm, generatedKernel } from './generated.js'
import { openMatmul, type PreparedKernel } from './matmul-workload.js'
import { type Spread, spread } from './statistics.js'

export interface MatmulResult {
  readonly size: number
  readonly form: GeneratedForm
  readonly baseline: BaselineForm
  /** Medians and minima over the rounds, ms of wall time with readback. */
  readonly generatedMs: Spread
  readonly handWrittenMs: Spread
  /** Median over the rounds of generated / hand-written, each round's pair run side by side. */
  readonly ratio: number
  /** The same of processor time, which a busy machine disturbs less. */
  readonly cpuRatio: number
  readonly compileMs: { readonly generated: number; readonly handWritten: number }
  /** Largest difference from the exact product, over the largest result. */
  readonly error: number
}

/** Runs both forms at one size; `rounds` interleaved runs each, the order within a round alternating. */
export async function benchMatmul(device: Device, extent: number, rounds: number): Promise<readonly MatmulResult[]> {
  const size: MatmulSize = { m: extent, n: extent, k: extent }
  const vectors = extent % 64 === 0
  const results: MatmulResult[] = []
  for (const form of ['register', 'workgroup'] as const) {
    const baseline: BaselineForm = vectors ? form : `${form}-scalar`
    const workload = openMatmul(device, size)
    const generated = await workload.prepare(generatedKernel(form, size, device.target))
    const handWritten = await workload.prepare(await baselineKernel(baseline, size))
    const error = Math.max(await generated.error(), await handWritten.error())
    const samples = await interleave(generated, handWritten, rounds)
    const pick = (of: (sample: Pair) => number): number[] => samples.map(of)
    results.push({
      size: extent,
      form,
      baseline,
      generatedMs: spread(pick((sample) => sample.generated.wall)),
      handWrittenMs: spread(pick((sample) => sample.handWritten.wall)),
      ratio: spread(pick((sample) => sample.generated.wall / sample.handWritten.wall)).median,
      cpuRatio: spread(pick((sample) => sample.generated.cpu / sample.handWritten.cpu)).median,
      compileMs: { generated: generated.compileMs, handWritten: handWritten.compileMs },
      error,
    })
    workload.dispose()
  }
  return results
}

interface Sample {
  readonly wall: number
  readonly cpu: number
}

interface Pair {
  readonly generated: Sample
  readonly handWritten: Sample
}

async function interleave(
  generated: PreparedKernel,
  handWritten: PreparedKernel,
  rounds: number,
): Promise<readonly Pair[]> {
  const samples: Pair[] = []
  for (let round = 0; round < rounds; round++) {
    // Whoever runs second finds the caches warm: they take turns.
    if (round % 2 === 0) {
      const first = await sample(generated)
      samples.push({ generated: first, handWritten: await sample(handWritten) })
    } else {
      const first = await sample(handWritten)
      samples.push({ generated: await sample(generated), handWritten: first })
    }
  }
  return samples
}

async function sample(kernel: PreparedKernel): Promise<Sample> {
  const before = process.cpuUsage()
  const wall = await kernel.run()
  const { user, system } = process.cpuUsage(before)
  return { wall, cpu: (user + system) / 1000 }
}
