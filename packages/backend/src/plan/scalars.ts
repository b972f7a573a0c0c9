/**
 * The scalars of a launch as words, and with them the reciprocals of sizes that kernels divide by.
 *
 * GPUs do not divide integers: a quotient by what only the launch knows is some twenty instructions. The host, which knows
 * it too, leaves a multiplication of them (Granlund and Montgomery, "Division by Invariant Integers using Multiplication",
 * 1994, section 5). For a divisor d let l = max(1, ceil(log2 d)) and m = floor(2^(31 + l) / d) + 1 - 2^32, an i32:
 *
 *     n / d  =  ((m * n >> 32) + n >> l - 1) + (n < 0 ? 1 : 0)        for every i32 n; / rounds towards zero, >> down
 *
 * because (2^32 + m) * d lies above 2^(31 + l), by no more than 2^l.
 */
import type { PlanSize, Scalar } from './plan.js'

interface Reciprocal {
  /** m. */
  readonly multiplier: number
  /** l - 1. */
  readonly shift: number
}

/**
 * The reciprocal of an integer below 2^31. Of zero it is that of 1: a launch that never comes to a division may pass such a
 * divisor all the same.
 */
export function reciprocalOf(divisor: number): Reciprocal {
  const d = Math.max(1, divisor)
  const l = Math.max(1, 32 - Math.clz32(d - 1))
  return { multiplier: Number((1n << BigInt(31 + l)) / BigInt(d) + 1n - 2n ** 32n), shift: l - 1 }
}

/** The word of a scalar, of which the low 32 bits count. `evaluate` gives the value of a size, and throws what it will. */
export function scalarWord(scalar: Scalar, evaluate: (size: PlanSize) => number): number {
  switch (scalar.kind) {
    case 'size':
      return evaluate(scalar.size)
    case 'bits':
      return scalar.bits
    case 'multiplier':
    case 'shift':
      return reciprocalOf(evaluate(scalar.divisor))[scalar.kind]
  }
}
