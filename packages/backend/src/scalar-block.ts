/**
 * The scalars of a launch: sizes, and constants that the language cannot write. Equal ones share a place, which is
 * assigned when the printer first needs it.
 */
import { type SizeExpr, sizeEquals } from '@tilewright/ir'
import type { Scalar } from './plan/plan.js'

export interface ScalarBlock {
  /** Place of a size: an i32, computed on the host. */
  readonly size: (size: SizeExpr) => number
  /** Place of an f32 with these bits. */
  readonly bits: (bits: number) => number
  /** In order of their places. */
  readonly all: () => readonly Scalar[]
}

export function createScalarBlock(): ScalarBlock {
  const scalars: Scalar[] = []
  const place = (wanted: Scalar, same: (scalar: Scalar) => boolean): number => {
    const known = scalars.findIndex(same)
    return known >= 0 ? known : scalars.push(wanted) - 1
  }
  return {
    size: (size) => place({ kind: 'size', size }, (scalar) => scalar.kind === 'size' && sizeEquals(scalar.size, size)),
    bits: (bits) => place({ kind: 'bits', bits }, (scalar) => scalar.kind === 'bits' && scalar.bits === bits),
    all: () => scalars,
  }
}

/** The bits of a number as an f32. */
export function floatBits(value: number): number {
  return new Uint32Array(new Float32Array([value]).buffer)[0] ?? 0
}
