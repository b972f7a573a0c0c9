/** A kernel: one GPU function with its launch. */
import type { Buffer } from './buffer.js'
import { checkArgument } from './check-arguments.js'
import { CompileError } from './errors.js'
import { formatSize, isSize, type SizeExpr, sizeMultipleOf } from './size.js'
import type { Stmt } from './stmt.js'

/** What a pass has made true of a kernel; later passes and printers rely on it. */
export type KernelProperty = 'no-for-task' | 'flat-indices' | 'folded-launch'

export interface Kernel {
  readonly kind: 'kernel'
  /** A hint for people; entry names in emitted source are constant. */
  readonly name: string
  /** Storage buffers, in binding order. */
  readonly params: readonly Buffer[]
  /** Threads of a workgroup. */
  readonly threads: number
  /** Present when the kernel relies on `subgroup`, `lane` or subgroup barriers; divides `threads`. */
  readonly subgroupSize: number | undefined
  /** Workgroups of the launch in x, y, z; a launch with none is skipped. */
  readonly workgroups: readonly [SizeExpr, SizeExpr, SizeExpr]
  /** Neighbouring workgroups along x that run together and reach each other's memory; 1 where each runs by itself. */
  readonly cluster: number
  readonly body: Stmt
  readonly properties: readonly KernelProperty[]
}

export interface KernelDetails {
  readonly name: string
  readonly params: readonly Buffer[]
  readonly threads: number
  readonly subgroupSize?: number | undefined
  readonly workgroups: readonly [SizeExpr, SizeExpr, SizeExpr]
  readonly cluster?: number | undefined
  readonly body: Stmt
}

const clusterSizes: readonly number[] = [1, 2, 4, 8]

/** Whether a launch of so many workgroups along x consists of whole clusters, at all sizes. */
export const isWholeClusters = (x: SizeExpr, cluster: number): boolean => sizeMultipleOf(x) % cluster === 0

/** Throws `CompileError` `ir/argument` for what is no kernel: callers without types may pass anything. */
export function checkKernelKind(given: Kernel): void {
  const help = 'pass what buildKernel gives: buildKernel({ name, threads, workgroups }, (g) => { … })'
  checkArgument(given?.kind === 'kernel', 'ir/argument', 'a kernel is what buildKernel makes', given, help)
}

/** Throws `CompileError` `ir/argument` for no name, `ir/threads`, `ir/launch`, `ir/cluster` or `ir/scope`. */
export function kernel(details: KernelDetails): Kernel {
  const isNamed = typeof details.name === 'string' && details.name !== ''
  checkArgument(isNamed, 'ir/argument', 'the name of a kernel is a text', details.name, "pass name: 'scale'")
  const { threads, subgroupSize, params, cluster = 1 } = details
  const isCount = (count: number): boolean => Number.isInteger(count) && count >= 1
  const whole = subgroupSize === undefined || (isCount(subgroupSize) && threads % subgroupSize === 0)
  if (!isCount(threads) || !whole) {
    throw new CompileError({
      code: 'ir/threads',
      message: `kernel "${details.name}" asks for ${threads} threads in subgroups of ${subgroupSize ?? 'any size'}`,
      help: 'a workgroup has at least one thread and whole subgroups',
    })
  }
  // Callers without types may leave it out.
  if (!Array.isArray(details.workgroups) || details.workgroups.length !== 3) {
    throw new CompileError({
      code: 'ir/launch',
      message: `kernel "${details.name}" does not say how many workgroups are launched`,
      help: 'pass workgroups: [x, y, z]',
    })
  }
  for (const count of details.workgroups) {
    const isExtent = isSize(count) && (typeof count !== 'number' || (Number.isSafeInteger(count) && count >= 0))
    const rule = `workgroups of kernel "${details.name}" are counted in whole numbers from 0, or sizes`
    const help = "for one that a run decides pass size('n'), and compute with sizeMul, ceilDiv, … instead of *, /, …"
    checkArgument(isExtent, 'ir/launch', rule, count, help)
  }
  if (!clusterSizes.includes(cluster) || !isWholeClusters(details.workgroups[0], cluster)) {
    throw new CompileError({
      code: 'ir/cluster',
      message: `kernel "${details.name}" launches ${formatSize(details.workgroups[0])} workgroups along x in clusters of ${cluster}`,
      help: `clusters are of ${clusterSizes.join(', ')} workgroups; round the launch up to whole ones`,
    })
  }
  for (const param of params) {
    if (param.scope !== 'storage') {
      throw new CompileError({
        code: 'ir/scope',
        message: `parameter "${param.hint}" of kernel "${details.name}" has scope ${param.scope}`,
        help: 'parameters are storage buffers',
      })
    }
  }
  return { kind: 'kernel', subgroupSize: undefined, ...details, cluster, properties: [] }
}
