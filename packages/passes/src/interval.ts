/**
 * Interval arithmetic on 32-bit integers: what an operator can give when its operands lie in given ranges. An operation
 * that may leave its type's range wraps, so its interval is then the whole type.
 */
import type { BinaryOp, ScalarType } from '@tilewright/ir'

/** Inclusive bounds. */
export interface Range {
  readonly min: number
  readonly max: number
}

const i32: Range = { min: -(2 ** 31), max: 2 ** 31 - 1 }
const u32: Range = { min: 0, max: 2 ** 32 - 1 }
const bit: Range = { min: 0, max: 1 }

/** All values of a type; for f32, which has no ranges here, everything. */
export function typeRange(type: ScalarType): Range {
  switch (type) {
    case 'i32':
      return i32
    case 'u32':
      return u32
    case 'bool':
      return bit
    case 'f32':
      return { min: -Infinity, max: Infinity }
  }
}

export const point = (value: number): Range => ({ min: value, max: value })

export const isPoint = (range: Range): boolean => range.min === range.max

/** Whether every value of `inner` lies in `outer`. */
export const within = (inner: Range, outer: Range): boolean => inner.min >= outer.min && inner.max <= outer.max

/** The values of both; `a` when they have none in common (the code is unreachable). */
export function intersect(a: Range, b: Range): Range {
  const [min, max] = [Math.max(a.min, b.min), Math.min(a.max, b.max)]
  return min > max ? a : { min, max }
}

export const union = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) })

/** The mathematical interval of a product; no wrapping. */
export function product(a: Range, b: Range): Range {
  const ll = a.min * b.min
  const lh = a.min * b.max
  const hl = a.max * b.min
  const hh = a.max * b.max
  // `+ 0` turns a negative zero into zero.
  return { min: Math.min(ll, lh, hl, hh) + 0, max: Math.max(ll, lh, hl, hh) + 0 }
}

/** The range, or the whole type when it may leave it. */
export function wrapped(range: Range, type: ScalarType): Range {
  return within(range, typeRange(type)) ? range : typeRange(type)
}

/** `a op b` for operands of an integer `type`. */
export function binaryRange(op: BinaryOp, a: Range, b: Range, type: ScalarType): Range {
  switch (op) {
    case 'add':
      return wrapped({ min: a.min + b.min, max: a.max + b.max }, type)
    case 'sub':
      return wrapped({ min: a.min - b.max, max: a.max - b.min }, type)
    case 'mul':
      return wrapped(product(a, b), type)
    case 'div':
      return wrapped(quotient(a, b), type)
    case 'mod':
      return remainder(a, b)
    case 'min':
      return { min: Math.min(a.min, b.min), max: Math.min(a.max, b.max) }
    case 'max':
      return { min: Math.max(a.min, b.min), max: Math.max(a.max, b.max) }
    case 'bit-and': {
      const bounds = [a, b].filter((range) => range.min >= 0).map((range) => range.max)
      return bounds.length === 0 ? typeRange(type) : { min: 0, max: Math.min(...bounds) }
    }
    case 'bit-xor':
      return a.min >= 0 && b.min >= 0 ? { min: 0, max: allOnes(Math.max(a.max, b.max)) } : typeRange(type)
    case 'shl':
      return isPoint(b) ? wrapped(product(a, point(2 ** (b.min & 31))), type) : typeRange(type)
    case 'shr': {
      if (!isPoint(b)) return union(a, point(a.min < 0 ? -1 : 0))
      const by = 2 ** (b.min & 31)
      return { min: Math.floor(a.min / by), max: Math.floor(a.max / by) }
    }
    default:
      return bit
  }
}

/** Truncating division. Zero divisors are errors, so they add nothing. */
function quotient(a: Range, b: Range): Range {
  if (isPoint(b) && b.min > 0) return { min: Math.trunc(a.min / b.min) + 0, max: Math.trunc(a.max / b.min) + 0 }
  const divisors = [b.min, b.max, -1, 1].filter((d) => d !== 0 && d >= b.min && d <= b.max)
  if (divisors.length === 0) return { min: -Infinity, max: Infinity }
  // Monotone in the dividend for each divisor, and in the divisor on either side of zero.
  const corners = divisors.flatMap((d) => [Math.trunc(a.min / d), Math.trunc(a.max / d)])
  return { min: Math.min(...corners) + 0, max: Math.max(...corners) + 0 }
}

/** The remainder has the sign of the dividend and is smaller than the divisor. */
function remainder(a: Range, b: Range): Range {
  if (a.min >= 0 && b.min > 0 && a.max < b.min) return a
  const largest = Math.max(0, Math.max(Math.abs(b.min), Math.abs(b.max)) - 1)
  return { min: a.min < 0 ? 0 - Math.min(largest, -a.min) : 0, max: a.max > 0 ? Math.min(largest, a.max) : 0 }
}

/** The smallest 2^n - 1 that is not below `value`. */
const allOnes = (value: number): number => 2 ** Math.ceil(Math.log2(value + 1)) - 1
