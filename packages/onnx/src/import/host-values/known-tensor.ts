/** Tensors whose value is known when compiling, from their elements and back. */
import type { Tensor, TensorData, TensorDType } from '@tilewright/graph'
import { elementOf, elementOfSize, type HostElement, isSymbolic, sizeOfElement } from './host-element.js'

/** Reads the elements of a tensor with a known value, row-major; undefined for a tensor without. */
export function elementReader(tensor: Tensor): ((position: number) => HostElement | undefined) | undefined {
  const { constant, sizes } = tensor
  if (constant !== undefined) return (position) => elementOf(constant, position)
  if (sizes === undefined) return undefined
  return (position) => {
    const size = sizes[position]
    return size === undefined ? undefined : elementOfSize(size)
  }
}

/**
 * A tensor with these elements: constant where all are exact, else with `sizes`. Undefined where an element is unknown, or
 * symbolic in a dtype that sizes do not have.
 */
export function knownTensor(
  name: string,
  dtype: TensorDType,
  shape: readonly number[],
  elements: readonly (HostElement | undefined)[],
): Tensor | undefined {
  const known = elements.flatMap((element) => (element === undefined ? [] : [element]))
  if (known.length !== elements.length) return undefined
  if (!known.some(isSymbolic)) {
    const data = exactData(dtype, shape, known)
    return data === undefined ? undefined : { kind: 'tensor', name, dtype, shape, constant: data }
  }
  if (dtype !== 'i64' && dtype !== 'i32') return undefined
  const integers = known.flatMap((element) =>
    typeof element === 'bigint' || isSymbolic(element) ? [sizeOfElement(element)] : [],
  )
  if (integers.length !== known.length) return undefined
  return { kind: 'tensor', name, dtype, shape, constant: undefined, sizes: integers }
}

function exactData(
  dtype: TensorDType,
  shape: readonly number[],
  elements: readonly HostElement[],
): TensorData | undefined {
  if (dtype === 'i64') {
    const integers = elements.flatMap((element) => (typeof element === 'bigint' ? [element] : []))
    return { dtype, shape, data: BigInt64Array.from(integers) }
  }
  const numbers = elements.map(Number)
  switch (dtype) {
    case 'f32':
      return { dtype, shape, data: Float32Array.from(numbers) }
    case 'i32':
      return { dtype, shape, data: Int32Array.from(numbers) }
    case 'u32':
      return { dtype, shape, data: Uint32Array.from(numbers) }
    case 'i8':
      return { dtype, shape, data: Int8Array.from(numbers) }
    case 'u8':
    case 'bool':
      return { dtype, shape, data: Uint8Array.from(numbers) }
    case 'f16':
    case 'bf16':
      return undefined
  }
}
