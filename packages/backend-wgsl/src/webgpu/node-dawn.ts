/**
 * Opens a `GPUDevice` of Dawn, which is the npm package `webgpu`: an optional peer, loaded when it is first needed.
 * Invariant: the instance that `create` returns lives at least as long as its device. Collected earlier, it takes the
 * process down.
 */
import { CompileError } from '@tilewright/ir'
import type { GpuDevice } from './gpu-types.js'
import { createThrottle, type Throttle } from './node-throttle.js'
import { withVulkanDriver } from './node-vulkan.js'
import { wantedLimits } from './target.js'

/** An opened device of Dawn, without any of Tilewright on top of it. */
export interface NodeGpu {
  readonly device: GpuDevice
  /** Waits for a promise of the device (`mapAsync`, `onSubmittedWorkDone`, `createComputePipelineAsync`). */
  readonly wait: Throttle
  /** Destroys the device; idempotent. */
  readonly dispose: () => void
}

export interface DawnOptions {
  /** Options of Dawn, such as `backend=null`. */
  readonly dawn?: readonly string[]
  readonly adapter?: { readonly forceFallbackAdapter?: true; readonly powerPreference?: 'high-performance' }
  /** Manifest of the only Vulkan driver to be asked. Default: whatever the Vulkan loader finds. */
  readonly driver?: string | undefined
  /** What to do when no adapter is found. */
  readonly help: string
}

/** What a device is asked for where its adapter has it. */
const wantedFeatures = ['timestamp-query', 'subgroups', 'shader-f16'] as const

const instances = new WeakMap<GPUDevice, GPU>()

/**
 * A device with all its adapter allows.
 * Rejects with `CompileError` `device/no-webgpu` when the package cannot be loaded, `device/no-adapter` when Dawn finds no
 * adapter or the adapter gives no device.
 */
export async function openDawn({ dawn = [], adapter: wanted = {}, driver, help }: DawnOptions): Promise<NodeGpu> {
  const { create } = await loadDawn()
  const missing = (message: string, cause?: unknown): CompileError =>
    new CompileError({ code: 'device/no-adapter', message, help, cause })

  const instance = create([...dawn])
  let adapter: GPUAdapter | null
  let device: GPUDevice
  try {
    // Dawn makes its instance of Vulkan in this call, before it returns the promise.
    adapter = await withVulkanDriver(driver, () => instance.requestAdapter(wanted))
  } catch (cause) {
    throw missing(`Dawn offers no adapter: ${String(cause)}`, cause)
  }
  if (adapter === null) throw missing('Dawn offers no adapter')
  const { features, limits } = adapter
  try {
    // An adapter gives one device only.
    device = await adapter.requestDevice({
      requiredLimits: Object.fromEntries(wantedLimits.map((name) => [name, limits[name]])),
      requiredFeatures: wantedFeatures.filter((name) => features.has(name)),
    })
  } catch (cause) {
    throw missing(`the adapter gives no device: ${String(cause)}`, cause)
  }
  instances.set(device, instance)
  return { device, wait: createThrottle(), dispose: () => device.destroy() }
}

async function loadDawn(): Promise<typeof import('webgpu')> {
  try {
    return await import('webgpu')
  } catch (cause) {
    throw new CompileError({
      code: 'device/no-webgpu',
      message: "the package 'webgpu' (Dawn for Node) does not load",
      help: 'npm install webgpu; it runs on Linux with glibc, macOS and Windows',
      cause,
    })
  }
}
