/** The lowering of kernels for WGSL, in order. */
import type { Pass, Target } from '@tilewright/ir'
import { flattenIndices, loweringPasses } from '@tilewright/passes'
import { lowerApproximations } from './passes/lower-approximations.js'
import { lowerAsyncCopies } from './passes/lower-async-copies.js'

/** What leaves a kernel that `emitWgsl` prints. */
export function wgslPipeline(target: Target): readonly Pass[] {
  return [
    flattenIndices, // first: an async copy of several elements counts them from a flat index
    lowerAsyncCopies, // before the common passes: what it leaves is unrolled and made vectors like any other access
    ...loweringPasses(target),
    lowerApproximations, // last: the passes above see one `exp` or `tanh`, not its dozen operations
  ]
}
