/**
 * Matmul by groups of threads that multiply tiles out of workgroup memory while threads go on: products of f16 or of bf16, sums in f32
 * (wgmma on GPUs of compute capability 9.0; CUTLASS's kernels for them take operands from shared memory too).
 *
 * A workgroup owns a tile of the result, a group some rows of it. Tiles of the factors are in a ring of stages. In a step the
 * product of its tiles is started before those of a later step are asked for, and the product of the step before is waited
 * for: so the stage that is filled is that of two steps ago, which the barrier of this step shows to be read by all. Nothing
 * stands under a condition while a product goes on: what is not wanted is copied as zeros.
 */
import {
  buildKernel,
  ceilDiv,
  chunkElements,
  invariant,
  isRejection,
  type Problem,
  type Rejection,
  type ScheduledKernels,
  type ScheduleTemplate,
  type Target,
} from '@tilewright/ir'
import { workers } from '@tilewright/task-mapping'
import { type Contraction, extentOf, lhsAt, operandBuffers, requireMatmul, rhsAt } from './contraction.js'
import { formOf, halfBytes, mostRegisters, otherRegisters } from './matrix-fragments.js'
import { alignmentRefinements } from './refinements.js'
import { splitDepth } from './split-depth.js'
import { factorStages, type StagedFactor, stageFactor } from './staged-factor.js'
import { placeInLines } from './swizzled-lines.js'
import {
  fittingTile,
  isHalfProduct,
  linesOf,
  registerFile,
  rowsOf,
  type TileCandidate,
  type TileUnit,
  tileK,
  tileProducts,
  tileUnitOf,
} from './tile-products.js'

/** Stages that are being read: of this step, and of the one before. */
const stagesRead = 2

export const asyncMultiplyMatmul: ScheduleTemplate<TileCandidate> = {
  name: 'matmul/async-multiply',
  space: {
    groups: [1, 2, 4],
    tilesM: [1, 2],
    columns: [64, 128, 192, 256],
    stages: [3, 4, 5, 6],
    splits: [1, 2, 4, 8],
  },
  matches: isHalfProduct,
  refinements: (anchor) => alignmentRefinements(requireMatmul(anchor), chunkElements),
  check,
  level0,
  build,
}

interface Plan extends TileUnit {
  /** Rows of an instruction, and of the tile. */
  readonly rows: number
  readonly tileM: number
  /** Of a group, and of the workgroup. */
  readonly groupThreads: number
  readonly threads: number
  readonly a: StagedFactor
  readonly b: StagedFactor
  /** Products that a step leaves to the next. */
  readonly inFlight: number
}

function planOf(
  { groups, tilesM, columns }: TileCandidate,
  { computed }: Problem,
  product: Contraction,
  target: Target,
): Plan | Rejection {
  const unit = tileUnitOf(target, product, columns)
  if (isRejection(unit)) return unit
  const { instruction, dtype } = unit
  const { m, n, k, lhs, rhs } = product
  const rows = rowsOf(instruction)
  const tileM = groups * tilesM * rows
  const groupThreads = workers(instruction.d)
  const threads = groups * groupThreads
  const a = stageFactor(lhs, computed, { own: m, k, tileOwn: tileM, tileK }, threads, formOf(dtype))
  if (isRejection(a)) return a
  const b = stageFactor(rhs, computed, { own: n, k, tileOwn: columns, tileK }, threads, formOf(dtype))
  if (isRejection(b)) return b
  // Compilers move sums about where threads part, as they do to compute a prologue; so no product may be going on then.
  const isCopied = a.vector !== undefined && b.vector !== undefined
  return { instruction, dtype, rows, tileM, groupThreads, threads, a, b, inFlight: isCopied ? tilesM : 0 }
}

