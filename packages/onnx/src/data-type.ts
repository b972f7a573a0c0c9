/**
 * Element types of ONNX tensors by their number in TensorProto.DataType. Short names, as in `@tilewright/ir`, which knows
 * a few of them.
 */
import { checkArgument } from '@tilewright/ir'

const dataTypes = [
  'f32',
  'u8',
  'i8',
  'u16',
  'i16',
  'i32',
  'i64',
  'string',
  'bool',
  'f16',
  'f64',
  'u32',
  'u64',
  'c64',
  'c128',
  'bf16',
  'f8e4m3fn',
  'f8e4m3fnuz',
  'f8e5m2',
  'f8e5m2fnuz',
  'u4',
  'i4',
  'f4e2m1',
  'f8e8m0',
  'u2',
  'i2',
  'f6e2m3',
  'f6e3m2',
] as const

export type OnnxDataType = (typeof dataTypes)[number]

/** The type with this number, or undefined for 0 (not known to the exporter) and for numbers ONNX does not define. */
export function dataTypeOf(number: number): OnnxDataType | undefined {
  return dataTypes[number - 1]
}

/** The number of a type in TensorProto.DataType. */
export function dataTypeNumber(dtype: OnnxDataType): number {
  return dataTypes.indexOf(dtype) + 1
}

/** Throws `CompileError` `onnx/argument` unless `dtype` is one, of the value `what`: callers without types may pass anything. */
export function checkDataType(what: string, dtype: OnnxDataType): void {
  const help = `dtypes are named ${dataTypes.join(', ')}`
  checkArgument(dataTypes.includes(dtype), 'onnx/argument', `${what} has elements of a dtype of ONNX`, dtype, help)
}
