/** Threads that own rows: what each kernel without workgroup memory is made of. */
import {
  type Axis,
  bindVars,
  buildKernel,
  ceilDiv,
  type Equation,
  type Expr,
  elementCount,
  equationExprs,
  equationOutputs,
  type KernelBuilder,
  loadsOf,
  type Rejection,
  type ScheduledKernels,
  type SizeExpr,
  sizeDiv,
  sizeMultipleOf,
  sizeRange,
  type Target,
  type Var,
  value,
} from '@tilewright/ir'
import { spatial } from '@tilewright/task-mapping'
import { coordinates } from '../matmul/tile-edges.js'

export interface Owners {
  /** Threads of a workgroup. */
  readonly threads: number
  /** Neighbouring rows of a thread. */
  readonly own: number
}

/** Why threads cannot own rows so. */
export function whyNotOwned(
  { threads, own }: Owners,
  rows: readonly Axis[],
  { limits }: Target,
): Rejection | undefined {
  if (threads > limits.threads) return { reason: `${threads} threads; the target allows ${limits.threads}` }
  const innermost = rows.at(-1)?.extent ?? 1
  return own > 1 && sizeMultipleOf(innermost) % own !== 0
    ? { reason: `${own} rows a thread do not divide the last dimension of the rows` }
    : undefined
}

/** Threads of a workgroup, few enough that several workgroups share the work. */
export function threadsFor(rows: readonly Axis[], own: number, { limits }: Target): number {
  const count = sizeDiv(elementCount(rows.map((axis) => axis.extent)), own)
  const wanted = Math.min(64, sizeRange(count).max / 16)
  return Math.min(limits.threads, 2 ** Math.max(2, Math.floor(Math.log2(Math.max(1, wanted)))))
}

/** A kernel for an equation: `body` makes what a thread owns, the rows given by their indices. */
export function ownedRowsKernel(
  name: string,
  anchor: Equation,
  rows: readonly Axis[],
  { threads, own }: Owners,
  body: (g: KernelBuilder, owned: readonly (readonly Expr[])[]) => void,
): ScheduledKernels {
  const extents = rows.map((axis) => axis.extent)
  // Groups of neighbouring rows: the innermost axis counts groups there.
  const grouped: readonly SizeExpr[] =
    own === 1 ? extents : [...extents.slice(0, -1), sizeDiv(extents.at(-1) ?? 1, own)]
  const groups = elementCount(grouped)
  const owners = spatial(threads) // which group of the workgroup's a thread owns
  const kernel = buildKernel({ name, threads, workgroups: [ceilDiv(groups, threads), 1, 1] }, (g) => {
    for (const { buffer } of equationExprs(anchor).flatMap(loadsOf)) g.use(buffer)
    for (const output of equationOutputs(anchor)) g.use(output)
    g.forTask(owners, g.thread, (owned) => {
      const group = g.let('group', g.workgroup.x.mul(threads).add(owned))
      g.if(group.lt(groups), () => body(g, rowsOfGroup(coordinates(group, grouped), own)))
    })
  })
  return { kernels: [kernel], workspaces: [] }
}

/** The `own` neighbouring rows of a group, by the position of the group. */
function rowsOfGroup(group: readonly Expr[], own: number): readonly (readonly Expr[])[] {
  const innermost = group.at(-1)
  if (innermost === undefined || own === 1) return [group]
  const first = value(innermost).mul(own)
  return Array.from({ length: own }, (_, row) => [...group.slice(0, -1), first.add(row).expr])
}

/** Values for axes, in order. */
export function bindAxes(axes: readonly Axis[], index: readonly Expr[]): Map<Var, Expr> {
  return bindVars(
    axes.map((axis) => axis.var),
    index,
  )
}
