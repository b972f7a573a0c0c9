// Launches printed CUDA C++ on the processor, without a device.
import { InternalError } from '@tilewright/ir'
import type { LaunchKernel } from './launch-kernel.js'
import { loadEmulated } from './load-emulated.js'

/** `compile`: an emulated compiler. `reversed`: threads and blocks from the last to the first. */
export function launchEmulated(compile: (source: string) => Promise<Uint8Array>, reversed: boolean): LaunchKernel {
  return async ({ source, threads, workgroupBytes }, { contents, scalars, workgroups }) => {
    const module = await loadEmulated(await compile(source))
    module.setOrder(reversed)
    const arrays = contents.map((content) => content.slice())
    const args = [...arrays, ...scalars.map((bits) => bits | 0)]
    const wrong = module.launch({ grid: workgroups, block: [threads, 1, 1], args, sharedBytes: workgroupBytes })
    if (wrong !== undefined) throw new InternalError(wrong, source)
    return arrays
  }
}
