/** One thread a point: consecutive threads on consecutive points of an iteration. */
import {
  buildKernel,
  ceilDiv,
  type Expr,
  elementCount,
  type Kernel,
  type KernelBuilder,
  loadsOf,
  type SizeExpr,
  type Target,
} from '@tilewright/ir'
import { coordinates } from './matmul/tile-edges.js'

/** Threads of a workgroup, where the target has them. */
const preferredThreads = 64

/** A kernel that runs `body` for every point of `extents`; what `values` load are its first parameters. */
export function perPoint(
  name: string,
  extents: readonly SizeExpr[],
  values: readonly Expr[],
  target: Target,
  body: (g: KernelBuilder, point: readonly Expr[]) => void,
): Kernel {
  const count = elementCount(extents)
  const threads = Math.min(preferredThreads, target.limits.threads)
  return buildKernel({ name, threads, workgroups: [ceilDiv(count, threads), 1, 1] }, (g) => {
    for (const source of new Set(values.flatMap((value) => loadsOf(value).map((node) => node.buffer)))) g.use(source)
    const element = g.let('element', g.workgroup.x.mul(threads).add(g.thread))
    g.if(element.lt(count), () => body(g, coordinates(element, extents)))
  })
}
