/**
 * Split-k: results so few that they leave processors idle are summed in parts. Each part of k has workgroups of its own,
 * which write their sums to a workspace; a second kernel adds the parts, and is where epilogues go.
 */
import {
  add,
  type Buffer,
  type BufferHandle,
  buffer,
  ceilDiv,
  computeType,
  constant,
  type Expr,
  elementCount,
  invariant,
  isRejection,
  type Kernel,
  type KernelBuilder,
  load,
  reduce,
  type SizeExpr,
  sizeRange,
  type Target,
  type Value,
} from '@tilewright/ir'
import { reduceInThread } from '../reduce/in-thread.js'
import { type Bound, bindPosition, type Contraction, extentOf } from './contraction.js'

export interface SplitDepth {
  /** Workgroups along z: a batch and a part of k each. */
  readonly extent: SizeExpr
  readonly workspaces: readonly Buffer[]
  /** What runs after the kernel that sums the parts. */
  readonly combine: (target: Target) => readonly Kernel[]
  /** Where in the launch the workgroup of `g` is, and where its results go. */
  readonly place: (g: KernelBuilder) => SplitPlace
}

export interface SplitPlace {
  readonly atBatch: Bound
  /** The first step of this part, and how many there are (less than one where there are none). */
  readonly first: Value
  readonly steps: Value
  readonly set: (index: readonly Expr[], sum: Value) => void
}

/** Splits the steps of k, `tileK` deep each, into `splits` parts. */
export function splitDepth(product: Contraction, tileK: number, splits: number): SplitDepth {
  const { batch, output } = product
  const steps = ceilDiv(extentOf(product.k), tileK)
  if (splits === 1) {
    return {
      extent: extentOf(batch),
      workspaces: [],
      combine: () => [],
      place: (g) => {
        const out = g.use(output)
        return {
          atBatch: bindPosition(batch, g.workgroup.z),
          first: g.constant('i32', 0),
          steps: g.size(steps),
          set: (index, sum) => out.set(index, sum),
        }
      },
    }
  }
  const type = computeType(output.dtype)
  const parts = buffer('parts', type, [splits, ...output.shape], 'storage')
  return {
    extent: elementCount([extentOf(batch), splits]),
    workspaces: [parts],
    combine: (target) => {
      const anchor = reduce({
        outputs: [output],
        domain: [{ hint: 'part', extent: splits }],
        identity: [constant(type, 0)],
        value: (axes, domain) => [load(parts, [...domain, ...axes])],
        combine: ([left], [right]) => (left === undefined || right === undefined ? [] : [add(left, right)]),
        commutative: true,
      })
      const problem = { anchor, computed: new Set<Buffer>() }
      const candidate = reduceInThread.level0(problem, target)
      invariant(!isRejection(candidate), 'any target adds in threads')
      return reduceInThread.build(candidate, problem, target).kernels
    },
    place: (g) => {
      const out: BufferHandle = g.use(parts)
      const part = g.let('part', g.workgroup.z.mod(splits))
      const each = ceilDiv(steps, splits)
      const first = g.let('first', part.mul(each))
      return {
        atBatch: bindPosition(batch, g.workgroup.z.div(splits)),
        first,
        steps: g.let('steps', g.size(steps).sub(first).min(each)),
        set: (index, sum) => out.set([part, ...index], sum),
      }
    },
  }
}

/** Elements of k below which a part costs more than the processors it employs. */
const leastDepth = 256
const mostSplits = 8

/** A power of two that gives the device's processors something to do: 1 where results alone do, or sizes are not known. */
export function splitsFor(product: Contraction, tiles: number, { parallelWorkgroups }: Target): number {
  const depth = sizeRange(extentOf(product.k)).min
  let splits = 1
  while (splits < mostSplits && tiles * splits * 2 <= parallelWorkgroups && depth >= leastDepth * splits * 2)
    splits *= 2
  return splits
}
