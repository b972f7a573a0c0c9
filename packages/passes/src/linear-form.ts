/**
 * Linear forms of i32 expressions: constant + Σ coefficient · atom, where an atom is whatever is not a sum, a difference,
 * a negation or a product with a constant. Exact modulo 2^32, as i32 arithmetic is: forms that are equal have equal
 * values, whatever overflows on the way.
 *
 * Atoms are told apart by keys that see linear forms inside them too: min(x + 3 - 3, n) and min(x, n) are one atom.
 */
import { type Const, type Expr, invariant, type SizeExpr, sizeMultipleOf, sizeValue, type Var } from '@tilewright/ir'
import { createKeyIds, internKey, type KeyIds, nodeKey } from './structural-key.js'

export interface LinearTerm {
  /** Never 0. */
  readonly coefficient: number
  readonly atom: Expr
  /** Equal for equal atoms of one context. */
  readonly key: number
}

export interface LinearForm {
  readonly constant: number
  /** Each atom once, in ascending order of keys. */
  readonly terms: readonly LinearTerm[]
}

/** Forms found so far. Terms of one context can be compared with each other, and with no others. */
export interface LinearContext {
  readonly ids: KeyIds
  readonly forms: Map<Expr, LinearForm>
  readonly keys: Map<Expr, number>
  /** Variables to see through: their values, which must not change while the variable is in scope (no loads). */
  readonly definitions: ReadonlyMap<Var, Expr>
}

export function linearContext(definitions: ReadonlyMap<Var, Expr> = new Map()): LinearContext {
  return { ids: createKeyIds(), forms: new Map(), keys: new Map(), definitions }
}

/** The linear form of an i32 expression. */
export function linearForm(expr: Expr, context: LinearContext = linearContext()): LinearForm {
  const known = context.forms.get(expr)
  if (known !== undefined) return known
  invariant(expr.dtype === 'i32', 'linear forms are of i32 expressions')
  const form = formOf(expr, context)
  context.forms.set(expr, form)
  return form
}

/** A number that is equal for expressions that are equal up to linear arithmetic anywhere inside them. */
export function linearKey(expr: Expr, context: LinearContext): number {
  const known = context.keys.get(expr)
  if (known !== undefined) return known
  const key =
    expr.dtype === 'i32'
      ? formKey(linearForm(expr, context), context)
      : nodeKey(expr, (child) => linearKey(child, context), context.ids)
  context.keys.set(expr, key)
  return key
}

/** A number that is equal for equal forms of one context. */
export function formKey(form: LinearForm, context: LinearContext): number {
  return sumKey(form.terms, form.constant, context)
}

/** The key of a form without its constant: equal for forms that differ by a constant. */
export function termsKey(form: LinearForm, context: LinearContext): number {
  return sumKey(form.terms, 0, context)
}

function sumKey(terms: readonly LinearTerm[], constant: number, { ids }: LinearContext): number {
  const first = terms[0]
  if (constant === 0 && terms.length === 1 && first?.coefficient === 1) return first.key
  let sum = -1
  for (const { coefficient, key } of terms) sum = internKey(ids, 'term', sum, coefficient, key)
  return internKey(ids, 'linear', sum, constant)
}

const constantForm = (constant: number): LinearForm => ({ constant, terms: [] })

function formOf(expr: Expr, context: LinearContext): LinearForm {
  switch (expr.kind) {
    case 'const':
      return constantForm(Number(expr.value))
    case 'var': {
      const definition = context.definitions.get(expr)
      return definition === undefined ? atomForm(expr, context) : linearForm(definition, context)
    }
    case 'size':
      return sizeForm(expr.size, context)
    case 'unary':
      return expr.op === 'neg' ? scaled(linearForm(expr.value, context), -1) : atomForm(expr, context)
    case 'binary': {
      const { op, left, right } = expr
      if (op === 'add') return plus(linearForm(left, context), linearForm(right, context), 1)
      if (op === 'sub') return plus(linearForm(left, context), linearForm(right, context), -1)
      if (op === 'mul') {
        const a = linearForm(left, context)
        const b = linearForm(right, context)
        if (b.terms.length === 0) return scaled(a, b.constant)
        if (a.terms.length === 0) return scaled(b, a.constant)
      }
      if (op === 'shl' && right.kind === 'const') return scaled(linearForm(left, context), 1 << shift(right))
      return atomForm(expr, context)
    }
    default:
      return atomForm(expr, context)
  }
}

