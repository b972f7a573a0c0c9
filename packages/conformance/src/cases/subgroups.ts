/** What subgroups do together, on targets that fix their size: shuffles, mbarriers, matrix instructions. */
import {
  buildKernel,
  type DType,
  type HalfDType,
  invariant,
  isHalf,
  type KernelBuilder,
  matrixSum,
  type Target,
} from '@tilewright/ir'
import { allocate, narrowInto, type TypedArray } from '@tilewright/simulator'
import { type TaskMapping, taskShape } from '@tilewright/task-mapping'
import type { ConformanceCase } from '../conformance-case.js'
import { kernelCase } from '../kernel-case.js'
import type { Needs } from '../needs.js'

/** A case of two subgroups of `lanes`. Languages may lack the statements of all of these. */
function subgroups(
  name: string,
  needs: Needs,
  contents: (lanes: number) => Readonly<Record<string, TypedArray>>,
  author: (g: KernelBuilder, lanes: number, target: Target) => void,
): ConformanceCase {
  return kernelCase({
    area: 'cooperation',
    name,
    needs: { subgroups: true, threads: 64, workgroupBytes: 4096, ...needs },
    mayLack: true,
    build: (target) => {
      const lanes = target.subgroupSize ?? 1
      const kernel = buildKernel(
        { name: 'subgroups', threads: 2 * lanes, subgroupSize: lanes, workgroups: [1, 1, 1] },
        (g) => author(g, lanes, target),
      )
      return { kernel, contents: contents(lanes) }
    },
  })
}

const integers = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => (i * i * 7) % 113)
function halves(dtype: HalfDType, length: number, step: number): TypedArray {
  const elements = allocate(dtype, length)
  const values = Float64Array.from(elements, (_, i) => ((i * step) % 17) - 8)
  narrowInto(dtype, values, elements)
  return elements
}

export const subgroupCases: readonly ConformanceCase[] = [
  subgroups(
    'lane and subgroup',
    {},
    () => ({}),
    (g, lanes) => {
      g.param('y', 'i32', [2 * lanes]).set([g.thread], g.subgroup.mul(1000).add(g.lane))
    },
  ),
  subgroups(
    'shuffles of every mask',
    {},
    (lanes) => ({ x: integers(2 * lanes) }),
    (g, lanes) => {
      const masks = [1, 2, 3, 4, 5, 8, 16, 31].filter((mask) => mask < lanes)
      const [x, y] = [g.param('x', 'i32', [2 * lanes]), g.param('y', 'i32', [masks.length, 2 * lanes])]
      const own = g.let('own', x.at(g.thread))
      for (const [i, mask] of masks.entries()) y.set([i, g.thread], g.shuffle(own, mask).add(own.mul(1000)))
    },
  ),
  subgroups(
    'sums by shuffles',
    {},
    (lanes) => ({ x: integers(2 * lanes) }),
    (g, lanes) => {
      const [x, y] = [g.param('x', 'i32', [2 * lanes]), g.param('y', 'f32', [2 * lanes])]
      let sum = g.let('sum', x.at(g.thread).cast('f32'))
      for (let mask = 1; mask < lanes; mask *= 2) sum = g.let('sum', sum.add(g.shuffle(sum, mask)))
      y.set([g.thread], sum)
    },
  ),
  subgroups(
    'barriers of one subgroup',
    {},
    (lanes) => ({ x: integers(2 * lanes) }),
    (g, lanes) => {
      const [x, y] = [g.param('x', 'i32', [2 * lanes]), g.param('y', 'i32', [2, lanes])]
      const tile = g.workgroupBuffer('tile', 'i32', [2, lanes])
      g.loop('step', 3, (step) => {
        tile.set([g.subgroup, g.lane], x.at(g.thread).add(step))
        g.barrier('subgroup')
        y.set([g.subgroup, g.lane], tile.at(g.subgroup, g.lane.add(step).add(1).mod(lanes)))
        g.barrier('subgroup')
      })
    },
  ),
  subgroups(
    'mbarriers: one subgroup produces, the other consumes',
    {},
    () => ({}),
    (g, lanes) => {
      const [rounds, slots] = [5, 2]
      const y = g.param('y', 'i32', [rounds, lanes])
      const ring = g.workgroupBuffer('ring', 'i32', [slots, lanes])
      const [full, empty] = [g.mbarrier('full', slots, lanes), g.mbarrier('empty', slots, lanes)]
      const inTurn = (body: (round: typeof g.lane, slot: typeof g.lane, phase: typeof g.lane) => void) => (): void =>
        g.loop('round', rounds, (round) => body(round, g.let('slot', round.mod(slots)), round.div(slots).mod(2)))
      g.if(
        g.subgroup.eq(0),
        inTurn((round, slot, phase) => {
          // A fresh slot counts as emptied.
          g.wait(empty, slot, g.constant('i32', 1).sub(phase))
          ring.set([slot, g.lane], round.mul(round).add(g.lane))
          g.arrive(full, slot)
        }),
        inTurn((round, slot, phase) => {
          g.wait(full, slot, phase)
          y.set([round, g.lane], ring.at(slot, g.lane.bitXor(1)))
          g.arrive(empty, slot)
        }),
      )
    },
  ),
  matrices('f16'),
  matrices('bf16'),
  products(),
]

