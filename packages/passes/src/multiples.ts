/** Numbers that divide an expression whatever the values of its variables. */
import { type Expr, sizeMultipleOf } from '@tilewright/ir'
import { product, typeRange, within } from './interval.js'
import { linearForm } from './linear-form.js'
import { exactRange, type RangeEnv, rangeOf } from './ranges.js'

const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b))

/** A number that divides the value of an i32 expression (0 for the constant 0, which all numbers divide). */
export function multipleOf(expr: Expr, env: RangeEnv): number {
  const form = linearForm(expr, env.context)
  const divisor = form.terms.reduce(
    (common, term) => gcd(common, term.coefficient * atomMultipleOf(term.atom, env)),
    Math.abs(form.constant),
  )
  // Wrapping keeps only divisibility by powers of two.
  return exactRange(form, env) !== undefined ? divisor : powerOfTwo(divisor)
}

/** A number that divides an atom of a linear form. */
export function atomMultipleOf(atom: Expr, env: RangeEnv): number {
  if (atom.kind === 'size') return sizeMultipleOf(atom.size)
  if (atom.kind !== 'binary' || atom.op !== 'mul') return 1
  const exact = within(product(rangeOf(atom.left, env), rangeOf(atom.right, env)), typeRange('i32'))
  const divisor = multipleOf(atom.left, env) * multipleOf(atom.right, env)
  return exact ? divisor : powerOfTwo(divisor)
}

const powerOfTwo = (value: number): number => {
  let power = 1
  while (power < 2 ** 31 && value % (power * 2) === 0 && value !== 0) power *= 2
  return power
}
