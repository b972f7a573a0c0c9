/**
 * Matmul through workgroup memory, double-buffered (Hidet, section 5.1).
 *
 * A workgroup owns a tile of tileM × tileN results, a thread ownM × ownN of them, kept in registers. The threads bring a
 * tileM × tileK and a tileK × tileN tile of the factors into workgroup memory together. There are two of each: while one
 * is multiplied, the next is on its way through registers, and one barrier a step separates them.
 */
import {
  buildKernel,
  type Candidate,
  ceilDiv,
  computeType,
  constant,
  type DType,
  type Expr,
  invariant,
  isRejection,
  type KernelBuilder,
  lt,
  type Problem,
  type Rejection,
  type ScheduledKernels,
  type ScheduleTemplate,
  select,
  sizeRange,
  sizeValue,
  type Target,
  type Value,
  value,
} from '@tilewright/ir'
import { repeat, spatial, type TaskMapping, tasksPerWorker } from '@tilewright/task-mapping'
import {
  type Bound,
  bindPosition,
  type Contraction,
  extentOf,
  isContiguousAlong,
  lhsAt,
  matchMatmul,
  operandBuffers,
  outputIndex,
  requireMatmul,
  rhsAt,
  tooThin,
} from './contraction.js'
import { cooperativeCopy } from './cooperative-copy.js'
import { alignmentRefinements } from './refinements.js'
import { multiplyAdd } from './register-tiled.js'
import { splitDepth, splitsFor } from './split-depth.js'
import { clampedIndex } from './tile-edges.js'

export interface WorkgroupTiled extends Candidate {
  /** Threads of a workgroup along m and n. */
  readonly threadsM: number
  readonly threadsN: number
  /** Results of a thread along m and n. */
  readonly ownM: number
  readonly ownN: number
  /** Depth of a tile. */
  readonly tileK: number
  /** Parts of k that are summed side by side. */
  readonly splits: number
}

export const workgroupTiledMatmul: ScheduleTemplate<WorkgroupTiled> = {
  name: 'matmul/workgroup-tiled',
  space: {
    threadsM: [4, 8, 16],
    threadsN: [4, 8, 16],
    ownM: [2, 4, 8],
    ownN: [2, 4, 8],
    tileK: [4, 8, 16],
    splits: [1, 2, 4, 8],
  },
  matches: (anchor) => matchMatmul(anchor) !== undefined,
  refinements: (anchor) => alignmentRefinements(requireMatmul(anchor), 4),
  check,
  level0,
  build,
}

/** Elements of k that are multiplied from registers at a time: a vector of a factor that is contiguous along k. */
const depth = 4

interface Copies {
  readonly a: TaskMapping
  readonly b: TaskMapping
}

/** Who brings which elements of the tiles, along the dimension in which each factor is contiguous. */
function copies(candidate: WorkgroupTiled, matmul: Contraction): Copies | Rejection {
  const { threadsM, threadsN, ownM, ownN, tileK } = candidate
  const [threads, tileM, tileN] = [threadsM * threadsN, threadsM * ownM, threadsN * ownN]
  const a = alongM(matmul) ? cooperativeCopy(tileK, tileM, threads) : cooperativeCopy(tileM, tileK, threads)
  const b = alongK(matmul) ? cooperativeCopy(tileN, tileK, threads) : cooperativeCopy(tileK, tileN, threads)
  if (isRejection(a)) return a
  return isRejection(b) ? b : { a, b }
}

const alongM = (product: Contraction): boolean => isContiguousAlong(product.lhs, product.m)
const alongK = (product: Contraction): boolean => isContiguousAlong(product.rhs, product.k)

