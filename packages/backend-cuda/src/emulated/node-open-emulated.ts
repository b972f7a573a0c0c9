/**
 * The device `cuda-emulated`: the device of CUDA as it is, on a driver that stands in for NVIDIA's and kernels that are
 * compiled for the processor. They run on the thread that asks how far they are, and as many others as there are processors.
 */
import type { Device } from '@tilewright/backend'
import { checkOptions } from '@tilewright/ir'
import { openCuda } from '../driver/node.js'
import { type EmulationOptions, emulatedCompiler } from './node-compile-emulated.js'
import { buildFakeLibcuda } from './node-fake-libcuda.js'

export type { EmulationOptions } from './node-compile-emulated.js'

/**
 * Opens the device. Devices of one process share a context: the loss of one is the loss of all.
 * Rejects with `CompileError` `device/no-koffi` where the package `koffi` cannot be loaded, `device/no-compiler` without g++,
 * and with `UnsupportedError` `device/emulation` on other machines than x86-64 with Linux.
 */
export async function openEmulated(options: EmulationOptions = {}): Promise<Device> {
  checkOptions('device/option', 'openEmulated', options, { cacheFolder: true, order: true, sanitize: true })
  const library = await buildFakeLibcuda(options.cacheFolder)
  const compiler = { name: 'g++', compile: emulatedCompiler(options) }
  return openCuda({ stack: { library, compiler, software: true } })
}
