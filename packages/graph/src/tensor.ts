/** Tensors of a graph: typed, shaped, named values. */
import { computeType, type DType, type SizeExpr } from '@tilewright/ir'

/** int64 exists in graphs; on devices it is i32 (values out of range are refused at the boundary). */
export type TensorDType = DType | 'i64'

/** The dtype that a tensor has on a device. */
export function deviceDType(dtype: TensorDType): DType {
  return dtype === 'i64' ? 'i32' : dtype
}

export interface TensorType {
  readonly dtype: TensorDType
  readonly shape: readonly SizeExpr[]
}

/** Whether a tensor is floating point. */
export const isFloat = ({ dtype }: TensorType): boolean => computeType(deviceDType(dtype)) === 'f32'

/** Data on the host, row-major: f16 and bf16 as bits, bool as 0 or 1, i64 exact. */
export interface TensorData {
  readonly dtype: TensorDType
  readonly shape: readonly number[]
  readonly data: Float32Array | Uint16Array | Int32Array | Uint32Array | Int8Array | Uint8Array | BigInt64Array
}

/** A value of the graph; compared by identity. */
export interface Tensor extends TensorType {
  readonly kind: 'tensor'
  readonly name: string
  /** Present when the value is known at compile time: a weight. */
  readonly constant: TensorData | undefined
  /**
   * The elements, row-major, of a small integer tensor of static shape that follow from sizes: a value that each run
   * knows before anything is computed. Numbers among them are within 32 bits, and may be negative.
   */
  readonly sizes?: readonly SizeExpr[]
}
