/** What every device refuses, in the same words: buffers, transfers, kernels and launches that do not fit. */
import { CompileError, checkArgument, type Target } from '@tilewright/ir'
import type { BufferRange, DeviceBuffer, Pipeline } from './device.js'
import type { BufferParam, PlanKernel } from './plan/plan.js'

/** What stays within a vector of the last element is always there to be read. */
const padding = 16

/**
 * The size of a buffer for `bytes`. Throws `CompileError` `device/buffer-size` for what is no number of bytes,
 * `limits/buffer-size` above the target's limit.
 */
export function bufferSize(bytes: number, { name, limits }: Target): number {
  const help = 'pass a whole number from 0 on: elements × bytes of one'
  checkArgument(isCount(bytes), 'device/buffer-size', 'the size of a buffer is a number of bytes', bytes, help)
  if (bytes > limits.bufferBytes) {
    throw new CompileError({
      code: 'limits/buffer-size',
      message: `a buffer of ${bytes} bytes; ${name} allows ${limits.bufferBytes}`,
      help: 'use smaller tensors, or a device with larger buffers',
    })
  }
  return Math.max(padding, Math.ceil(bytes / padding) * padding)
}

const isCount = (given: unknown): boolean => Number.isSafeInteger(given) && Number(given) >= 0

/**
 * Throws `CompileError` `device/range` for a transfer, which `what` names, beyond a buffer's end, `device/transfer` for what is
 * no buffer, or no number of bytes.
 */
export function checkTransfer(buffer: DeviceBuffer, bytes: number, what: string, offset = 0): void {
  const code = 'device/transfer'
  checkArgument(isBuffer(buffer), code, `${what} is of a buffer`, buffer, 'pass what device.createBuffer(bytes) gives')
  const help = 'write a typed array, read a number of bytes'
  checkArgument(isCount(bytes), code, `${what} is of a number of bytes`, bytes, help)
  checkArgument(isCount(offset), code, `${what} is at a number of bytes`, offset, help)
  if (offset + bytes <= buffer.bytes) return
  throw new CompileError({
    code: 'device/range',
    message: `${what} of ${bytes} bytes at ${offset === 0 ? '' : `byte ${offset} of `}a buffer of ${buffer.bytes} bytes`,
    help: 'make a larger buffer, or transfer less: sizes and offsets are in bytes',
  })
}

function isBuffer(given: DeviceBuffer | undefined): boolean {
  return typeof given === 'object' && given !== null && isCount(given.bytes)
}

/** Throws `CompileError` `device/kernel` for what is no printed kernel, `limits/…` for one that a device of this target cannot run. */
export function checkKernel(kernel: PlanKernel, { name, limits }: Target): void {
  const isPrinted = typeof kernel?.source === 'string' && Array.isArray(kernel.buffers)
  const help = 'pass the pipeline of what a printer gives: emitWgsl(lowered).pipeline'
  checkArgument(isPrinted, 'device/kernel', 'a pipeline is made of a printed kernel', kernel, help)
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

/** Throws `CompileError` `device/launch` when a launch does not fit its kernel on a device of this target, or what is given is none. */
export function checkLaunch(
  target: Target,
  pipeline: Pipeline,
  ranges: readonly BufferRange[],
  scalars: Uint32Array,
  workgroups: readonly [number, number, number],
): void {
  const check = (holds: boolean, rule: string, given: unknown, help: string): void =>
    checkArgument(holds, 'device/launch', rule, given, help)
  const forPipeline = 'await it: const pipeline = await device.createPipeline(kernel)'
  check(pipeline?.kernel !== undefined, 'what is launched is a pipeline', pipeline, forPipeline)
  check(Array.isArray(ranges), 'the buffers of a launch are an array', ranges, 'pass [wholeBuffer(x), wholeBuffer(y)]')
  ranges.forEach((range, i) => {
    check(isBuffer(range?.buffer), `buffer ${i} of a launch is a range`, range, 'pass wholeBuffer(buffer)')
  })
  check(ArrayBuffer.isView(scalars), 'the scalars of a launch are a Uint32Array', scalars, 'pass new Uint32Array()')
  const isLaunch = Array.isArray(workgroups) && workgroups.length === 3 && workgroups.every(isCount)
  check(isLaunch, 'the workgroups of a launch are three numbers', workgroups, 'pass [x, y, z]')
  const { kernel } = pipeline
  if (ranges.length !== kernel.buffers.length || scalars.length !== kernel.scalars) {
    throw new CompileError({
      code: 'device/launch',
      message: `a kernel of ${kernel.buffers.length} buffers and ${kernel.scalars} scalars is launched with ${ranges.length} and ${scalars.length}`,
      help: 'pass a range for each of kernel.buffers, and a word for each scalar that its printer gave: Uint32Array.from(scalars, (each) => scalarWord(each, …))',
    })
  }
  ranges.forEach((range, i) => {
    checkRange(target, kernel.buffers[i], range)
  })
}

/** Throws `CompileError` `device/launch` for a range beyond its buffer's end, or that holds less than the kernel's parameter. */
function checkRange(
  { name: device, elementBytes }: Target,
  param: BufferParam | undefined,
  { buffer, offset, bytes }: BufferRange,
): void {
  if (offset + bytes > buffer.bytes) {
    throw new CompileError({
      code: 'device/launch',
      message: `a launch takes ${bytes} bytes at byte ${offset} of a buffer of ${buffer.bytes} bytes`,
      help: 'pass wholeBuffer(buffer), or a range within it',
    })
  }
  if (param?.content === undefined) return
  const { dtype, content } = param
  const needed = content.elements * elementBytes[dtype]
  if (bytes >= needed) return
  throw new CompileError({
    code: 'device/launch',
    message: `parameter "${content.name}" of a kernel takes ${needed} bytes; it is launched with a buffer, or a range, of ${bytes}`,
    help: `pass device.createBuffer(${needed}) or more: an element of ${dtype} takes ${elementBytes[dtype]} bytes on ${device}, and toDevice converts to them`,
  })
}

/** Throws `CompileError` `device/submitted` for a recording that was submitted before. */
export function checkRecording(isSubmitted: boolean): void {
  if (!isSubmitted) return
  throw new CompileError({
    code: 'device/submitted',
    message: 'a recording is used after it was submitted',
    help: 'begin another: device.begin()',
  })
}

/** What a device throws for a buffer that it does not know. */
export function foreignBufferError(): CompileError {
  return new CompileError({
    code: 'device/foreign',
    message: 'the buffer was destroyed, or it is another device’s',
    help: 'use buffers of device.createBuffer of this device, until they are destroyed',
  })
}

/** What a device throws for a pipeline that it does not know. */
export function foreignPipelineError(): CompileError {
  return new CompileError({
    code: 'device/foreign',
    message: 'a pipeline of another device was given',
    help: 'launch what createPipeline of this device gave',
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
