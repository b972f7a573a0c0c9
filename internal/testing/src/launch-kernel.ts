// How tests launch printed kernels, whatever runs them: a device, or the processor without one.
import { type EmittedKernel, type PlanKernel, scalarWord } from '@tilewright/backend'
import { type Buffer, defined, evaluateSize, type SizeValues } from '@tilewright/ir'
import type { TypedArray } from '@tilewright/simulator'

export interface KernelLaunch {
  /** What the kernel's buffers hold at first, in its order, as it lies in memory. */
  readonly contents: readonly TypedArray[]
  /** 32 bits each. */
  readonly scalars: readonly number[]
  readonly workgroups: readonly [number, number, number]
}

/** Launches a kernel once; resolves with what its buffers hold then, in order. `contents` are not changed. */
export type LaunchKernel = (kernel: PlanKernel, launch: KernelLaunch) => Promise<readonly TypedArray[]>

export interface PrintedRun {
  /** The parameters of the lowered kernel that was printed. */
  readonly params: readonly Buffer[]
  /** What they hold at first, in their order, as they lie in memory. */
  readonly contents: readonly TypedArray[]
  readonly sizes: SizeValues
}

/** What the parameters hold after a launch, in order: what a runtime does, for one launch. `contents` are not changed. */
export async function runPrinted(
  launch: LaunchKernel,
  { pipeline, buffers, scalars, workgroups }: EmittedKernel,
  { params, contents, sizes }: PrintedRun,
): Promise<readonly TypedArray[]> {
  const [x = 0, y = 0, z = 0] = workgroups.map((extent) => evaluateSize(extent, sizes))
  if (x * y * z === 0) return contents
  const positions = buffers.map((buffer) => params.indexOf(buffer))
  const results = await launch(pipeline, {
    contents: positions.map((at) => defined(contents[at], 'a printed buffer is a parameter')),
    scalars: scalars.map((scalar) => scalarWord(scalar, (size) => evaluateSize(size, sizes))),
    workgroups: [x, y, z],
  })
  return contents.map((content, i) => results[positions.indexOf(i)] ?? content)
}
