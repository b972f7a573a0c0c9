/** Refuses tensors that the target cannot hold, before anything is scheduled: sizes beyond 32 bits would wrap in kernels. */
import { excessOf } from '@tilewright/backend'
import { type FusionGroup, groupInputs, groupOutputs } from '@tilewright/fusion'
import { type Buffer, CompileError, equationExprs, loadsOf, type Target } from '@tilewright/ir'
import type { Program } from './program.js'

/**
 * Throws `CompileError` `limits/elements` or `limits/binding-size`, naming the tensor. Symbolic sizes are checked by each
 * run.
 */
export function checkTensors(group: FusionGroup, { names }: Program, { limits, elementBytes }: Target): void {
  const check = (buffer: Buffer, memory: Parameters<typeof excessOf>[1]): void => {
    const shape = buffer.shape.flatMap((extent) => (typeof extent === 'number' ? [extent] : []))
    if (shape.length !== buffer.shape.length) return
    const name = names.get(buffer) ?? buffer.hint
    const excess = excessOf({ name, shape, elementBytes: elementBytes[buffer.dtype] }, memory)
    if (excess !== undefined) throw new CompileError(excess)
  }
  for (const buffer of [...groupInputs(group), ...groupOutputs(group)]) check(buffer, limits)
  // What is fused away takes no memory. But positions in it are computed, where more than a reduction reads it: that one
  // reads by coordinates, so that the columns of a convolution may be more than a tensor can have.
  const { anchor, prologues, epilogues } = group
  const others = [...prologues, ...epilogues, ...(anchor.kind === 'reduce' ? [] : [anchor])]
  const computed = new Set(others.flatMap(equationExprs).flatMap((expr) => loadsOf(expr).map((load) => load.buffer)))
  const unlimited = { bindingBytes: Number.MAX_VALUE, bufferBytes: Number.MAX_VALUE }
  for (const { output } of prologues) if (computed.has(output)) check(output, unlimited)
}
