/// <reference lib="dom" />
/** The WGSL backend: WebGPU in browsers, Node and Deno. */
import { backendApi, type Device, type DeviceBackend, defineBackend } from '@tilewright/backend'
import { checkNoOptions } from '@tilewright/ir'
import { wgslPipeline } from './pipeline.js'
import { emitWgsl } from './print-wgsl.js'
import { openBrowser } from './webgpu/browser.js'
import { wgslTarget } from './webgpu/target.js'

export { wgslPipeline } from './pipeline.js'
export { emitWgsl } from './print-wgsl.js'
export { type DeviceOptions, makeDevice } from './webgpu/device.js'
export { wgslTarget } from './webgpu/target.js'

/**
 * The backend. `open` takes `navigator.gpu` where there is one, else Dawn for Node (the optional package `webgpu`). Throws
 * `CompileError` `backend/option` for options: it has none.
 */
export function wgsl(...none: readonly never[]): DeviceBackend {
  checkNoOptions('backend/option', 'wgsl', none)
  return defineBackend({
    meta: { name: 'wgsl', version: '0.0.0', api: backendApi },
    target: wgslTarget,
    pipeline: wgslPipeline,
    emit: emitWgsl,
    open,
  })
}

async function open(): Promise<Device> {
  if (globalThis.navigator?.gpu !== undefined) return openBrowser()
  // Named by a variable, so that bundlers for browsers leave it alone.
  const node = '@tilewright/backend-wgsl/node'
  const { openNode }: typeof import('./webgpu/node.js') = await import(/* @vite-ignore */ node)
  return openNode()
}
