/** The CUDA device that is compared, or the processor in its place. */
import type { Device } from '@tilewright/backend'

/** Rejects with `CompileError` `device/…` where there is none. */
export async function openCudaDevice(emulated: boolean): Promise<Device> {
  if (!emulated) return (await import('@tilewright/backend-cuda/driver')).openCuda()
  return (await import('@tilewright/backend-cuda/emulated')).openEmulated()
}
