// Launches printed kernels on a device.
import { type Device, type EmittedKernel, wholeBuffer } from '@tilewright/backend'
import { defined } from '@tilewright/ir'
import type { TypedArray } from '@tilewright/simulator'
import { type LaunchKernel, type PrintedRun, runPrinted } from './launch-kernel.js'

/** What the parameters hold after a launch on a device, in order; `contents` are not changed. */
export function runOnDevice(device: Device, emitted: EmittedKernel, run: PrintedRun): Promise<readonly TypedArray[]> {
  return runPrinted(launchOnDevice(device), emitted, run)
}

export function launchOnDevice(device: Device): LaunchKernel {
  return async (kernel, { contents, scalars, workgroups }) => {
    const pipeline = await device.createPipeline(kernel)
    const buffers = contents.map((content) => {
      const made = device.createBuffer(content.byteLength)
      device.write(made, content)
      return made
    })
    const recorder = device.begin()
    recorder.dispatch(pipeline, buffers.map(wholeBuffer), Uint32Array.from(scalars), workgroups)
    recorder.submit()
    const results = contents.map(async (content, i) => {
      if (kernel.buffers[i]?.access === 'read') return content
      return sameType(content, await device.read(defined(buffers[i], 'a buffer a content'), content.byteLength))
    })
    // Before the buffers go, whatever comes of it.
    const settled = await Promise.allSettled(results)
    for (const buffer of buffers) buffer.destroy()
    const failed = settled.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    return Promise.all(results)
  }
}

function sameType(like: TypedArray, { buffer, byteLength }: Uint8Array<ArrayBuffer>): TypedArray {
  const length = byteLength / like.BYTES_PER_ELEMENT
  if (like instanceof Float32Array) return new Float32Array(buffer, 0, length)
  if (like instanceof Int32Array) return new Int32Array(buffer, 0, length)
  if (like instanceof Uint32Array) return new Uint32Array(buffer, 0, length)
  if (like instanceof Uint16Array) return new Uint16Array(buffer, 0, length)
  return like instanceof Int8Array ? new Int8Array(buffer, 0, length) : new Uint8Array(buffer, 0, length)
}
