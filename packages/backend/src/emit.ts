/** What a backend's printer gives: source for a pipeline, and what each launch of it needs. */
import type { Buffer, Kernel, SizeExpr } from '@tilewright/ir'
import type { PlanKernel, Scalar } from './plan/plan.js'

export interface EmittedKernel {
  readonly pipeline: PlanKernel
  /** The kernel's storage buffers, in the order of `pipeline.buffers`. Unused parameters are left out. */
  readonly buffers: readonly Buffer[]
  /** In the order in which the source reads them. */
  readonly scalars: readonly Scalar[]
  readonly workgroups: readonly [SizeExpr, SizeExpr, SizeExpr]
}

/** Prints a kernel that has been through the backend's pipeline. Throws `CompileError` for one that has not. */
export type Emit = (kernel: Kernel) => EmittedKernel
