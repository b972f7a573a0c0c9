// Runs printed CUDA C++ on the processor: what `runOnDevice` does, without a device.
import type { EmittedKernel } from '@tilewright/backend'
import { type Buffer, defined, evaluateSize, InternalError, type SizeValues } from '@tilewright/ir'
import type { TypedArray } from '@tilewright/simulator'
import { loadEmulated } from './load-emulated.js'

export interface EmulatedRun<Elements extends TypedArray> {
  /** The parameters of the lowered kernel that was printed. */
  readonly params: readonly Buffer[]
  /** What they hold at first, in their order, as they lie in memory. */
  readonly contents: readonly Elements[]
  readonly sizes: SizeValues
  /** Threads and blocks from the last to the first. */
  readonly reversed?: boolean
}

/** What the parameters hold after a launch, in order; `contents` is not changed. */
export async function runEmulated<Elements extends TypedArray>(
  compile: (source: string) => Promise<Uint8Array>,
  { pipeline, buffers, scalars, workgroups }: EmittedKernel,
  { params, contents, sizes, reversed = false }: EmulatedRun<Elements>,
): Promise<readonly TypedArray[]> {
  const [x = 0, y = 0, z = 0] = workgroups.map((extent) => evaluateSize(extent, sizes))
  const arrays = contents.map((content) => content.slice())
  if (x * y * z === 0) return arrays
  const module = await loadEmulated(await compile(pipeline.source))
  const bound = buffers.map((buffer) => defined(arrays[params.indexOf(buffer)], 'a printed buffer is a parameter'))
  const words = scalars.map((scalar) => (scalar.kind === 'bits' ? scalar.bits | 0 : evaluateSize(scalar.size, sizes)))
  module.setOrder(reversed)
  const sharedBytes = pipeline.workgroupBytes
  const args = [...bound, ...words]
  const wrong = module.launch({ grid: [x, y, z], block: [pipeline.threads, 1, 1], args, sharedBytes })
  if (wrong !== undefined) throw new InternalError(wrong, pipeline.source)
  return arrays
}
