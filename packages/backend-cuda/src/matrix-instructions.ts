/**
 * The matrix instructions of NVIDIA's tensor cores, by the maps of their fragments. Source: PTX ISA, "Matrix Fragments for
 * mma.m16n8k16 with floating point type".
 *
 * Lanes are in 8 groups of 4. Of A, a group has rows g and g + 8, a lane 2 columns and those 8 further; rows alternate
 * before columns. Of B, a group has a column, a lane 2 rows and those 8 further. Of D, a group has rows g and g + 8, a
 * lane 2 columns.
 */
import type { Fragment, MatrixInstruction, MatrixMultiply } from '@tilewright/ir'
import { compose, repeat, spatial, type TaskMapping, tasks, workers } from '@tilewright/task-mapping'
import type { Intrinsic } from './intrinsics.js'

const unrolled = { unroll: true } as const

/** Products of f16 and sums in f32, from compute capability 8.0 on. */
export const halfMatrixInstruction: MatrixInstruction = {
  operands: 'f16',
  lanes: 32,
  a: compose(repeat([1, 2], unrolled), repeat([2, 1], unrolled), spatial(8, 4), repeat([1, 2], unrolled)),
  b: compose(repeat([2, 1], unrolled), spatial([4, 8], { order: [1, 0] }), repeat([2, 1], unrolled)),
  d: compose(repeat([2, 1], unrolled), spatial(8, 4), repeat([1, 2], unrolled)),
}

const intrinsics: readonly (readonly [MatrixInstruction, Intrinsic])[] = [
  [halfMatrixInstruction, 'tw_multiply_m16n8k16_f16'],
]

/** The instruction for a matrix-multiply; undefined where there is none for its types and maps. */
export function matrixIntrinsic({ a, b, d }: MatrixMultiply): Intrinsic | undefined {
  return intrinsics.find(
    ([instruction]) =>
      a.buffer.dtype === instruction.operands &&
      isMappedBy(a, instruction.a) &&
      isMappedBy(b, instruction.b) &&
      isMappedBy(d, instruction.d),
  )?.[1]
}

/** Whether a fragment's map gives every lane the same elements in the same order: how loops are unrolled is no matter. */
function isMappedBy({ map }: Fragment, of: TaskMapping): boolean {
  if (map === of) return true
  const lanes = workers(of)
  const tasksOf = (mapping: TaskMapping): string =>
    JSON.stringify(Array.from({ length: lanes }, (_, lane) => tasks(mapping, lane)))
  return workers(map) === lanes && tasksOf(map) === tasksOf(of)
}
