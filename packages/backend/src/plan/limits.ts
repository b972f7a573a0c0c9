/** What no device can hold, or this one cannot: said the same way when a model is compiled and when it is run. */

/** Element offsets are signed 32-bit integers. */
export const maxElements: number = 2 ** 31 - 1

export interface MemoryLimits {
  /** Bytes of one binding, and of one buffer. */
  readonly bindingBytes: number
  readonly bufferBytes: number
}

/** Why a tensor is too large: the fields of an error. */
export interface Excess {
  readonly code: 'limits/elements' | 'limits/binding-size'
  readonly message: string
  readonly help: string
}

/** Why a device with these limits cannot hold a tensor of this shape; undefined when it can. */
export function excessOf(
  {
    name,
    shape,
    elementBytes,
  }: { readonly name: string; readonly shape: readonly number[]; readonly elementBytes: number },
  { bindingBytes, bufferBytes }: MemoryLimits,
): Excess | undefined {
  const elements = shape.reduce((product, extent) => product * extent, 1)
  const tensor = `"${name}" of shape [${shape.join(', ')}]`
  if (elements > maxElements) {
    return {
      code: 'limits/elements',
      message: `${tensor} has ${elements} elements; a tensor has at most ${maxElements}`,
      help: 'use smaller tensors: element offsets are 32-bit integers',
    }
  }
  const [bytes, limit] = [elements * elementBytes, Math.min(bindingBytes, bufferBytes)]
  if (bytes <= limit) return undefined
  return {
    code: 'limits/binding-size',
    message: `${tensor} takes ${bytes} bytes; the device allows ${limit} for one buffer`,
    help: 'use smaller tensors, or a device with larger buffers',
  }
}
