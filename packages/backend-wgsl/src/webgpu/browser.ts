/// <reference lib="dom" />
/** Opens the WebGPU device of a browser, or of any environment that offers `navigator.gpu`. */
import type { Device } from '@tilewright/backend'
import { CompileError } from '@tilewright/ir'
import { makeDevice } from './device.js'
import type { Gpu } from './gpu-types.js'
import { wantedLimits } from './target.js'

export { type DeviceOptions, makeDevice } from './device.js'

/**
 * Opens a device of `gpu`, by default of `navigator.gpu`, with the largest limits of its adapter, and subgroups where it
 * has them. Rejects with `CompileError` `device/no-webgpu` where there is no WebGPU, `device/no-adapter` where it offers
 * no adapter or the adapter gives no device.
 */
export async function openBrowser(gpu: Gpu | undefined = globalThis.navigator?.gpu): Promise<Device> {
  if (gpu === undefined) {
    throw new CompileError({
      code: 'device/no-webgpu',
      message: 'this environment has no WebGPU',
      help: 'use a browser with WebGPU, on a page served from https or localhost',
    })
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (adapter === null) throw noAdapter('WebGPU offers no adapter')
  const { limits, features } = adapter
  try {
    const device = await adapter.requestDevice({
      requiredLimits: Object.fromEntries(wantedLimits.map((name) => [name, limits[name]])),
      requiredFeatures: features.has('subgroups') ? ['subgroups'] : [],
    })
    return makeDevice(device)
  } catch (cause) {
    throw noAdapter(`the WebGPU adapter gives no device: ${String(cause)}`, cause)
  }
}

function noAdapter(message: string, cause?: unknown): CompileError {
  const help = 'update the graphics driver, or enable WebGPU for it in the browser'
  return new CompileError({ code: 'device/no-adapter', message, help, cause })
}
