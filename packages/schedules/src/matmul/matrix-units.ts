/**
 * Matmul on matrix units: products of f16 or bf16 with sums in f32, or of bytes with sums in i32 (Hidet, section 5; CUTLASS's
 * multistage kernel is the same form); by request, of f32 that is rounded.
 *
 * A workgroup owns a tile of the result, a subgroup a part of it, as fragments of the target's matrix instruction. Tiles
 * of the factors are several steps ahead in a ring of stages in workgroup memory: one barrier a step shows everyone the
 * tile of this step, and that the stage which is filled next is no longer read.
 */
import {
  buildKernel,
  type Candidate,
  ceilDiv,
  defined,
  type Expr,
  invariant,
  isRejection,
  type MatrixInstruction,
  matrixSum,
  type Problem,
  type Rejection,
  type ScheduledKernels,
  type ScheduleTemplate,
  sizeRange,
  substitute,
  type Target,
} from '@tilewright/ir'
import { spatial } from '@tilewright/task-mapping'
import {
  bindPosition,
  type Contraction,
  extentOf,
  matchMatmul,
  operandBuffers,
  outputIndex,
  requireMatmul,
  tooThin,
} from './contraction.js'
import {
  type ElementForm,
  formOf,
  fragmentsOfA,
  fragmentsOfB,
  instructionM,
  instructionN,
  instructionOf,
  mostRegisters,
  multiplyFragments,
  type NarrowFactor,
  narrowed,
  otherRegisters,
} from './matrix-fragments.js'
import { alignmentRefinements } from './refinements.js'
import { splitDepth, splitsFor } from './split-depth.js'
import { factorStages, type StagedFactor, stageFactor } from './staged-factor.js'
import { taskOf } from './task-of.js'

export interface MatrixUnits extends Candidate {
  /** Subgroups of a workgroup along m and n. */
  readonly subgroupsM: number
  readonly subgroupsN: number
  /** Instructions of a subgroup along m, and pairs of them along n. */
  readonly tilesM: number
  readonly pairsN: number
  /** Depth of a tile. */
  readonly tileK: number
  /** Tiles of each factor that are in workgroup memory or on their way to it. */
  readonly stages: number
  /** Parts of k that are summed side by side. */
  readonly splits: number
}

/** Products that instructions multiply exactly. */
export const matrixUnitsMatmul: ScheduleTemplate<MatrixUnits> = {
  name: 'matmul/matrix-units',
  matches: (anchor) => {
    const product = matchMatmul(anchor)
    return product !== undefined && exactFactors(product) !== undefined
  },
  space: {
    subgroupsM: [1, 2, 4],
    subgroupsN: [1, 2, 4],
    tilesM: [1, 2, 4],
    pairsN: [1, 2, 4],
    tileK: [16, 32, 64],
    stages: [2, 3, 4],
    splits: [1, 2, 4, 8],
  },
  refinements: (anchor) => {
    const product = requireMatmul(anchor)
    return alignmentRefinements(product, formOf(factorsOf(product).a.dtype).row)
  },
  check,
  level0,
  build,
}

/** Products of f32 that is rounded to TF32: it does what it is asked for by those who want it. */
export const roundedMatmul: ScheduleTemplate<MatrixUnits> = {
  ...matrixUnitsMatmul,
  name: 'matmul/matrix-units-tf32',
  matches: (anchor) => {
    const product = matchMatmul(anchor)
    return product !== undefined && exactFactors(product) === undefined && product.lhs.dtype === 'f32'
  },
  space: { ...matrixUnitsMatmul.space, tileK: [8, 16, 32] },
}

interface Factors {
  readonly a: NarrowFactor
  readonly b: NarrowFactor
}

function factorsOf(product: Contraction): Factors {
  const rounded = (value: Expr): NarrowFactor => ({ dtype: 'f32', value })
  return exactFactors(product) ?? { a: rounded(product.lhs), b: rounded(product.rhs) }
}

/** The factors as what some instruction may multiply without rounding it. */
function exactFactors({ lhs, rhs }: Contraction): Factors | undefined {
  const [a, b] = [narrowed(lhs), narrowed(rhs)]
  return a !== undefined && b !== undefined && matrixSum(a.dtype, b.dtype) === lhs.dtype ? { a, b } : undefined
}

interface Plan {
  readonly instruction: MatrixInstruction
  readonly factors: Factors
  readonly form: ElementForm
  readonly tileM: number
  readonly tileN: number
  readonly threads: number
  readonly a: StagedFactor
  readonly b: StagedFactor
}

