// What the tests named `*.cuda.test.ts` run on: NVIDIA's GPU in tier cuda; in tier cuda-source the same device, on a driver
// and a compiler for the processor. Which it is stands in TILEWRIGHT_TESTED_CUDA, which vitest.config.ts sets for each tier.
import type { Device } from '@tilewright/backend'
import { openCuda } from '@tilewright/backend-cuda/driver'
import { type EmulationOptions, openEmulated } from '@tilewright/backend-cuda/emulated'
import { launchEmulated } from './launch-emulated.js'
import type { LaunchKernel } from './launch-kernel.js'
import { launchOnDevice } from './run-on-device.js'

/** As `--device` of the command line names it. */
export const testedCuda: 'cuda' | 'cuda-emulated' =
  process.env.TILEWRIGHT_TESTED_CUDA === 'gpu' ? 'cuda' : 'cuda-emulated'

/** Opens the device. */
export function openTestedCuda(options?: EmulationOptions): Promise<Device> {
  return testedCuda === 'cuda' ? openCuda() : openEmulated(options)
}

type NamedLauncher = readonly [name: string, launch: LaunchKernel]

/**
 * What launches kernels, by name, for `describe.each`: the device, after the processor without one, which takes threads in
 * both orders. `compilerOf` gives emulated compilers.
 */
export function cudaLaunchers(
  compilerOf: (options: EmulationOptions) => (source: string) => Promise<Uint8Array>,
  options: EmulationOptions,
): readonly [NamedLauncher, ...NamedLauncher[]] {
  // One device for all tests of a process, which takes it along.
  let opened: Promise<Device> | undefined
  const onDevice: NamedLauncher = [
    'on the device',
    async (kernel, launch) => {
      opened ??= openTestedCuda(options)
      return launchOnDevice(await opened)(kernel, launch)
    },
  ]
  if (testedCuda === 'cuda') return [onDevice]
  const compile = compilerOf(options)
  return [['forward', launchEmulated(compile, false)], ['reversed', launchEmulated(compile, true)], onDevice]
}
