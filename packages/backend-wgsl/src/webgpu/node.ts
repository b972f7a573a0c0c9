/** Opens WebGPU devices in Node: a GPU, or the SwiftShader that an installed browser carries. */
import type { Device } from '@tilewright/backend'
import { CompileError, checkArgument, checkOptions } from '@tilewright/ir'
import { makeDevice } from './device.js'
import { type NodeGpu, openDawn } from './node-dawn.js'
import { findSwiftShader, hasVulkanDriver, loadVulkan } from './node-vulkan.js'

export type { NodeGpu } from './node-dawn.js'
export { openNullGpu, validateWgsl, type WgslDiagnostic } from './node-validate.js'
export { findSwiftShader, type SwiftShader } from './node-vulkan.js'

export interface OpenNodeOptions {
  /**
   * Takes a software adapter and no other. On Linux that is an installed SwiftShader; not in a worker thread, whose
   * environment the Vulkan loader does not see. Default: a GPU, or what the Vulkan loader is told to use.
   */
  readonly software?: boolean
}

/**
 * Opens a device.
 * Rejects with `CompileError` `device/no-webgpu` when the package `webgpu` cannot be loaded, `device/no-adapter` when there
 * is no GPU, or with `software` no SwiftShader.
 */
export async function openNode(options: OpenNodeOptions = {}): Promise<Device> {
  const { device, wait, dispose } = await openNodeGpu(options)
  return makeDevice(device, { wait, onDispose: dispose })
}

/**
 * Opens the `GPUDevice` alone, with the largest limits of its adapter, and timestamp queries, subgroups and f16 where it has
 * them. Rejects as `openNode` does.
 */
export async function openNodeGpu(options: OpenNodeOptions = {}): Promise<NodeGpu> {
  checkOptions('device/option', 'openNode', options, { software: true })
  const { software = false } = options
  const isFlag = typeof software === 'boolean'
  checkArgument(isFlag, 'device/option', 'software is true or false', software, 'openNode({ software: true })')
  return openDawn({
    adapter: software ? { forceFallbackAdapter: true } : { powerPreference: 'high-performance' },
    driver: process.platform === 'linux' ? chooseVulkanDriver(software) : undefined,
    help: software ? softwareHelp : hardwareHelp,
  })
}

const softwareHelp = 'install Chromium, which carries SwiftShader (Debian: apt-get install chromium)'
const hardwareHelp = 'install the driver of a GPU, or open a software adapter: openNode({ software: true })'

/** The manifest of SwiftShader when it is wanted. Loads a Vulkan loader, which must be there before Dawn asks for it. */
function chooseVulkanDriver(software: boolean): string | undefined {
  const installed = findSwiftShader()
  if (software && installed === undefined) throw noAdapter('no SwiftShader is installed', softwareHelp)
  if (!software && !hasVulkanDriver(process.env)) throw noAdapter('no Vulkan driver is installed', hardwareHelp)
  if (!loadVulkan(installed?.loader)) {
    throw noAdapter('there is no Vulkan loader (libvulkan.so.1)', 'install it (Debian: apt-get install libvulkan1)')
  }
  return software ? installed?.manifest : undefined
}

function noAdapter(message: string, help: string): CompileError {
  return new CompileError({ code: 'device/no-adapter', message, help })
}
