/** Lowers a kernel by the passes of a backend, and holds them to the rules. */
import type { Backend } from '@tilewright/backend'
import { assertValid, type Kernel, type Target } from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import type { Stopwatch } from './stopwatch.js'

/**
 * What the backend's printer takes. Throws what passes throw, and `CompileError` `ir/pass-result` when they leave no valid
 * kernel, naming the pass.
 */
export function lowerKernel(
  kernel: Kernel,
  { meta, pipeline }: Backend,
  target: Target,
  { time, passes }: Stopwatch,
): Kernel {
  const all = pipeline(target)
  const lowered = time('lower', () => runPipeline(kernel, all, { trace: passes(), validate: 'nothing' }))
  try {
    time('validate', () => assertValid(lowered, { target, pass: `pipeline of ${meta.name}` }))
  } catch (error) {
    // Finds which of them it was, unless it breaks limits of the target alone.
    runPipeline(kernel, all, { validate: 'every-pass' })
    throw error
  }
  return lowered
}