function check(candidate: WorkgroupTiled, problem: Problem, target: Target): Rejection | undefined {
  const { threadsM, threadsN, ownM, ownN, tileK } = candidate
  const { threads: maxThreads, workgroupBytes: maxBytes } = target.limits
  const threads = threadsM * threadsN
  if (threads > maxThreads) return { reason: `${threads} threads; the target allows ${maxThreads}` }
  const element = 4 // tiles hold the compute type
  const bytes = 2 * (threadsM * ownM + threadsN * ownN) * tileK * element
  if (bytes > maxBytes) return { reason: `${bytes} B of workgroup memory; the target allows ${maxBytes}` }
  const staged = ((threadsM * ownM + threadsN * ownN) * tileK) / threads
  // One factor's fragment and a row of the other's are live at a time.
  const registers = ownM * ownN + ownM * depth + ownN + staged
  if (registers > 128) return { reason: `${registers} registers a thread; every device has 128` }
  const plan = copies(candidate, requireMatmul(problem.anchor))
  return isRejection(plan) ? plan : undefined
}

/** Large tiles for large problems; refused where workgroup memory does not pay or the tile would be mostly edge. */
function level0(problem: Problem, target: Target): WorkgroupTiled | Rejection {
  if (!target.fastWorkgroupMemory) return { reason: 'workgroup memory is no faster than other memory here' }
  const product = requireMatmul(problem.anchor)
  const [rows, columns] = [sizeRange(extentOf(product.m)).max, sizeRange(extentOf(product.n)).max]
  if (Math.min(rows, columns) <= 16) return tooThin(product)
  const own = Math.min(rows, columns) <= 64 ? 4 : 8
  const tiles = Math.ceil(rows / (8 * own)) * Math.ceil(columns / (8 * own)) * sizeRange(extentOf(product.batch)).max
  const splits = splitsFor(product, tiles, target)
  const candidate = { threadsM: 8, threadsN: 8, ownM: own, ownN: own, tileK: 8, splits }
  return check(candidate, problem, target) ?? candidate
}

