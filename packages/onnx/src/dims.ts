/**
 * Bounds on dimensions from outside: each size in [0, 2^31), at most 32 of them, and at most 2^31 - 1 elements in a tensor,
 * since element offsets are 32-bit. Everything after decoding may rely on them.
 */
import { malformed } from './format-errors.js'

const maxSize = 2 ** 31 - 1
const maxRank = 32

/** A dimension as a number. Throws `onnx/dimension` when it is negative or 2^31 or more. */
export function toSize(value: bigint, where: string): number {
  if (value < 0n || value > BigInt(maxSize)) {
    throw malformed('onnx/dimension', `a dimension of ${value} is not in [0, ${maxSize}]`, where)
  }
  return Number(value)
}

/** Throws `onnx/dimension` for more than 32 dimensions. */
export function checkRank(rank: number, where: string): void {
  if (rank > maxRank) throw malformed('onnx/dimension', `rank ${rank} is more than ${maxRank}`, where)
}

/** The number of elements of a tensor. Throws `onnx/tensor-size` when it is 2^31 or more. */
export function countElements(dims: readonly number[], where: string): number {
  if (dims.includes(0)) return 0
  let count = 1
  for (const dim of dims) {
    count *= dim
    if (count > maxSize) {
      throw malformed('onnx/tensor-size', `a tensor of [${dims.join(', ')}] has more than ${maxSize} elements`, where)
    }
  }
  return count
}
