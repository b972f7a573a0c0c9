/**
 * Gives the parameters of a kernel names that say nothing of the tensors they are bound to, so that the kernels of equal
 * layers have equal source and compile once.
 */
import { buffer, type Kernel } from '@tilewright/ir'
import { renameBuffers } from './rename-buffers.js'

/** The kernel with parameters named by position; their order stays. */
export function neutralNames(kernel: Kernel): Kernel {
  const renamed = new Map(
    kernel.params.map((param, i) => [param, buffer(`p${i}`, param.dtype, param.shape, param.scope)]),
  )
  return renameBuffers(kernel, (old) => renamed.get(old) ?? old)
}
