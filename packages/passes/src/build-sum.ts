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
  return writeSum(groupTerms(form.terms, order), form.constant, early)
}

/** The terms of a sum, written: sums that differ by a constant share them. */
export interface TermGroups {
  /** Outermost rank first. */
  readonly groups: readonly Group[]
  /** The sum without a constant; undefined where there are no terms. */
  readonly sum: Expr | undefined
}

/** The sum of the terms of one rank, or of their opposites when all are negative. */
interface Group {
  readonly sum: Expr
  readonly isNegative: boolean
}

/** The terms of a sum in their order. */
export function groupTerms(terms: readonly LinearTerm[], order: TermOrder): TermGroups {
  const groups = byRank(terms, order)
  return { groups, sum: sumOfGroups(groups, 0) }
}

/** The sum of grouped terms and a constant, `early` of which is added to what is outermost. */
export function writeSum({ groups, sum }: TermGroups, constant: number, early = 0): Expr {
  const first = groups[0]
  if (first === undefined || sum === undefined) return int(constant)
  // c - x: one operation less than -x + c.
  if (groups.length === 1 && first.isNegative && (constant | 0) !== 0) return sub(int(constant), first.sum)
  if (early === 0) return plus(sum, constant)
  return plus(sumOfGroups(groups, early) ?? sum, (constant | 0) - early)
}

function sumOfGroups(groups: readonly Group[], early: number): Expr | undefined {
  const first = groups[0]
  if (first === undefined) return undefined
  let sum = plus(first.isNegative ? negative(first.sum) : first.sum, early)
  for (let g = 1; g < groups.length; g++) {
    const group = groups[g]
    if (group !== undefined) sum = group.isNegative ? sub(sum, group.sum) : add(sum, group.sum)
  }
  return sum
}

const plus = (expr: Expr, constant: number): Expr => {
  const wrapped = constant | 0
  if (wrapped === 0) return expr
  return wrapped < 0 ? sub(expr, int(-wrapped)) : add(expr, int(wrapped))
}

/** -expr, into the factor where there is one. */
function negative(expr: Expr): Expr {
  const isScaled = expr.kind === 'binary' && expr.op === 'mul' && expr.right.kind === 'const'
  return isScaled ? mul(expr.left, int(-Number(expr.right.value))) : unary('neg', expr)
}

interface RankedTerm {
  readonly atom: Expr
  readonly coefficient: number
  readonly rank: number
}

/** The groups of the terms, outermost rank first. */
function byRank(terms: readonly LinearTerm[], order: TermOrder): readonly Group[] {
  const sorted = terms.map(
    ({ atom, coefficient }): RankedTerm => ({ atom, coefficient: coefficient | 0, rank: rankOf(atom, order) }),
  )
  // Positive terms stand before negative ones, larger before smaller.
  if (sorted.length > 1)
    sorted.sort(
      (a, b) =>
        compareNumbers(a.rank, b.rank) ||
        Number(a.coefficient < 0) - Number(b.coefficient < 0) ||
        Math.abs(b.coefficient) - Math.abs(a.coefficient) ||
        compareAtoms(a.atom, b.atom, order),
    )
  const groups: Group[] = []
  for (let from = 0; from < sorted.length; ) {
    let to = from + 1
    while (to < sorted.length && sorted[to]?.rank === sorted[from]?.rank) to++
    groups.push(sumOfGroup(sorted, from, to))
    from = to
  }
  return groups
}

/** The sum of sorted terms of one rank: those of one coefficient are added before they are multiplied. */
function sumOfGroup(sorted: readonly RankedTerm[], from: number, to: number): Group {
  const isNegative = (sorted[from]?.coefficient ?? 0) < 0
  let sum: Expr | undefined
  for (let i = from; i < to; ) {
    const { atom, coefficient } = defined(sorted[i], 'a group is a part of the terms')
    let shared = atom
    i++
    while (i < to && sorted[i]?.coefficient === coefficient && Math.abs(coefficient) !== 1) {
      shared = add(shared, defined(sorted[i], 'a group is a part of the terms').atom)
      i++
    }
    const scaled = mul(shared, int(Math.abs(coefficient)))
    // The first is positive, unless all are negative.
    if (sum === undefined) sum = scaled
    else sum = coefficient < 0 && !isNegative ? sub(sum, scaled) : add(sum, scaled)
  }
  return { sum: defined(sum, 'a group has terms'), isNegative }
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
  const terms = a.terms.slice()
  for (const { coefficient, atom, key } of b.terms) {
    const at = terms.findIndex((term) => term.key === key)
    const sum = ((terms[at]?.coefficient ?? 0) + Math.imul(factor, coefficient)) | 0
    if (sum === 0 && at >= 0) terms.splice(at, 1)
    else if (at >= 0) terms[at] = { coefficient: sum, atom, key }
    else if (sum !== 0) terms.push({ coefficient: sum, atom, key })
  }
  return { constant: (a.constant + Math.imul(factor, b.constant)) | 0, terms }
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
