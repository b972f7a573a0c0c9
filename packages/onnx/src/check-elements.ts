/** Names and elements of tensors that code gives. */
import { checkArgument, checkOptions } from '@tilewright/ir'
import { checkDataType } from './data-type.js'
import type { ReadableDataType, TensorData } from './tensor-data.js'

const arrays = {
  f32: Float32Array,
  f64: Float64Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  u16: Uint16Array,
  i8: Int8Array,
  i16: Int16Array,
  i32: Int32Array,
  i64: BigInt64Array,
  u32: Uint32Array,
  u64: BigUint64Array,
  u8: Uint8Array,
  bool: Uint8Array,
  i4: Uint8Array,
  u4: Uint8Array,
} as const satisfies Readonly<Record<ReadableDataType, unknown>>

const help = "pass { dtype, dims, data }, such as { dtype: 'f32', dims: [2], data: Float32Array.of(1, 2) }"

/** Throws `CompileError` `onnx/argument` for what is no name. */
export function checkName(what: string, name: string): void {
  checkArgument(typeof name === 'string', 'onnx/argument', `the name of ${what} is a text`, name, "pass a name: 'x'")
}

/** Throws `CompileError` `onnx/argument` for what are no elements of the tensor `what`: callers without types may pass anything. */
export function checkElements(what: string, value: TensorData): void {
  const code = 'onnx/argument'
  checkOptions<TensorData>(code, what, value, { dtype: true, dims: true, data: true })
  const { dtype, dims, data } = value
  checkDataType(what, dtype)
  checkArgument(Object.hasOwn(arrays, dtype), code, `${what} is of a dtype with elements in an array`, dtype, help)
  checkArgument(
    Array.isArray(dims) && dims.every(Number.isSafeInteger),
    code,
    `the dims of ${what} are numbers`,
    dims,
    help,
  )
  const { name } = arrays[dtype]
  const rule = `the data of ${what}, which is ${dtype}, is ${/^I/.test(name) ? 'an' : 'a'} ${name}`
  checkArgument(data instanceof arrays[dtype], code, rule, data, help)
}
