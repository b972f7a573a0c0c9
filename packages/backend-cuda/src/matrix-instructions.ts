/**
 * The matrix instructions of NVIDIA's tensor cores, by the maps of their fragments. Source: PTX ISA, "Matrix Fragments for
 * mma.m16n8k16 with floating point type", "for mma.m16n8k32" and "for mma.m16n8k8".
 *
 * A register holds e elements: 1 of 32 bits, 2 of 16, 4 of 8. Lanes are in 8 groups of 4. Of A, a group has rows g and g + 8, a lane
 * e columns and those 4e further; rows alternate before columns. Of B, a group has a column, a lane e rows and those 4e
 * further. Of D, a group has rows g and g + 8, a lane 2 columns.
 */
import type { DType, Fragment, MatrixInstruction, MatrixMultiply } from '@tilewright/ir'
import { compose, repeat, spatial, type TaskMapping, tasks, workers } from '@tilewright/task-mapping'
import type { Intrinsic } from './intrinsics.js'

const unrolled = { unroll: true } as const

const fragmentMaps = (e: 1 | 2 | 4): Pick<MatrixInstruction, 'a' | 'b' | 'd'> => ({
  a: compose(repeat([1, 2], unrolled), repeat([2, 1], unrolled), spatial(8, 4), repeat([1, e], unrolled)),
  b: compose(repeat([2, 1], unrolled), spatial([4, 8], { order: [1, 0] }), repeat([e, 1], unrolled)),
  d: compose(repeat([2, 1], unrolled), spatial(8, 4), repeat([1, 2], unrolled)),
})

/** Products of f16, or of bf16, and sums in f32, from compute capability 8.0 on. */
export const halfMatrixInstruction: MatrixInstruction = {
  ...{ operands: ['f16', 'bf16'], sums: 'f32', lanes: 32 },
  ...fragmentMaps(2),
}

/** Products of bytes, signed or not, and sums in i32, from compute capability 8.0 on. */
export const byteMatrixInstruction: MatrixInstruction = {
  ...{ operands: ['i8', 'u8'], sums: 'i32', lanes: 32 },
  ...fragmentMaps(4),
}

/** Products of f32 that are rounded to TF32, and sums in f32, from compute capability 8.0 on. */
export const roundedMatrixInstruction: MatrixInstruction = {
  ...{ operands: ['f32'], sums: 'f32', lanes: 32 },
  ...fragmentMaps(1),
}

const intrinsics: readonly (readonly [MatrixInstruction, a: DType, b: DType, Intrinsic])[] = [
  [halfMatrixInstruction, 'f16', 'f16', 'tw_multiply_m16n8k16_f16'],
  [halfMatrixInstruction, 'bf16', 'bf16', 'tw_multiply_m16n8k16_bf16'],
  [byteMatrixInstruction, 'i8', 'i8', 'tw_multiply_m16n8k32_s8_s8'],
  [byteMatrixInstruction, 'i8', 'u8', 'tw_multiply_m16n8k32_s8_u8'],
  [byteMatrixInstruction, 'u8', 'i8', 'tw_multiply_m16n8k32_u8_s8'],
  [byteMatrixInstruction, 'u8', 'u8', 'tw_multiply_m16n8k32_u8_u8'],
  [roundedMatrixInstruction, 'f32', 'f32', 'tw_multiply_m16n8k8_tf32'],
]

/** The instruction for a matrix-multiply; undefined where there is none for its types and maps. */
export function matrixIntrinsic({ a, b, d }: MatrixMultiply): Intrinsic | undefined {
  return intrinsics.find(
    ([instruction, left, right]) =>
      a.buffer.dtype === left &&
      b.buffer.dtype === right &&
      isMappedBy(a, instruction.a) &&
      isMappedBy(b, instruction.b) &&
      isMappedBy(d, instruction.d),
  )?.[3]
}

/** Whether a fragment's map gives every lane the same elements in the same order: how loops are unrolled is no matter. */
export function isMappedBy({ map }: Fragment, of: TaskMapping): boolean {
  if (map === of) return true
  const lanes = workers(of)
  const tasksOf = (mapping: TaskMapping): string =>
    JSON.stringify(Array.from({ length: lanes }, (_, lane) => tasks(mapping, lane)))
  return workers(map) === lanes && tasksOf(map) === tasksOf(of)
}
