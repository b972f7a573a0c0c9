// Launches printed CUDA C++ on the processor, without a device.
import type { DeviceDType, PlanKernel } from '@tilewright/backend'
import { defined, InternalError } from '@tilewright/ir'
import type { LaunchKernel } from './launch-kernel.js'
import { type EmulatedTileMap, loadEmulated } from './load-emulated.js'

/** `CUtensorMapDataType`, and the bytes of an element. */
const types: Readonly<Record<DeviceDType, readonly [type: number, bytes: number]>> = {
  i8: [0, 1],
  u8: [0, 1],
  bool: [0, 1],
  u32: [2, 4],
  i32: [3, 4],
  f16: [6, 2],
  f32: [7, 4],
  bf16: [9, 2],
}

/** What the driver would be asked for. */
function tileMapsOf({ buffers, tileMaps = [] }: PlanKernel, scalars: readonly number[]): readonly EmulatedTileMap[] {
  return tileMaps.map(({ buffer, extents, strides, box }) => {
    const [type, bytes] = types[defined(buffers[buffer], 'a map is of a buffer').dtype]
    const scalarAt = (scalar: number): number => defined(scalars[scalar], 'a map is of scalars')
    const sizes = extents.map(scalarAt).reverse()
    const isEmpty = sizes.includes(0)
    return {
      tensor: buffer,
      type,
      extents: sizes.map((size) => (isEmpty ? 1 : size)),
      strides: strides.map((stride) => (isEmpty ? 16 : scalarAt(stride) * bytes)).reverse(),
      box: [...box].reverse(),
    }
  })
}

/** `compile`: an emulated compiler. `reversed`: threads and blocks from the last to the first. */
export function launchEmulated(compile: (source: string) => Promise<Uint8Array>, reversed: boolean): LaunchKernel {
  return async (kernel, { contents, scalars, workgroups }) => {
    const { source, threads, workgroupBytes } = kernel
    const module = await loadEmulated(await compile(source))
    module.setOrder(reversed)
    const arrays = contents.map((content) => content.slice())
    const args = [...arrays, ...scalars.map((bits) => bits | 0), ...tileMapsOf(kernel, scalars)]
    const wrong = module.launch({ grid: workgroups, block: [threads, 1, 1], args, sharedBytes: workgroupBytes })
    if (wrong !== undefined) throw new InternalError(wrong, source)
    return arrays
  }
}
