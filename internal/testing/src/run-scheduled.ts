// Runs what a template builds on the simulator, alone or lowered, and says what the equation itself gives.
import {
  type Buffer,
  defined,
  definition,
  type Equation,
  elementCount,
  equationExprs,
  equationOutputs,
  evaluateSize,
  type Kernel,
  loadsOf,
  type ScheduledKernels,
  type SizeValues,
} from '@tilewright/ir'
import { allocate, evaluateDefinition, runKernelAllWays, type TypedArray } from '@tilewright/simulator'

export interface ScheduledRun {
  readonly anchor: Equation
  readonly scheduled: ScheduledKernels
  readonly inputs: ReadonlyMap<Buffer, TypedArray>
  readonly sizes?: SizeValues
  /** What becomes of each kernel before it runs; parameters keep their order. */
  readonly lower?: (kernel: Kernel) => Kernel
}

/** The anchor's outputs after its kernels, in order; threads run both ways. Throws `SimulatorError`. */
export function runScheduled(run: ScheduledRun): readonly TypedArray[] {
  const { anchor, scheduled, inputs, sizes = {}, lower = (kernel: Kernel) => kernel } = run
  const memory = new Map(inputs)
  for (const buffer of [...equationOutputs(anchor), ...scheduled.workspaces]) {
    memory.set(buffer, allocate(buffer.dtype, evaluateSize(elementCount(buffer.shape), sizes)))
  }
  for (const kernel of scheduled.kernels) {
    const lowered = lower(kernel)
    const buffers = new Map(
      lowered.params.map((param, i) => {
        const original = defined(kernel.params[i], 'parameters keep their order')
        return [param, defined(memory.get(original), `"${original.hint}" is an operand, a result or a workspace`)]
      }),
    )
    runKernelAllWays(lowered, { buffers, sizes })
  }
  return outputsIn(anchor, memory)
}

/** The anchor's outputs by definition. */
export function byDefinition(
  anchor: Equation,
  inputs: ReadonlyMap<Buffer, TypedArray>,
  sizes: SizeValues = {},
): readonly TypedArray[] {
  const reads = equationExprs(anchor).flatMap((expr) => loadsOf(expr).map(({ buffer }) => buffer))
  const meaning = definition('alone', [...new Set(reads)], equationOutputs(anchor), [anchor])
  return outputsIn(anchor, evaluateDefinition(meaning, inputs, sizes))
}

const outputsIn = (anchor: Equation, memory: ReadonlyMap<Buffer, TypedArray>): readonly TypedArray[] =>
  equationOutputs(anchor).map((output) => defined(memory.get(output), 'an output is written'))
