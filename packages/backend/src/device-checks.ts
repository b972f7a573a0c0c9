/** What every device refuses, in the same words: buffers, transfers, kernels and launches that do not fit. */
import { CompileError, type Target } from '@tilewright/ir'
import type { BufferRange, DeviceBuffer, Pipeline } from './device.js'
import type { PlanKernel } from './plan/plan.js'

/** What stays within a vector of the last element is always there to be read. */
const padding = 16

/** The size of a buffer for `bytes`. Throws `CompileError` `limits/buffer-size` above the target's limit. */
export function bufferSize(bytes: number, { name, limits }: Target): number {
  if (!Number.isSafeInteger(bytes) || bytes < 0 || bytes > limits.bufferBytes) {
    throw new CompileError({
      code: 'limits/buffer-size',
      message: `a buffer of ${bytes} bytes; ${name} allows ${limits.bufferBytes}`,
      help: 'use smaller tensors, or a device with larger buffers',
    })
  }
  return Math.max(padding, Math.ceil(bytes / padding) * padding)
}

/** Throws `CompileError` `device/range` for a transfer, which `what` names, beyond a buffer's end. */
export function checkTransfer(buffer: DeviceBuffer, bytes: number, what: string, offset = 0): void {
  if (offset + bytes <= buffer.bytes) return
  throw new CompileError({
    code: 'device/range',
    message: `${what} of ${bytes} bytes at ${offset === 0 ? '' : `byte ${offset} of `}a buffer of ${buffer.bytes} bytes`,
  })
}

/** Throws `CompileError` `limits/…` for a kernel that a device of this target cannot run. */
export function checkKernel(kernel: PlanKernel, { name, limits }: Target): void {
  const checks = [
    ['threads', 'threads in a workgroup', kernel.threads, limits.threads],
    ['workgroup-memory', 'bytes of workgroup memory', kernel.workgroupBytes, limits.workgroupBytes],
    ['storage-buffers', 'storage buffers', kernel.buffers.length, limits.storageBuffers],
  ] as const
  for (const [code, what, needed, allowed] of checks) {
    if (needed <= allowed) continue
    throw new CompileError({
      code: `limits/${code}`,
      message: `a kernel needs ${needed} ${what}; ${name} allows ${allowed}`,
      help: 'compile for this device: its target carries these limits',
    })
  }
}

/** Throws `CompileError` `device/launch` when a launch does not fit its kernel. */
export function checkLaunch({ kernel }: Pipeline, ranges: readonly BufferRange[], scalars: Uint32Array): void {
  if (ranges.length === kernel.buffers.length && scalars.length === kernel.scalars) return
  throw new CompileError({
    code: 'device/launch',
    message: `a kernel of ${kernel.buffers.length} buffers and ${kernel.scalars} scalars is launched with ${ranges.length} and ${scalars.length}`,
  })
}

/** The reason that a device gives when it was disposed of. */
export const disposedReason = 'it was disposed of'

/** What every use of a lost device throws. */
export function lostError(reason: string): CompileError {
  return new CompileError({
    code: 'device/lost',
    message: `the device is lost: ${reason}`,
    help: 'open a new device; nothing on this one can be read any more',
  })
}