/** Who brings what; a rejection where the threads do not divide the tiles. */
function planOf(candidate: MatrixUnits, { computed }: Problem, product: Contraction, target: Target): Plan | Rejection {
  const factors = factorsOf(product)
  const instruction = instructionOf(target, factors.a.dtype, factors.b.dtype)
  if (instruction === undefined) return { reason: `the target multiplies no matrices of ${namesOf(factors)}` }
  const { subgroupsM, subgroupsN, tilesM, pairsN, tileK } = candidate
  const [tileM, tileN] = [subgroupsM * tilesM * instructionM, subgroupsN * pairsN * 2 * instructionN]
  const threads = subgroupsM * subgroupsN * instruction.lanes
  const [form, formB] = [formOf(factors.a.dtype), formOf(factors.b.dtype)]
  if (tileK % form.depth !== 0)
    return { reason: `instructions of depth ${form.depth} do not divide a tile of ${tileK}` }
  const { m, n, k } = product
  const a = stageFactor(factors.a.value, computed, { own: m, k, tileOwn: tileM, tileK }, threads, form)
  if (isRejection(a)) return a
  const b = stageFactor(factors.b.value, computed, { own: n, k, tileOwn: tileN, tileK }, threads, formB)
  return isRejection(b) ? b : { instruction, factors, form, tileM, tileN, threads, a, b }
}

const namesOf = ({ a, b }: Factors): string => [...new Set([a.dtype, b.dtype])].join(' and ')

/** Rows and columns of the tile of a factor. */
const tileShape = (
  { alongOwn }: StagedFactor,
  { row, across = 0 }: ElementForm,
  tileOwn: number,
  tileK: number,
): readonly [number, number] => (alongOwn ? [tileK, tileOwn + across] : [tileOwn, tileK + row])

function check(candidate: MatrixUnits, problem: Problem, target: Target): Rejection | undefined {
  const { tilesM, pairsN, tileK, stages } = candidate
  const plan = planOf(candidate, problem, requireMatmul(problem.anchor), target)
  if (isRejection(plan)) return plan
  const { tileM, tileN, threads } = plan
  const { limits } = target
  if (threads > limits.threads) return { reason: `${threads} threads; the target allows ${limits.threads}` }
  const shapes = [tileShape(plan.a, plan.form, tileM, tileK), tileShape(plan.b, plan.form, tileN, tileK)]
  const bytes = stages * shapes.reduce((sum, [rows, columns]) => sum + rows * columns * plan.form.bytes, 0)
  if (bytes > limits.workgroupBytes) {
    return { reason: `${bytes} B of workgroup memory; the target allows ${limits.workgroupBytes}` }
  }
  const next = [plan.a, plan.b].filter(({ vector }) => vector === undefined).length
  const staged = next === 0 ? 0 : (Math.max(tileM, tileN) * tileK * next) / threads
  const registers = tilesM * pairsN * 8 + tilesM * 4 + pairsN * 4 + staged + otherRegisters
  return registers > mostRegisters
    ? { reason: `${registers} registers a thread; ${mostRegisters} are safe` }
    : undefined
}

/** Large tiles for large problems; refused where the result does not fill the smallest. */
function level0(problem: Problem, target: Target): MatrixUnits | Rejection {
  const product = requireMatmul(problem.anchor)
  const [rows, columns] = [sizeRange(extentOf(product.m)).max, sizeRange(extentOf(product.n)).max]
  if (Math.min(rows, columns) < instructionM) return tooThin(product)
  const factors = factorsOf(product)
  const tileK = 2 * formOf(factors.a.dtype).depth
  const large = { subgroupsM: 2, subgroupsN: 4, tilesM: 4, pairsN: 2, tileK, stages: 3 } // 128 × 128
  const small = { subgroupsM: 2, subgroupsN: 2, tilesM: 2, pairsN: 2, tileK, stages: 3 } // 64 × 64
  // What goes through registers needs those that large tiles take.
  const plan = planOf({ ...large, splits: 1 }, problem, product, target)
  const isCopied = !isRejection(plan) && plan.a.vector !== undefined && plan.b.vector !== undefined
  const [tiles, side] = isCopied && Math.min(rows, columns) > 512 ? [large, 128] : [small, 64]
  const count = Math.ceil(rows / side) * Math.ceil(columns / side) * sizeRange(extentOf(product.batch)).max
  const candidate = { ...tiles, splits: splitsFor(product, count, target) }
  return check(candidate, problem, target) ?? candidate
}

