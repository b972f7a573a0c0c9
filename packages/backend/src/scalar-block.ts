/**
 * The scalars of a launch: sizes, constants that the language cannot write, and reciprocals of sizes. Equal ones share a
 * place, which is assigned when the printer first needs it.
 */
import { type SizeExpr, sizeEquals } from '@tilewright/ir'
import type { Scalar } from './plan/plan.js'

export interface ScalarBlock {
  /** Place of a size: an i32, computed on the host. */
  readonly size: (size: SizeExpr) => number
  /** Place of an f32 with these bits. */
  readonly bits: (bits: number) => number
  /** Places of what divides by a size: two i32, computed on the host (plan/scalars.ts). */
  readonly reciprocal: (divisor: SizeExpr) => { readonly multiplier: number; readonly shift: number }
  /** In order of their places. */
  readonly all: () => readonly Scalar[]
}

export function createScalarBlock(): ScalarBlock {
  const scalars: Scalar[] = []
  const place = (wanted: Scalar, same: (scalar: Scalar) => boolean): number => {
    const known = scalars.findIndex(same)
    return known >= 0 ? known : scalars.push(wanted) - 1
  }
  const part = (kind: 'multiplier' | 'shift', divisor: SizeExpr): number =>
    place({ kind, divisor }, (scalar) => scalar.kind === kind && sizeEquals(scalar.divisor, divisor))
  return {
    size: (size) => place({ kind: 'size', size }, (scalar) => scalar.kind === 'size' && sizeEquals(scalar.size, size)),
    bits: (bits) => place({ kind: 'bits', bits }, (scalar) => scalar.kind === 'bits' && scalar.bits === bits),
    reciprocal: (divisor) => ({ multiplier: part('multiplier', divisor), shift: part('shift', divisor) }),
    all: () => scalars,
  }
}

/** The bits of a number as an f32. */
export function floatBits(value: number): number {
  return new Uint32Array(new Float32Array([value]).buffer)[0] ?? 0
}
