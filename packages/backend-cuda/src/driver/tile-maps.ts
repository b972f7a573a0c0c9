/** Tile maps: what a kernel knows of a tensor of which hardware copies boxes. The driver makes them of sizes and pointers. */
import type { DeviceDType, PlanKernel } from '@tilewright/backend'
import { defined } from '@tilewright/ir'
import { elementBytes } from '../cuda-types.js'
import { type CudaApi, CudaFailure } from './cuda-api.js'

/** Of a kernel, in the order of CUDA: the fastest dimension first. */
export interface TileMap {
  readonly buffer: number
  readonly dtype: DeviceDType
  readonly extents: readonly number[]
  readonly strides: readonly number[]
  readonly box: Uint32Array
  /** 1 a dimension. */
  readonly elementStrides: Uint32Array
}

/** Bytes of a `CUtensorMap`, and a multiple of what its address is to be one of. */
export const tileMapBytes = 128

/** `CUtensorMapDataType`. */
const dataTypes: Readonly<Record<DeviceDType, number>> = {
  i8: 0,
  u8: 0,
  bool: 0,
  u32: 2,
  i32: 3,
  f16: 6,
  f32: 7,
  bf16: 9,
}

/** No interleaving, `CU_TENSOR_MAP_SWIZZLE_128B`, `…_L2_PROMOTION_L2_256B`: the next box of a row is mostly the next one; zeros outside. */
const [interleave, swizzle, promotion, fill] = [0, 3, 3, 0]

export function tileMapsOf({ buffers, tileMaps = [] }: PlanKernel): readonly TileMap[] {
  return tileMaps.map(({ buffer, extents, strides, box }) => ({
    buffer,
    dtype: defined(buffers[buffer], 'a map is of a buffer of its kernel').dtype,
    extents: extents.toReversed(),
    strides: strides.toReversed(),
    box: Uint32Array.from(box.toReversed()),
    elementStrides: new Uint32Array(box.length).fill(1),
  }))
}

/**
 * Makes a map at the address `to` for a launch with these pointers and scalars. Throws `CudaFailure` that says which tensor
 * the driver refuses: an address or a stride that is no multiple of 16 bytes.
 */
export function encodeTileMap(
  cuda: CudaApi,
  map: TileMap,
  to: bigint,
  pointers: readonly bigint[],
  scalars: Uint32Array,
): void {
  const numbers = (places: readonly number[]): number[] =>
    places.map((place) => defined(scalars[place], 'a map is of scalars of its kernel'))
  const [extents, strides] = [numbers(map.extents), numbers(map.strides)]
  // Of a tensor without elements nothing is copied, but there are no maps of such: any other will do.
  const isEmpty = extents.includes(0)
  const dims = extents.map((extent) => BigInt(isEmpty ? 1 : extent))
  const steps = strides.map((stride) => BigInt(isEmpty ? 16 : stride * elementBytes[map.dtype]))
  const pointer = defined(pointers[map.buffer], 'a map is of a buffer of its kernel')
  try {
    cuda.call(
      'cuTensorMapEncodeTiled',
      to,
      dataTypes[map.dtype],
      extents.length,
      pointer,
      BigUint64Array.from(dims),
      BigUint64Array.from(steps),
      map.box,
      map.elementStrides,
      interleave,
      swizzle,
      promotion,
      fill,
    )
  } catch (error) {
    if (!(error instanceof CudaFailure)) throw error
    const tensor = `extents ${extents.toReversed().join(' x ')}, strides ${strides.toReversed().join(', ')}`
    throw new CudaFailure(error.result, `${error.message} for buffer ${map.buffer}: ${map.dtype}, ${tensor}`)
  }
}
