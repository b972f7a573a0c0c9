/** Constants of one element. */
import { deviceDType, type Tensor } from '@tilewright/graph'
import { isHalf } from '@tilewright/ir'

/**
 * The number that a tensor holds, where it is its only one and known when compiling. int64 saturates at 32 bits, which is
 * what it has on a device. Undefined for f16 and bf16, whose data are bits.
 */
export function scalarOf({ constant }: Tensor): number | undefined {
  if (constant?.data.length !== 1 || isHalf(deviceDType(constant.dtype))) return undefined
  const element = Number(constant.data[0])
  return constant.dtype === 'i64' ? Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), element)) : element
}
