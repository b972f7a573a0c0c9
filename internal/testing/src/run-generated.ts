// Runs generated kernels on the simulator, as they are or as passes have left them.
import type { Kernel } from '@tilewright/ir'
import { runKernel, type TypedArray } from '@tilewright/simulator'
import type { GeneratedKernel } from './arbitrary-kernel.js'

/**
 * What the parameters hold after a run on the generated contents, in order. `kernel` is the generated kernel or one that
 * passes have made of it: its parameters are the same by position. Throws `SimulatorError`.
 */
export function runGenerated(generated: GeneratedKernel, kernel: Kernel = generated.kernel): readonly TypedArray[] {
  const arrays = generated.contents.map((content) => content.slice())
  const buffers = new Map(
    kernel.params.flatMap((param, i) => arrays.slice(i, i + 1).map((array) => [param, array] as const)),
  )
  runKernel(kernel, { buffers, sizes: generated.sizes })
  return arrays
}
