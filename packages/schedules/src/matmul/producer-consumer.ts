/**
 * Matmul by specialised subgroups: one asks hardware for boxes of the factors, groups of the others multiply what has come
 * (TMA and wgmma on GPUs of compute capability 9.0; CUTLASS calls it warp-specialised).
 *
 * A ring of stages lies between them. Step s uses stage s mod stages in its turn s div stages. The consumers wait for phase t
 * of `full` in turn t, and have a product going on while they wait for the next: so a stage is given back one step later. The
 * producer waits for phase t - 1 of `empty`: there is none before turn 0, and a fresh mbarrier is past it.
 *
 * Workgroups of a cluster are neighbours along the axis of the result whose tile is the smaller, so that the tile of the other
 * factor, the larger, is the same for all of them: each copies a part of it to all. A stage is then given back by the consumers
 * of all, to the producers of all.
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
  sizeMul,
  type Target,
  type Value,
} from '@tilewright/ir'
import { workers } from '@tilewright/task-mapping'
import { type BoxedFactor, boxedFactor, copyBoxes } from './boxed-factor.js'
import { type Contraction, extentOf, operandBuffers, requireMatmul } from './contraction.js'
import { halfBytes, mostRegisters, otherRegisters } from './matrix-fragments.js'
import { alignmentRefinements } from './refinements.js'
import { splitDepth } from './split-depth.js'
import {
  type FactorRing,
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

/** A choice for products whose workgroups share a factor. */
export interface ClusterCandidate extends TileCandidate {
  /** Workgroups of a cluster. */
  readonly cluster: number
}

export const producerConsumerMatmul: ScheduleTemplate<ClusterCandidate> = {
  name: 'matmul/producer-consumer',
  space: {
    groups: [1, 2, 3],
    tilesM: [1, 2],
    columns: [64, 128, 192, 256],
    stages: [2, 3, 4, 5, 6, 7, 8],
    splits: [1, 2, 4, 8],
    cluster: [1, 2],
  },
  matches: isHalfProduct,
  refinements: (anchor) => alignmentRefinements(requireMatmul(anchor), chunkElements),
  check,
  level0,
  build,
}

interface Plan extends TileUnit {
  readonly tileM: number
  /** Of the consumers, and of the workgroup. */
  readonly consumers: number
  readonly threads: number
  readonly subgroupSize: number
  readonly a: BoxedFactor
  readonly b: BoxedFactor
}

function planOf(
  { groups, tilesM, columns }: ClusterCandidate,
  { computed }: Problem,
  product: Contraction,
  target: Target,
): Plan | Rejection {
  const unit = tileUnitOf(target, product, columns)
  if (isRejection(unit)) return unit
  const { subgroupSize } = target
  invariant(subgroupSize !== undefined, 'what multiplies tiles has subgroups')
  const { instruction, dtype } = unit
  const { m, n, k, lhs, rhs } = product
  const a = boxedFactor(lhs, computed, m, k, halfBytes)
  const b = boxedFactor(rhs, computed, n, k, halfBytes)
  if (a === undefined || b === undefined) {
    return { reason: `the ${a === undefined ? 'left' : 'right'} factor is no tensor of which boxes can be copied` }
  }
  const consumers = groups * workers(instruction.d)
  const tileM = groups * tilesM * rowsOf(instruction)
  return { instruction, dtype, tileM, consumers, threads: consumers + subgroupSize, subgroupSize, a, b }
}

function check(candidate: ClusterCandidate, problem: Problem, target: Target): Rejection | undefined {
  const { tilesM, columns, stages, cluster } = candidate
  const plan = planOf(candidate, problem, requireMatmul(problem.anchor), target)
  if (isRejection(plan)) return plan
  const { limits } = target
  const { instruction, tileM, threads } = plan
  if (cluster > limits.clusterWorkgroups) {
    return { reason: `clusters of ${cluster} workgroups; the target allows ${limits.clusterWorkgroups}` }
  }
  if (threads > limits.threads) return { reason: `${threads} threads; the target allows ${limits.threads}` }
  if (tileM > mostLines && !plan.a.alongOwn) return { reason: `${tileM} rows; a box has ${mostLines}` }
  const bytes = stages * (tileM + columns) * tileK * halfBytes + 2 * stages * mbarrierBytes
  if (bytes > limits.workgroupBytes) {
    return { reason: `${bytes} B of workgroup memory; the target allows ${limits.workgroupBytes}` }
  }
  const registers = (tilesM * rowsOf(instruction) * columns) / workers(instruction.d) + otherRegisters
  invariant(tileK % instruction.depth === 0, 'a line holds whole instructions')
  const safe = Math.min(mostRegisters, registerFile / threads)
  return registers > safe ? { reason: `${registers} registers a thread; ${safe} are safe` } : undefined
}

