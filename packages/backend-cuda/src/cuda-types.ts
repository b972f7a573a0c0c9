/** How element types and elements are written in CUDA C++. */
import type { CLikePrinter } from '@tilewright/backend'
import { type Buffer, type DType, type Expr, type HalfDType, InternalError, type ScalarType } from '@tilewright/ir'

export const scalarTypes: Readonly<Record<ScalarType, string>> = {
  f32: 'float',
  i32: 'int',
  u32: 'unsigned int',
  bool: 'bool',
}

/** How an element lies in memory. */
export const elementTypes: Readonly<Record<DType, string>> = {
  ...scalarTypes,
  f16: '__half',
  bf16: '__nv_bfloat16',
  i8: 'signed char',
  u8: 'unsigned char',
}

/** Bytes of one element in memory. */
export const elementBytes: Readonly<Record<DType, number>> = {
  f32: 4,
  f16: 2,
  bf16: 2,
  i32: 4,
  u32: 4,
  i8: 1,
  u8: 1,
  bool: 1,
}

/** The headers that define halves, and what converts them. */
export const halves: Readonly<
  Record<HalfDType, { readonly header: string; readonly load: string; readonly store: string }>
> = {
  f16: { header: 'cuda_fp16.h', load: '__half2float', store: '__float2half_rn' },
  bf16: { header: 'cuda_bf16.h', load: '__bfloat162float', store: '__float2bfloat16_rn' },
}

export function elementsOf(shape: Buffer['shape']): number {
  return shape.reduce<number>((product, extent) => {
    if (typeof extent !== 'number') throw new InternalError('workgroup and private buffers have static shapes')
    return product * extent
  }, 1)
}

export function elementText(buffer: Buffer, index: readonly Expr[], p: CLikePrinter): string {
  const name = p.bufferName(buffer)
  const [flat] = index
  if (flat !== undefined) return `${name}[${p.text(flat)}]`
  return buffer.scope === 'storage' ? `${name}[0]` : name
}

/** Bytes of a register. */
export const wordBytes = 4

/** A fragment as the 32-bit registers that instructions take. */
export const words = (fragment: Buffer, p: CLikePrinter): string =>
  `reinterpret_cast<unsigned*>(${p.bufferName(fragment)})`