function build(candidate: MatrixUnits, problem: Problem, target: Target): ScheduledKernels {
  const product = requireMatmul(problem.anchor)
  const plan = planOf(candidate, problem, product, target)
  invariant(!isRejection(plan), 'a candidate is checked before it is built')
  const { subgroupsM, subgroupsN, tilesM, pairsN, tileK, stages } = candidate
  const { instruction, factors, form, tileM, tileN, threads } = plan
  const { m, n, k } = product
  const [rows, columns] = [extentOf(m), extentOf(n)]
  const split = splitDepth(product, tileK, candidate.splits)

  const parts = spatial(subgroupsM, subgroupsN) // which part of the tile a subgroup owns
  const options = {
    name: 'matmul_matrix_units',
    threads,
    subgroupSize: instruction.lanes,
    workgroups: [ceilDiv(columns, tileN), ceilDiv(rows, tileM), split.extent],
  } as const
  const kernel = buildKernel(options, (g) => {
    for (const operand of operandBuffers(product)) g.use(operand)
    const { atBatch: known, first, steps, set } = split.place(g)
    const [originM, originN] = [g.workgroup.y.mul(tileM), g.workgroup.x.mul(tileN)]
    const [partM, partN] = taskOf(parts, g.subgroup)
    invariant(partM !== undefined && partN !== undefined, 'subgroups stand in two dimensions')
    const tileA = g.workgroupBuffer('tileA', factors.a.dtype, [stages, ...tileShape(plan.a, form, tileM, tileK)])
    const tileB = g.workgroupBuffer('tileB', factors.b.dtype, [stages, ...tileShape(plan.b, form, tileN, tileK)])
    const staged = [
      factorStages(g, plan.a, {
        ...{ own: m, k, tileOwn: tileM, tileK, origin: originM, known, tile: tileA },
        factorAt: (bindings) => substitute(factors.a.value, bindings),
      }),
      factorStages(g, plan.b, {
        ...{ own: n, k, tileOwn: tileN, tileK, origin: originN, known, tile: tileB },
        factorAt: (bindings) => substitute(factors.b.value, bindings),
      }),
    ]
    const [firstRow, firstColumn] = [partM.mul(tilesM * instructionM), partN.mul(pairsN * 2 * instructionN)]

    const sums = Array.from({ length: tilesM }, () =>
      Array.from({ length: pairsN * 2 }, () => g.privateBuffer('sums', instruction.sums, [4])),
    )
    for (const sum of sums.flat()) g.forTask(instruction.d, g.lane, (_, __, register) => sum.set([register], 0))

    for (let step = 0; step < stages - 1; step++) {
      for (const { fetch, settle } of staged) {
        const stage = g.constant('i32', step)
        fetch(first.add(step), stage)
        settle(stage)
      }
      g.asyncCommit()
    }
    g.loop('step', steps, (step) => {
      g.asyncWait(stages - 2)
      g.barrier()
      const next = step.add(stages - 1)
      const more = next.lt(steps)
      g.if(more, () => {
        for (const { fetch } of staged) fetch(first.add(next), next.mod(stages))
      })
      g.asyncCommit()
      const stage = step.mod(stages)
      const loadA = fragmentsOfA(g, { tile: tileA, stage, alongOwn: plan.a.alongOwn }, instruction)
      const loadB = fragmentsOfB(g, { tile: tileB, stage, alongOwn: plan.b.alongOwn }, instruction)
      for (let depth = 0; depth < tileK; depth += form.depth) {
        const a = sums.map((_, i) => loadA(firstRow.add(i * instructionM), depth))
        const b = Array.from({ length: pairsN }, (_, j) => loadB(firstColumn.add(j * 2 * instructionN), depth)).flat()
        for (const [i, left] of a.entries()) {
          for (const [j, right] of b.entries()) {
            const sum = defined(sums[i]?.[j], 'a sum for each pair of fragments')
            multiplyFragments(g, instruction, left, right, sum)
          }
        }
      }
      g.if(more, () => {
        for (const { settle } of staged) settle(next.mod(stages))
      })
    })

    for (const [i, row] of sums.entries()) {
      for (const [j, sum] of row.entries()) {
        g.forTask(instruction.d, g.lane, (r, c, register) => {
          const atRow = originM
            .add(firstRow)
            .add(i * instructionM)
            .add(r)
          const atColumn = originN
            .add(firstColumn)
            .add(j * instructionN)
            .add(c)
          const at = new Map([...known, ...bindPosition(m, atRow), ...bindPosition(n, atColumn)])
          g.if(atRow.lt(rows).and(atColumn.lt(columns)), () => set(outputIndex(product, at), sum.at(register)))
        })
      }
    }
  })
  return { kernels: [kernel, ...split.combine(target)], workspaces: split.workspaces }
}