function build(candidate: WorkgroupTiled, problem: Problem, target: Target): ScheduledKernels {
  const matmul = requireMatmul(problem.anchor)
  const { threadsM, threadsN, ownM, ownN, tileK } = candidate
  const [tileM, tileN] = [threadsM * ownM, threadsN * ownN]
  const { m, n, k } = matmul
  const split = splitDepth(matmul, tileK, candidate.splits)
  const [rows, columns, length] = [extentOf(m), extentOf(n), extentOf(k)]
  const dtype = computeType(matmul.output.dtype)

  const plan = copies(candidate, matmul)
  invariant(!isRejection(plan), 'a candidate is checked before it is built')
  const blocks = spatial(threadsM, threadsN) // which part of the tile a thread owns
  const cells = repeat([ownM, ownN], { unroll: true }) // the results in it
  const fragmentA = repeat([ownM, depth], { unroll: true }) // a thread's part of the tiles, for a few elements of k
  const fragmentB = repeat([depth, ownN], { unroll: true })

  const kernel = buildKernel(
    {
      name: 'matmul_workgroup_tiled',
      threads: threadsM * threadsN,
      workgroups: [ceilDiv(columns, tileN), ceilDiv(rows, tileM), split.extent],
    },
    (g) => {
      for (const operand of operandBuffers(matmul)) g.use(operand)
      const { atBatch, first, steps, set } = split.place(g)
      const [originM, originN] = [g.workgroup.y.mul(tileM), g.workgroup.x.mul(tileN)]
      // Tiles lie as their factors do, so that vectors stay vectors.
      const tileA = g.workgroupBuffer('tileA', dtype, alongM(matmul) ? [2, tileK, tileM] : [2, tileM, tileK])
      const tileB = g.workgroupBuffer('tileB', dtype, alongK(matmul) ? [2, tileN, tileK] : [2, tileK, tileN])
      const atA = (half: Value, i: Value, kk: Value): Value =>
        alongM(matmul) ? tileA.at(half, kk, i) : tileA.at(half, i, kk)
      const atB = (half: Value, kk: Value, j: Value): Value =>
        alongK(matmul) ? tileB.at(half, j, kk) : tileB.at(half, kk, j)
      const acc = g.privateBuffer('acc', dtype, [ownM, ownN])
      const zero = constant(dtype, 0)
      const insideK = (at: Value, element: (k: Bound) => Expr): Expr =>
        select(lt(at.expr, sizeValue(length)), element(bindPosition(k, at)), zero)

      const nextA = registersOf(g, 'nextA', dtype, plan.a)
      const nextB = registersOf(g, 'nextB', dtype, plan.b)
      const bring = (k0: Value): void => {
        nextA.fill((slow, fast) => {
          const [i, kk] = alongM(matmul) ? [fast, slow] : [slow, fast]
          const row = bindPosition(m, value(clampedIndex(originM, tileM, i, rows)))
          return insideK(k0.mul(tileK).add(kk), (at) => lhsAt(matmul, new Map([...atBatch, ...row, ...at])))
        })
        nextB.fill((slow, fast) => {
          const [kk, j] = alongK(matmul) ? [fast, slow] : [slow, fast]
          const column = bindPosition(n, value(clampedIndex(originN, tileN, j, columns)))
          return insideK(k0.mul(tileK).add(kk), (at) => rhsAt(matmul, new Map([...atBatch, ...column, ...at])))
        })
      }
      const stage = (half: Value): void => {
        nextA.visit((slow, fast, element) => tileA.set([half, slow, fast], element))
        nextB.visit((slow, fast, element) => tileB.set([half, slow, fast], element))
      }

      g.forTask(cells, 0, (i, j) => acc.set([i, j], 0))
      bring(first)
      stage(g.constant('i32', 0))
      g.barrier()
      g.loop('k0', steps, (k0) => {
        const more = k0.add(1).lt(steps)
        g.if(more, () => bring(first.add(k0).add(1)))
        const half = k0.mod(2)
        g.forTask(blocks, g.thread, (blockM, blockN) =>
          g.forTask(repeat([tileK / depth], { unroll: true }), 0, (step) => {
            const a = g.privateBuffer('a', dtype, [ownM, depth])
            const b = g.privateBuffer('b', dtype, [depth, ownN])
            g.forTask(fragmentA, 0, (i, kk) =>
              a.set([i, kk], atA(half, blockM.mul(ownM).add(i), step.mul(depth).add(kk))),
            )
            g.forTask(fragmentB, 0, (kk, j) =>
              b.set([kk, j], atB(half, step.mul(depth).add(kk), blockN.mul(ownN).add(j))),
            )
            multiplyAdd(g, acc, a, b, depth, cells)
          }),
        )
        g.if(more, () => stage(k0.add(1).mod(2)))
        g.barrier()
      })
      g.forTask(blocks, g.thread, (blockM, blockN) =>
        g.forTask(cells, 0, (i, j) => {
          const [row, column] = [originM.add(blockM.mul(ownM)).add(i), originN.add(blockN.mul(ownN)).add(j)]
          const at = new Map([...atBatch, ...bindPosition(m, row), ...bindPosition(n, column)])
          g.if(row.lt(rows).and(column.lt(columns)), () => set(outputIndex(matmul, at), acc.at(i, j)))
        }),
      )
    },
  )
  return { kernels: [kernel, ...split.combine(target)], workspaces: split.workspaces }
}

/** A thread's elements of a tile, in registers. */
interface TileRegisters {
  readonly fill: (element: (slow: Value, fast: Value) => Expr) => void
  readonly visit: (each: (slow: Value, fast: Value, element: Value) => void) => void
}

function registersOf(g: KernelBuilder, hint: string, dtype: DType, copy: TaskMapping): TileRegisters {
  const registers = g.privateBuffer(hint, dtype, [tasksPerWorker(copy)])
  return {
    fill: (element) =>
      g.forTask(copy, g.thread, (slow, fast, position) => registers.set([position], element(slow, fast))),
    visit: (each) => g.forTask(copy, g.thread, (slow, fast, position) => each(slow, fast, registers.at(position))),
  }
}