/** The most lines of a box. */
const mostLines = 256
/** What an mbarrier takes, with what aligns it. */
const mbarrierBytes = 16

/** Tiles of level 0, largest first. */
const shapes = [
  { groups: 2, tilesM: 1, columns: 256, stages: 4 },
  { groups: 2, tilesM: 1, columns: 128, stages: 6 },
  { groups: 1, tilesM: 1, columns: 128, stages: 6 },
  { groups: 1, tilesM: 1, columns: 64, stages: 8 },
] as const

function level0(problem: Problem, target: Target): ClusterCandidate | Rejection {
  const alone = { cluster: 1 }
  const tile = fittingTile(shapes, problem, target, (candidate) => check({ ...candidate, ...alone }, problem, target))
  return isRejection(tile) ? tile : { ...tile, ...alone }
}

function build(candidate: ClusterCandidate, problem: Problem, target: Target): ScheduledKernels {
  const product = requireMatmul(problem.anchor)
  const plan = planOf(candidate, problem, product, target)
  invariant(!isRejection(plan), 'a candidate is checked before it is built')
  const { tilesM, columns, stages, cluster } = candidate
  const { instruction, dtype, tileM, consumers, threads, subgroupSize } = plan
  const split = splitDepth(product, tileK, candidate.splits)
  const [tilesAlongM, tilesAlongN] = [ceilDiv(extentOf(product.m), tileM), ceilDiv(extentOf(product.n), columns)]
  const sharesB = cluster > 1 && columns >= tileM
  const [x, y] = sharesB ? [tilesAlongM, tilesAlongN] : [tilesAlongN, tilesAlongM]

  const options = {
    name: 'matmul_producer_consumer',
    threads,
    subgroupSize,
    // Workgroups beyond the result read zeros, and store nothing.
    workgroups: [sizeMul(ceilDiv(x, cluster), cluster), y, split.extent],
    cluster,
  } as const
  const kernel = buildKernel(options, (g) => {
    for (const operand of operandBuffers(product)) g.use(operand)
    const { atBatch: known, first, steps, set } = split.place(g)
    const [atM, atN] = sharesB ? [g.workgroup.x, g.workgroup.y] : [g.workgroup.y, g.workgroup.x]
    const [originM, originN] = [atM.mul(tileM), atN.mul(columns)]
    const ringOf = (hint: string, { alongOwn }: BoxedFactor, tileOwn: number): FactorRing => {
      const shape = linesOf(alongOwn, tileOwn)
      return { tile: g.workgroupBuffer(hint, dtype, [stages, ...shape]), alongOwn, lines: shape[1] }
    }
    const [ringA, ringB] = [ringOf('tileA', plan.a, tileM), ringOf('tileB', plan.b, columns)]
    const full = g.mbarrier('full', stages, 1)
    const empty = g.mbarrier('empty', stages, (cluster * consumers) / subgroupSize)
    const parityOf = (step: Value): Value => step.div(stages).mod(2)

    const produce = (): void => {
      const shared = cluster === 1 ? undefined : { by: cluster, rank: g.let('rank', g.workgroup.x.mod(cluster)) }
      const [sharedA, sharedB] = sharesB ? [undefined, shared] : [shared, undefined]
      g.loop('step', steps, (step) => {
        const stage = g.let('stage', step.mod(stages))
        const k = g.let('k', first.add(step).mul(tileK))
        g.wait(empty, stage, g.constant('i32', 1).sub(parityOf(step)))
        const place = { tileK, k, known: new Map(known), full, slot: stage, stage }
        copyBoxes(g, plan.a, ringA.tile, { ...place, tileOwn: tileM, own: originM, shared: sharedA })
        copyBoxes(g, plan.b, ringB.tile, { ...place, tileOwn: columns, own: originN, shared: sharedB })
        g.arrive(full, stage)
      })
    }

    const consume = (): void => {
      const products = tileProducts(g, instruction, tilesM, ringA, ringB)
      const giveBack = (stage: Value): void => {
        g.barrier('subgroup')
        if (cluster === 1) g.if(g.lane.eq(0), () => g.arrive(empty, stage))
        else g.if(g.lane.lt(cluster), () => g.arrive(empty, stage, { rank: g.lane }))
      }
      g.loop('step', steps, (step) => {
        const stage = g.let('stage', step.mod(stages))
        g.wait(full, stage, parityOf(step))
        products.start(stage)
        g.asyncMultiplyWait(tilesM, [])
        g.if(step.gt(0), () => giveBack(step.sub(1).mod(stages)))
      })
      g.asyncMultiplyWait(0, products.sums)
      products.store({ product, known, originM, originN, set })
    }

    g.if(g.subgroup.lt(consumers / subgroupSize), consume, () => g.if(g.lane.eq(0), produce))
  })
  return { kernels: [kernel, ...split.combine(target)], workspaces: split.workspaces }
}
