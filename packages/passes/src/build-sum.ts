/**
 * Writes linear forms as expressions, in one canonical order: what is available outermost first, constants last, so that
 * the invariant part of an address is a prefix of it, and addresses that differ by a constant share all but that.
 *
 *     4 + k·64 + l + i·8 + thread·2       i of an outer loop, k and l of an inner one
 *  => thread * 2 + i * 8 + (k * 64 + l) + 4
 *
 * Terms of one rank and coefficient are added before they are multiplied.
 */
import { add, defined, type Expr, int, mul, sizeEquals, sub, unary } from '@tilewright/ir'
import type { LinearForm, LinearTerm } from './linear-form.js'
import { compareAtoms, compareNumbers, rankOf, type TermOrder } from './term-order.js'

/**
 * The expression of an i32 linear form. `early` is the part of its constant that is added to what is available outermost,
 * rather than last.
 */
export function buildSum(form: LinearForm, order: TermOrder, early = 0): Expr {
  const constant = form.constant | 0
  const [first, ...inner] = byRank(form.terms, order)
  if (first === undefined) return int(constant)
  // c - x: one operation less than -x + c.
  if (inner.length === 0 && first.isNegative && constant !== 0) return sub(int(constant), first.sum)
  const outermost = first.isNegative ? negative(first.sum) : first.sum
  return plus(
    inner.reduce((sum, group) => (group.isNegative ? sub : add)(sum, group.sum), plus(outermost, early)),
    constant - early,
  )
}

const plus = (expr: Expr, constant: number): Expr =>
  (constant | 0) < 0 ? sub(expr, int(-(constant | 0))) : add(expr, int(constant))

/** -expr, into the factor where there is one. */
function negative(expr: Expr): Expr {
  const isScaled = expr.kind === 'binary' && expr.op === 'mul' && expr.right.kind === 'const'
  return isScaled ? mul(expr.left, int(-Number(expr.right.value))) : unary('neg', expr)
}

/** The sum of the terms of one rank, or of their opposites when all are negative. */
interface Group {
  readonly sum: Expr
  readonly isNegative: boolean
}

/** Outermost rank first. */
function byRank(terms: readonly LinearTerm[], order: TermOrder): readonly Group[] {
  const ranked = new Map<number, LinearTerm[]>()
  for (const term of terms) {
    const rank = rankOf(term.atom, order)
    const group = ranked.get(rank)
    if (group === undefined) ranked.set(rank, [term])
    else group.push(term)
  }
  return [...ranked].sort(([a], [b]) => compareNumbers(a, b)).map(([, group]) => sumOfGroup(group, order))
}

function sumOfGroup(terms: readonly LinearTerm[], order: TermOrder): Group {
  const scaled = sharedFactors(terms, order)
  const isNegative = scaled.every(({ coefficient }) => coefficient < 0)
  const [first, ...rest] = scaled.map(({ coefficient, sum }) => {
    const factor = isNegative ? -coefficient : coefficient
    return { negative: factor < 0, sum: mul(sum, int(Math.abs(factor))) }
  })
  // Positive terms stand before negative ones, so the first one is positive.
  const start = defined(first, 'a group has terms').sum
  return { sum: rest.reduce((sum, term) => (term.negative ? sub : add)(sum, term.sum), start), isNegative }
}

/** The terms in order, those of one coefficient added up. */
function sharedFactors(
  terms: readonly LinearTerm[],
  order: TermOrder,
): readonly { readonly coefficient: number; readonly sum: Expr }[] {
  const sorted = terms
    .map(({ atom, coefficient }) => ({ atom, coefficient: coefficient | 0 }))
    .sort(
      (a, b) =>
        Number(a.coefficient < 0) - Number(b.coefficient < 0) ||
        Math.abs(b.coefficient) - Math.abs(a.coefficient) ||
        compareAtoms(a.atom, b.atom, order),
    )
  const shared: { coefficient: number; sum: Expr }[] = []
  for (const { atom, coefficient } of sorted) {
    const last = shared.at(-1)
    if (last?.coefficient === coefficient && Math.abs(coefficient) !== 1) last.sum = add(last.sum, atom)
    else shared.push({ coefficient, sum: atom })
  }
  return shared
}

/** The factors of a product of expressions that are not constant, canonically grouped: x * (N * M) with x innermost. */
export function buildProduct(factors: readonly Expr[], order: TermOrder): Expr {
  const sorted = [...factors].sort(
    (a, b) => compareNumbers(rankOf(a, order), rankOf(b, order)) || compareAtoms(a, b, order),
  )
  const byRank: { readonly rank: number; readonly product: Expr }[] = []
  for (const factor of sorted) {
    const rank = rankOf(factor, order)
    const last = byRank.at(-1)
    if (last?.rank === rank) byRank[byRank.length - 1] = { rank, product: mul(last.product, factor) }
    else byRank.push({ rank, product: factor })
  }
  return byRank.map(({ product }) => product).reduce((outer, inner) => mul(inner, outer), int(1))
}

/** a + factor · b modulo 2^32. */
export function addForms(a: LinearForm, b: LinearForm, factor: number): LinearForm {
  const terms = new Map(a.terms.map((term) => [term.key, term]))
  for (const term of b.terms) {
    const coefficient = ((terms.get(term.key)?.coefficient ?? 0) + Math.imul(factor, term.coefficient)) | 0
    if (coefficient === 0) terms.delete(term.key)
    else terms.set(term.key, { ...term, coefficient })
  }
  return { constant: (a.constant + Math.imul(factor, b.constant)) | 0, terms: [...terms.values()] }
}

/** Whether two expressions are the same tree, operand by operand. */
export function sameTree(a: Expr, b: Expr): boolean {
  if (a === b) return true
  switch (a.kind) {
    case 'const':
      return b.kind === 'const' && a.dtype === b.dtype && Object.is(a.value, b.value)
    case 'binary':
      return b.kind === 'binary' && a.op === b.op && sameTree(a.left, b.left) && sameTree(a.right, b.right)
    case 'unary':
      return b.kind === 'unary' && a.op === b.op && sameTree(a.value, b.value)
    case 'builtin':
      return b.kind === 'builtin' && a.name === b.name
    case 'size':
      return b.kind === 'size' && sizeEquals(a.size, b.size)
    default:
      return false
  }
}
