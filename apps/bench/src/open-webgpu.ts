/** The WebGPU device that everything here runs on. */
import type { Device } from '@tilewright/backend'
import { openNode } from '@tilewright/backend-wgsl/node'
import { TilewrightError } from '@tilewright/ir'

/** A GPU, or else an installed SwiftShader. Rejects with `CompileError` `device/…` when there is neither. */
export async function openWebgpu(): Promise<Device> {
  try {
    return await openNode()
  } catch (error) {
    if (!(error instanceof TilewrightError) || error.code !== 'device/no-adapter') throw error
    return openNode({ software: true })
  }
}