function check(candidate: TileCandidate, problem: Problem, target: Target): Rejection | undefined {
  const { tilesM, columns, stages } = candidate
  const plan = planOf(candidate, problem, requireMatmul(problem.anchor), target)
  if (isRejection(plan)) return plan
  const { limits } = target
  const { instruction, rows, tileM, groupThreads, threads, a, b } = plan
  if (stages <= stagesRead) return { reason: `${stages} stages, of which ${stagesRead} are being read` }
  if (threads > limits.threads) return { reason: `${threads} threads; the target allows ${limits.threads}` }
  const bytes = stages * (tileM + columns) * tileK * halfBytes
  if (bytes > limits.workgroupBytes) {
    return { reason: `${bytes} B of workgroup memory; the target allows ${limits.workgroupBytes}` }
  }
  const throughRegisters = (a.vector === undefined ? tileM : 0) + (b.vector === undefined ? columns : 0)
  const sums = (tilesM * rows * columns) / groupThreads
  const registers = sums + (throughRegisters * tileK) / threads + otherRegisters
  invariant(tileK % instruction.depth === 0, 'a line holds whole instructions')
  const safe = Math.min(mostRegisters, registerFile / threads)
  return registers > safe ? { reason: `${registers} registers a thread; ${safe} are safe` } : undefined
}

/** Tiles of level 0, largest first. */
const shapes = [
  { groups: 2, tilesM: 1, columns: 256, stages: 4 },
  { groups: 2, tilesM: 1, columns: 128, stages: 4 },
  { groups: 1, tilesM: 1, columns: 128, stages: 4 },
  { groups: 1, tilesM: 1, columns: 64, stages: 4 },
] as const

function level0(problem: Problem, target: Target): TileCandidate | Rejection {
  return fittingTile(shapes, problem, target, (candidate) => check(candidate, problem, target))
}

function build(candidate: TileCandidate, problem: Problem, target: Target): ScheduledKernels {
  const product = requireMatmul(problem.anchor)
  const plan = planOf(candidate, problem, product, target)
  invariant(!isRejection(plan), 'a candidate is checked before it is built')
  const { tilesM, columns, stages } = candidate
  const { instruction, dtype, tileM, threads } = plan
  const { m, n, k } = product
  const [resultRows, resultColumns] = [extentOf(m), extentOf(n)]
  const split = splitDepth(product, tileK, candidate.splits)
  const ahead = stages - stagesRead

  const options = {
    name: 'matmul_async_multiply',
    threads,
    subgroupSize: target.subgroupSize,
    workgroups: [ceilDiv(resultColumns, columns), ceilDiv(resultRows, tileM), split.extent],
  } as const
  const kernel = buildKernel(options, (g) => {
    for (const operand of operandBuffers(product)) g.use(operand)
    const { atBatch: known, first, steps, set } = split.place(g)
    const [originM, originN] = [g.workgroup.y.mul(tileM), g.workgroup.x.mul(columns)]
    const [linesA, linesB] = [linesOf(plan.a.alongOwn, tileM), linesOf(plan.b.alongOwn, columns)]
    const tileA = g.workgroupBuffer('tileA', dtype, [stages, ...linesA])
    const tileB = g.workgroupBuffer('tileB', dtype, [stages, ...linesB])
    const ringA = { tile: tileA, alongOwn: plan.a.alongOwn, lines: linesA[1] }
    const ringB = { tile: tileB, alongOwn: plan.b.alongOwn, lines: linesB[1] }
    const factors = [
      factorStages(g, plan.a, {
        ...{ own: m, k, tileOwn: tileM, tileK, origin: originM, known, tile: tileA, place: placeInLines },
        factorAt: (bindings) => lhsAt(product, bindings),
      }),
      factorStages(g, plan.b, {
        ...{ own: n, k, tileOwn: columns, tileK, origin: originN, known, tile: tileB, place: placeInLines },
        factorAt: (bindings) => rhsAt(product, bindings),
      }),
    ]
    const products = tileProducts(g, instruction, tilesM, ringA, ringB)

    for (let step = 0; step < ahead; step++) {
      const stage = g.constant('i32', step)
      for (const { fetch, settle } of factors) {
        fetch(first.add(step), stage)
        settle(stage)
      }
      g.asyncCommit()
    }
    g.loop('step', steps, (step) => {
      g.asyncWait(ahead - 1)
      g.barrier()
      products.start(step.mod(stages))
      const next = step.add(ahead)
      const more = next.lt(steps)
      for (const { fetch } of factors) fetch(first.add(next), next.mod(stages), { wanted: more })
      g.asyncCommit()
      g.asyncMultiplyWait(plan.inFlight, [])
      for (const { settle } of factors) settle(next.mod(stages))
    })
    g.asyncMultiplyWait(0, products.sums)
    products.store({ product, known, originM, originN, set })
  })
  return { kernels: [kernel, ...split.combine(target)], workspaces: split.workspaces }
}
