/**
 * Matmul from registers: no workgroup memory, no barrier.
 *
 * A workgroup owns a tile of tileM × tileN results, a thread ownM × ownN of them, kept in registers. For each step of
 * k, a thread loads its rows of the left factor and its columns of the right one straight from storage and adds their
 * products: threads of a row of the workgroup load the same left elements, and the cache serves them. Best where
 * workgroup memory is no faster than the cache, and for shapes too thin to fill tiles.
 */
import {
  type Axis,
  type BufferHandle,
  buildKernel,
  type Candidate,
  ceilDiv,
  computeType,
  defined,
  type KernelBuilder,
  type Problem,
  type Rejection,
  type ScheduledKernels,
  type ScheduleTemplate,
  sizeBinary,
  sizeDiv,
  sizeRange,
  type Target,
  type Value,
  value,
} from '@tilewright/ir'
import { repeat, spatial, type TaskMapping } from '@tilewright/task-mapping'
import {
  type Bound,
  bindPosition,
  extentOf,
  lhsAt,
  loopOver,
  matchMatmul,
  operandBuffers,
  outputIndex,
  requireMatmul,
  rhsAt,
} from './contraction.js'
import { alignmentRefinements } from './refinements.js'
import { clampedIndex } from './tile-edges.js'

export interface RegisterTiled extends Candidate {
  /** Threads of a workgroup along m and n. */
  readonly threadsM: number
  readonly threadsN: number
  /** Results of a thread along m and n. */
  readonly ownM: number
  readonly ownN: number
  /** Elements of k that one iteration takes. */
  readonly step: number
}

export const registerTiledMatmul: ScheduleTemplate<RegisterTiled> = {
  name: 'matmul/register-tiled',
  space: {
    threadsM: [1, 2, 4, 8, 16],
    threadsN: [1, 4, 8, 16, 32, 64],
    ownM: [1, 2, 4, 8],
    ownN: [1, 4, 8],
    step: [1, 4, 8],
  },
  matches: (anchor) => matchMatmul(anchor) !== undefined,
  refinements: (anchor) => alignmentRefinements(requireMatmul(anchor), 4),
  check,
  level0,
  build,
}

function check(candidate: RegisterTiled, _problem: Problem, target: Target): Rejection | undefined {
  const { threadsM, threadsN, ownM, ownN, step } = candidate
  const threads = threadsM * threadsN
  if (threads > target.limits.threads)
    return { reason: `${threads} threads; the target allows ${target.limits.threads}` }
  // Accumulators and one step of both factors live in registers; 128 is what every GPU has to give to a thread.
  const registers = ownM * ownN + (ownM + ownN) * step
  if (registers > 128) return { reason: `${registers} registers a thread; every device has 128` }
  return undefined
}

/** Tiles no larger than the problem asks for: a row by a matrix gets one row of threads. */
function level0(problem: Problem, target: Target): RegisterTiled | Rejection {
  const { m, n } = requireMatmul(problem.anchor)
  const [rows, columns] = [sizeRange(extentOf(m)).max, sizeRange(extentOf(n)).max]
  const candidate =
    target.limits.threads < 64 ? single(rows, columns) : rows > 32 && columns > 32 ? large : thin(rows, columns)
  return check(candidate, problem, target) ?? candidate
}

/** Where a workgroup is a thread. */
function single(rows: number, columns: number): RegisterTiled {
  return { threadsM: 1, threadsN: 1, ownM: Math.min(4, powerOfTwo(rows)), ownN: columns >= 4 ? 4 : 1, step: 4 }
}

const large: RegisterTiled = { threadsM: 8, threadsN: 8, ownM: 8, ownN: 8, step: 4 }

/** 64 threads, as few along m as cover the rows. */
function thin(rows: number, columns: number): RegisterTiled {
  const ownM = Math.min(4, powerOfTwo(rows))
  const threadsM = Math.min(8, powerOfTwo(rows / ownM))
  const threadsN = 64 / threadsM
  return { threadsM, threadsN, ownM, ownN: columns >= 4 * threadsN ? 4 : 1, step: 4 }
}

/** The smallest power of two that is at least `value`, and at least 1. */
const powerOfTwo = (value: number): number => 2 ** Math.max(0, Math.ceil(Math.log2(value)))

