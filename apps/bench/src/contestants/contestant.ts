/** Who is compared: a library on a device, that runs workloads. */
import type { Workload } from '../cases/workload.js'
import type { Tensors } from '../tensors.js'

/** Ours first: it is what the others are compared with. */
export const contestantNames = ['tilewright', 'onnxruntime-webgpu', 'onnxruntime-cpu', 'jax-js'] as const
export type ContestantName = (typeof contestantNames)[number]

/** A library that is loaded and has opened its device. */
export interface OpenContestant {
  /** Makes a workload ready; resolves with what runs it once, from inputs on the host to outputs on the host. */
  readonly prepare: (workload: Workload) => Promise<() => Promise<Tensors>>
}