/** Loads of one, two and four matrices from workgroup memory, as they lie and transposed. */
function matrices(dtype: HalfDType): ConformanceCase {
  const contents = () => ({ x: halves(dtype, 32 * 8, 3) })
  return subgroups(`loads of matrices of ${dtype}`, { matrixInstruction: true }, contents, (g, lanes) => {
    const x = g.param('x', dtype, [32, 8])
    const tile = g.workgroupBuffer('tile', dtype, [32, 8])
    g.loop('i', 8, (i) => g.if(g.thread.lt(32), () => tile.set([g.thread, i], x.at(g.thread, i))))
    g.barrier()
    for (const count of [1, 2, 4] as const) {
      const y = g.param(`y${count}`, 'f32', [2, 2, lanes, 2 * count])
      for (const [which, transposed] of [false, true].entries()) {
        const fragment = g.privateBuffer('fragment', dtype, [2 * count])
        g.loadMatrices(count, [fragment], tile, [g.lane.mod(8 * count), 0], { transposed })
        g.loop('r', 2 * count, (r) => y.set([which, g.subgroup, g.lane, r], fragment.at(r)), { unroll: true })
      }
    }
  })
}

/** D = A·B + D on the target's instructions, in each subgroup: small integers, so every order of sums is exact. */
function products(): ConformanceCase {
  return kernelCase({
    area: 'cooperation',
    name: 'the products of matrix instructions',
    needs: { subgroups: true, matrixInstruction: true },
    build: ({ matrixInstructions }) => {
      const each = matrixInstructions.flatMap((instruction) =>
        instruction.operands.flatMap((left) =>
          instruction.operands.flatMap((right) =>
            matrixSum(left, right) === instruction.sums ? [{ ...instruction, left, right }] : [],
          ),
        ),
      )
      const [first] = each
      invariant(first !== undefined, 'the case needs a matrix instruction')
      const { lanes } = first
      const contents: Record<string, TypedArray> = {}
      const options = { name: 'products', threads: 2 * lanes, subgroupSize: lanes, workgroups: [1, 1, 1] } as const
      const kernel = buildKernel(options, (g) => {
        for (const [i, { a, b, d, left, right, sums }] of each.entries()) {
          const fragmentOf = (name: string, dtype: DType, map: TaskMapping, seed: number) => {
            const storage = g.param(`${name}${i}`, dtype, [2, ...taskShape(map)])
            contents[`${name}${i}`] = smallNumbers(dtype, 2 * elements(map), seed)
            const fragment = g.privateBuffer(`fragment_${name}`, dtype, [elements(map) / lanes])
            g.forTask(map, g.lane, (i, j, r) => fragment.set([r ?? 0], storage.at(g.subgroup, i ?? 0, j ?? 0)))
            return { storage, fragment, operand: { buffer: fragment.buffer, map } }
          }
          const sum = fragmentOf('d', sums, d, 0)
          g.matrixMultiply(fragmentOf('a', left, a, 7).operand, fragmentOf('b', right, b, 5).operand, sum.operand)
          g.forTask(d, g.lane, (i, j, r) => sum.storage.set([g.subgroup, i ?? 0, j ?? 0], sum.fragment.at(r ?? 0)))
        }
      })
      return { kernel, contents }
    },
  })
}

/** Small integers as elements of a type; what is unsigned has large ones for those below zero. */
function smallNumbers(dtype: DType, count: number, seed: number): TypedArray {
  if (isHalf(dtype)) return halves(dtype, count, seed)
  const numbers = integers(count).map((number) => ((number + seed) % 16) - 8)
  if (dtype === 'f32') return Float32Array.from(numbers)
  return dtype === 'i8' ? Int8Array.from(numbers) : dtype === 'u8' ? Uint8Array.from(numbers) : numbers
}

function elements(map: TaskMapping): number {
  return taskShape(map).reduce((product, extent) => product * extent, 1)
}