function build(candidate: RegisterTiled, problem: Problem): ScheduledKernels {
  const product = requireMatmul(problem.anchor)
  const { threadsM, threadsN, ownM, ownN, step } = candidate
  const [tileM, tileN] = [threadsM * ownM, threadsN * ownN]
  const { batch, m, n, k } = product
  const [rows, columns] = [extentOf(m), extentOf(n)]
  const dtype = computeType(product.output.dtype)
  const inner = steppedAxis(k)

  const blocks = spatial(threadsM, threadsN) // which part of the tile a thread owns
  const cells = repeat([ownM, ownN], { unroll: true }) // the results in it

  const kernel = buildKernel(
    {
      name: 'matmul_register_tiled',
      threads: threadsM * threadsN,
      workgroups: [ceilDiv(columns, tileN), ceilDiv(rows, tileM), extentOf(batch)],
    },
    (g) => {
      for (const operand of operandBuffers(product)) g.use(operand)
      const out = g.use(product.output)
      const atBatch = bindPosition(batch, g.workgroup.z)
      g.forTask(blocks, g.thread, (blockM, blockN) => {
        const originM = g.workgroup.y.mul(tileM).add(blockM.mul(ownM))
        const originN = g.workgroup.x.mul(tileN).add(blockN.mul(ownN))
        const acc = g.privateBuffer('acc', dtype, [ownM, ownN])
        g.forTask(cells, 0, (i, j) => acc.set([i, j], 0))

        const rowAt = (i: Value) => bindPosition(m, value(clampedIndex(originM, ownM, i, rows)))
        const columnAt = (j: Value) => bindPosition(n, value(clampedIndex(originN, ownN, j, columns)))
        /** Adds the products of `depth` elements of k from `k0` on. */
        const advance = (outer: Bound, k0: Value, depth: number): void => {
          const a = g.privateBuffer('a', dtype, [ownM, depth])
          const b = g.privateBuffer('b', dtype, [depth, ownN])
          const at = (kk: Value): Bound => [...atBatch, ...outer, [inner.var, k0.add(kk).expr]]
          g.forTask(repeat([ownM, depth], { unroll: true }), 0, (i, kk) =>
            a.set([i, kk], lhsAt(product, new Map([...at(kk), ...rowAt(i)]))),
          )
          g.forTask(repeat([depth, ownN], { unroll: true }), 0, (kk, j) =>
            b.set([kk, j], rhsAt(product, new Map([...at(kk), ...columnAt(j)]))),
          )
          multiplyAdd(g, acc, a, b, depth, cells)
        }
        loopOver(
          g,
          k.filter((axis) => axis !== inner),
          (outer) => {
            const whole = sizeDiv(inner.extent, step)
            g.loop('k0', whole, (k0) => advance(outer, k0.mul(step), step))
            // What is left of k is shorter than a step.
            g.loop('k1', sizeBinary('mod', inner.extent, step), (k1) =>
              advance(outer, g.size(whole).mul(step).add(k1), 1),
            )
          },
        )
        g.forTask(cells, 0, (i, j) => {
          const [row, column] = [originM.add(i), originN.add(j)]
          const at = new Map([...atBatch, ...bindPosition(m, row), ...bindPosition(n, column)])
          g.if(row.lt(rows).and(column.lt(columns)), () => out.set(outputIndex(product, at), acc.at(i, j)))
        })
      })
    },
  )
  return { kernels: [kernel], workspaces: [] }
}

/** The axis that is taken in steps: the last one, where consecutive elements may lie, unless another is longer by far. */
function steppedAxis(k: readonly Axis[]): Axis {
  const last = defined(k.at(-1), 'a contraction has an axis to fold over')
  const length = (axis: Axis): number => sizeRange(axis.extent).max
  return length(last) >= 16 ? last : k.reduce((a, b) => (length(b) >= length(a) ? b : a))
}

/**
 * acc += a · b, for fragments of `depth` elements of k. Each element takes its whole sum in one expression: a result is
 * then read and written once a step.
 */
export function multiplyAdd(
  g: KernelBuilder,
  acc: BufferHandle,
  a: BufferHandle,
  b: BufferHandle,
  depth: number,
  cells: TaskMapping,
): void {
  const products = Array.from({ length: depth }, (_, kk) => kk)
  g.forTask(cells, 0, (i, j) =>
    acc.update([i, j], (old) => products.reduce((sum, kk) => sum.add(a.at(i, kk).mul(b.at(kk, j))), old)),
  )
}
