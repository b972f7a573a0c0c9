/** Largest and smallest values, and where they stand. */
import { and, binary, computeType, constant, type DType, defined, type Expr, int, select } from '@tilewright/ir'

export type Extremum = 'max' | 'min'

/** The position of what is no element. */
export const nowhere: Expr = int(-1)

/** The value that never wins, in the compute type of `dtype`. */
export function neverWins(extremum: Extremum, dtype: DType): Expr {
  const [lowest, highest] = limitsOf(dtype)
  return constant(computeType(dtype), extremum === 'max' ? lowest : highest)
}

function limitsOf(dtype: DType): readonly [number, number] {
  switch (dtype) {
    case 'f32':
    case 'f16':
    case 'bf16':
      return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
    case 'i32':
      return [-(2 ** 31), 2 ** 31 - 1]
    case 'i8':
      return [-128, 127]
    case 'u32':
      return [0, 2 ** 32 - 1]
    case 'u8':
      return [0, 255]
    case 'bool':
      return [0, 1]
  }
}

/** The larger or the smaller of two values; of booleans, or and and. */
export function extremumOf(extremum: Extremum, left: Expr, right: Expr): Expr {
  if (left.dtype === 'bool') return binary(extremum === 'max' ? 'or' : 'and', left, right)
  return binary(extremum, left, right)
}

/**
 * Combines two states of value and position, the left one of earlier elements: of equal values the first stays, or the last
 * with `last`. An element wins over `nowhere` even where its value is one that never wins.
 */
export function betterOf(
  extremum: Extremum,
  last: boolean,
): (left: readonly Expr[], right: readonly Expr[]) => readonly Expr[] {
  return ([a, i], [b, j]) => {
    const [left, right, p, q] = [defined(a, 'left'), defined(b, 'right'), defined(i, 'left'), defined(j, 'right')]
    const op = last ? 'le' : 'lt'
    const wins = extremum === 'max' ? binary(op, left, right) : binary(op, right, left)
    const later = and(binary('le', int(0), q), binary('or', binary('lt', p, int(0)), wins))
    return [select(later, right, left), select(later, q, p)]
  }
}