const shift = (by: Const): number => Number(by.value) & 31

/** Sizes are exact and below 2^31, so their arithmetic agrees with i32's. */
function sizeForm(size: SizeExpr, context: LinearContext): LinearForm {
  if (typeof size === 'number') return constantForm(size)
  if (size.kind === 'size-op') {
    const { op, left, right } = size
    if (op === 'add' || op === 'sub')
      return plus(sizeForm(left, context), sizeForm(right, context), op === 'add' ? 1 : -1)
    if (op === 'mul' && typeof right === 'number') return scaled(sizeForm(left, context), right)
    if (op === 'mul' && typeof left === 'number') return scaled(sizeForm(right, context), left)
  }
  return atomForm(sizeValue(size), context)
}

function atomForm(atom: Expr, context: LinearContext): LinearForm {
  const key = nodeKey(atom, (child) => linearKey(child, context), context.ids)
  return { constant: 0, terms: [{ coefficient: 1, atom, key }] }
}

function scaled(form: LinearForm, by: number): LinearForm {
  if (by === 1) return form
  const terms: LinearTerm[] = []
  for (const { coefficient, atom, key } of form.terms) {
    const product = Math.imul(coefficient, by)
    if (product !== 0) terms.push({ coefficient: product, atom, key })
  }
  return { constant: Math.imul(form.constant, by), terms }
}

/** a + sign · b, by merging two lists in ascending order of keys. */
function plus(a: LinearForm, b: LinearForm, sign: 1 | -1): LinearForm {
  const constant = (a.constant + Math.imul(sign, b.constant)) | 0
  if (b.terms.length === 0) return { constant, terms: a.terms }
  const right = scaled(b, sign).terms
  if (a.terms.length === 0) return { constant, terms: right }
  const terms: LinearTerm[] = []
  let i = 0
  let j = 0
  for (;;) {
    const x = a.terms[i]
    const y = right[j]
    if (x === undefined && y === undefined) return { constant, terms }
    if (y === undefined || (x !== undefined && x.key < y.key)) {
      if (x !== undefined) terms.push(x)
      i++
    } else if (x === undefined || y.key < x.key) {
      terms.push(y)
      j++
    } else {
      const coefficient = (x.coefficient + y.coefficient) | 0
      if (coefficient !== 0) terms.push({ coefficient, atom: x.atom, key: x.key })
      i++
      j++
    }
  }
}

/** Alignments are asked up to this power of two. */
const maxAlignment = 64

/** The power of two in a number, up to the maximum. Powers of two alone survive wrapping modulo 2^32. */
const powerOfTwo = (value: number): number => {
  const lowestBit = (value & -value) >>> 0
  return lowestBit === 0 ? maxAlignment : Math.min(maxAlignment, lowestBit)
}

/** A power of two, at most 64, that divides the value of a form. */
export function alignmentOfForm(form: LinearForm, context: LinearContext): number {
  let least = powerOfTwo(form.constant)
  for (const { coefficient, atom } of form.terms) {
    if (least === 1) return 1
    least = Math.min(least, powerOfTwo(coefficient) * atomAlignment(atom, context))
  }
  return least
}

function atomAlignment(atom: Expr, context: LinearContext): number {
  const of = (expr: Expr): number => alignmentOfForm(linearForm(expr, context), context)
  if (atom.kind === 'size') return powerOfTwo(sizeMultipleOf(atom.size))
  if (atom.kind === 'select') return Math.min(of(atom.then), of(atom.else))
  if (atom.kind !== 'binary') return 1
  const { op, left, right } = atom
  switch (op) {
    case 'mul':
      return Math.min(maxAlignment, of(left) * of(right))
    case 'min':
    case 'max':
    case 'mod':
      return Math.min(of(left), of(right))
    case 'bit-and':
      return Math.max(of(left), of(right))
    case 'div': {
      const by = right.kind === 'const' ? Number(right.value) : 0
      const exact = powerOfTwo(by) === by && of(left) % by === 0
      return exact ? of(left) / by : 1
    }
    default:
      return 1
  }
}
