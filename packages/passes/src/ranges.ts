/**
 * What is known of the integers in a kernel: for each place in it an environment, for each expression the interval its
 * value lies in. Everything here is safe: a sum that may wrap has the range of its type, and an unproven bound is no bound.
 *
 * Knowledge comes from the launch (thread, workgroup), from loops, from `let`s, from the facts of sizes, and from the
 * conditions around a place. Bounds between expressions (i < N) are kept as linear inequalities.
 */
import {
  type Builtin,
  binary,
  builtin,
  computeType,
  type Expr,
  type Kernel,
  type SizeExpr,
  sizeValue,
  someExpr,
  type Var,
} from '@tilewright/ir'
import { binaryRange, intersect, point, product, type Range, typeRange, union, within, wrapped } from './interval.js'
import { type LinearContext, type LinearForm, linearContext, linearForm, linearKey } from './linear-form.js'
import { kernelSizeRanges } from './size-ranges.js'

export type { Range } from './interval.js'

/** Σ terms <= max, in exact integers. */
export interface Bound {
  readonly form: LinearForm
  readonly max: number
}

/** What is known at one place. Enlarged for a nested place by `assume` and `enterLoop`, which leave it as it is. */
export interface RangeEnv {
  /** Forms and keys, shared by all places of a kernel. */
  readonly context: LinearContext
  readonly size: (size: SizeExpr) => Range
  readonly builtins: ReadonlyMap<Builtin, Range>
  /** Ranges of bound variables, shared by all places. */
  readonly vars: Map<Var, Range>
  /** Ranges of atoms that conditions narrow, by key. */
  readonly atoms: ReadonlyMap<number, Range>
  /** Bounds by the keys of the atoms in them. */
  readonly bounds: ReadonlyMap<number, readonly Bound[]>
  /** Conditions known to hold or not, by key. */
  readonly conditions: ReadonlyMap<number, boolean>
  readonly memo: Map<Expr, Range>
}

/** An environment in which nothing is known but `vars`. */
export function emptyRanges(vars: Map<Var, Range> = new Map()): RangeEnv {
  return {
    context: linearContext(),
    size: kernelSizeRanges([]),
    builtins: new Map(),
    vars,
    atoms: new Map(),
    bounds: new Map(),
    conditions: new Map(),
    memo: new Map(),
  }
}

/** What is known at the top of a kernel. */
export function kernelRanges(kernel: Kernel): RangeEnv {
  const { threads, subgroupSize = threads, workgroups } = kernel
  const size = kernelSizeRanges(kernel.params)
  const below = (count: number): Range => ({ min: 0, max: Math.max(0, count - 1) })
  const names: readonly Builtin[] = ['workgroup-x', 'workgroup-y', 'workgroup-z']
  const launch = workgroups.map((count, i) => ({ name: names[i] ?? 'workgroup-x', count }))
  const env: RangeEnv = {
    ...emptyRanges(),
    size,
    builtins: new Map<Builtin, Range>([
      ['thread', below(threads)],
      ['lane', below(subgroupSize)],
      ['subgroup', below(threads / subgroupSize)],
      ...launch.map(({ name, count }): [Builtin, Range] => [name, below(size(count).max)]),
    ]),
  }
  return launch
    .filter(({ count }) => typeof count !== 'number')
    .reduce((known, { name, count }) => addBound(known, builtin(name), sizeValue(count), -1), env)
}

/** Binds a variable that is introduced at this place: a `let`, or what a load gives. */
export function bindVar(env: RangeEnv, variable: Var, range: Range): void {
  env.vars.set(variable, range)
}

/** What is known inside `for loopVar in 0..extent`: the body runs only when the extent is positive. */
export function enterLoop(env: RangeEnv, loopVar: Var, extent: Expr): RangeEnv {
  const { max } = rangeOf(extent, env)
  bindVar(env, loopVar, { min: 0, max: Math.max(0, max - 1) })
  const inside: RangeEnv = { ...env, memo: new Map() }
  return extent.kind === 'const' || !isPure(extent) ? inside : addBound(inside, loopVar, extent, -1)
}

/** What is known where `condition` is `truth`. Conditions that read memory add nothing: it may change. */
export function assume(env: RangeEnv, condition: Expr, truth: boolean): RangeEnv {
  if (condition.kind === 'const' || !isPure(condition)) return env
  const key = linearKey(condition, env.context)
  const known: RangeEnv = { ...env, memo: new Map(), conditions: new Map(env.conditions).set(key, truth) }
  if (condition.kind === 'unary') return assume(known, condition.value, !truth)
  if (condition.kind !== 'binary') return known
  const { op, left, right } = condition
  if (op === (truth ? 'and' : 'or')) return assume(assume(known, left, truth), right, truth)
  if (left.dtype !== 'i32') return known
  switch (op) {
    case 'lt':
      return truth ? addBound(known, left, right, -1) : addBound(known, right, left, 0)
    case 'le':
      return truth ? addBound(known, left, right, 0) : addBound(known, right, left, -1)
    case 'eq':
      return truth ? addBound(addBound(known, left, right, 0), right, left, 0) : excludeValue(known, left, right)
    case 'ne':
      return truth ? excludeValue(known, left, right) : assume(known, binary('eq', left, right), true)
    default:
      return known
  }
}

/** Whether an expression has one value wherever its variables have theirs: it reads no memory. */
export function isPure(expr: Expr): boolean {
  return !someExpr(expr, (node) => node.kind === 'load')
}

/** The interval that the value of an integer or boolean expression lies in. */
export function rangeOf(expr: Expr, env: RangeEnv): Range {
  const known = env.memo.get(expr)
  if (known !== undefined) return known
  const range = computeRange(expr, env)
  env.memo.set(expr, range)
  return range
}

function computeRange(expr: Expr, env: RangeEnv): Range {
  if (expr.dtype !== 'i32') return atomRange(expr, env)
  const form = linearForm(expr, env.context)
  const range = exactRange(form, env) ?? typeRange('i32')
  // A size is bounded as a whole too: M * N is below 2^31 whatever M and N may be.
  return expr.kind === 'size' ? intersect(env.size(expr.size), range) : range
}

/** The exact interval of a linear form; undefined when its value may wrap. */
export function exactRange(form: LinearForm, env: RangeEnv): Range | undefined {
  const range = interval(form, env)
  return within(range, typeRange('i32')) ? range : undefined
}

/** The interval of a form as a sum of exact integers. */
export function interval(form: LinearForm, env: RangeEnv): Range {
  let min = form.constant
  let max = form.constant
  for (const { atom, key, coefficient } of form.terms) {
    const range = termRange(atom, key, env)
    min += coefficient * (coefficient < 0 ? range.max : range.min)
    max += coefficient * (coefficient < 0 ? range.min : range.max)
  }
  // Beyond 2^53 sums are no longer exact; such forms are known to nobody.
  if (Math.abs(min) > Number.MAX_SAFE_INTEGER || Math.abs(max) > Number.MAX_SAFE_INTEGER) {
    return { min: -Infinity, max: Infinity }
  }
  return { min, max }
}

const termRange = (atom: Expr, key: number, env: RangeEnv): Range => {
  const range = atomRange(atom, env)
  const narrowed = env.atoms.get(key)
  return narrowed === undefined ? range : intersect(range, narrowed)
}

function atomRange(expr: Expr, env: RangeEnv): Range {
  switch (expr.kind) {
    case 'const':
      return expr.dtype === 'f32' ? typeRange('f32') : point(Number(expr.value))
    case 'var':
      return env.vars.get(expr) ?? typeRange(expr.dtype)
    case 'size':
      return env.size(expr.size)
    case 'builtin':
      return env.builtins.get(expr.name) ?? { min: 0, max: typeRange('i32').max }
    case 'unary':
    case 'bitcast':
      return typeRange(expr.dtype)
    case 'binary': {
      const { op, left, right, dtype } = expr
      if (dtype === 'bool' || dtype === 'f32') return typeRange(dtype)
      return binaryRange(op, rangeOf(left, env), rangeOf(right, env), dtype)
    }
    case 'select':
      return union(rangeOf(expr.then, env), rangeOf(expr.else, env))
    case 'cast':
      return castRange(expr.value, expr.dtype, env)
    case 'load':
      return elementRange(expr.buffer.dtype)
  }
}

function castRange(value: Expr, to: Expr['dtype'], env: RangeEnv): Range {
  if (value.dtype === 'f32' || to === 'f32') return typeRange(to)
  return to === 'bool' ? typeRange('bool') : wrapped(rangeOf(value, env), to)
}

/** What a load from a buffer of `dtype` can give. */
export function elementRange(dtype: Parameters<typeof computeType>[0]): Range {
  if (dtype === 'i8') return { min: -128, max: 127 }
  return dtype === 'u8' ? { min: 0, max: 255 } : typeRange(computeType(dtype))
}

/** What is known where left <= right + slack, the operands being i32 values. */
function addBound(env: RangeEnv, left: Expr, right: Expr, slack: number): RangeEnv {
  const [a, b] = [linearForm(left, env.context), linearForm(right, env.context)]
  if (exactRange(a, env) === undefined || exactRange(b, env) === undefined) return env
  const form = combine(a, b, -1)
  const bound: Bound = { form: { ...form, constant: 0 }, max: slack - form.constant }
  const bounds = new Map(env.bounds)
  if (form.terms.length > 1) {
    for (const { key } of form.terms) bounds.set(key, [...(bounds.get(key) ?? []), bound])
  }
  const atoms = new Map(env.atoms)
  for (const { atom, key, coefficient } of form.terms) {
    // coefficient * atom <= max - (the rest at its least).
    const own = termRange(atom, key, env)
    const rest = interval(bound.form, env).min - product(own, point(coefficient)).min
    const most = (bound.max - rest) / coefficient
    if (!Number.isFinite(most)) continue
    const limit = coefficient > 0 ? { min: own.min, max: Math.floor(most) } : { min: Math.ceil(most), max: own.max }
    narrow(atom, key, intersect(own, limit), atoms, env)
  }
  return { ...env, bounds, atoms, memo: new Map() }
}

function narrow(atom: Expr, key: number, range: Range, atoms: Map<number, Range>, env: RangeEnv): void {
  atoms.set(key, range)
  // A product of sizes that is not zero has no factor that is.
  if (atom.kind !== 'size' || range.min < 1 || typeof atom.size === 'number') return
  if (atom.size.kind !== 'size-op' || atom.size.op !== 'mul') return
  for (const factor of [atom.size.left, atom.size.right]) {
    if (typeof factor === 'number') continue
    const value = sizeValue(factor)
    const factorKey = linearKey(value, env.context)
    const own = termRange(value, factorKey, env)
    narrow(value, factorKey, intersect(own, { min: 1, max: own.max }), atoms, env)
  }
}

/** left != right: matters where the value is at the end of a range. */
function excludeValue(env: RangeEnv, left: Expr, right: Expr): RangeEnv {
  const difference = linearForm(left, env.context)
  const other = rangeOf(right, env)
  const own = rangeOf(left, env)
  if (other.min !== other.max || difference.terms.length === 0) return env
  if (own.min === other.min) return addBound(env, right, left, -1)
  return own.max === other.max ? addBound(env, left, right, -1) : env
}

/** a + factor · b in exact integers, unlike i32's sums. */
export function combine(a: LinearForm, b: LinearForm, factor: number): LinearForm {
  const terms = a.terms.slice()
  for (const { coefficient, atom, key } of b.terms) {
    const at = terms.findIndex((term) => term.key === key)
    const sum = (terms[at]?.coefficient ?? 0) + factor * coefficient
    if (sum === 0 && at >= 0) terms.splice(at, 1)
    else if (at >= 0) terms[at] = { coefficient: sum, atom, key }
    else if (sum !== 0) terms.push({ coefficient: sum, atom, key })
  }
  return { constant: a.constant + factor * b.constant, terms }
}

/** How many bounds may be chained to prove another: i < n and n <= m give i < m. */
const chainLength = 3

/** The largest value of a form in exact integers, by intervals and by known bounds. */
export function maximumOf(form: LinearForm, env: RangeEnv, chain: number = chainLength): number {
  let best = interval(form, env).max
  if (chain === 0 || form.terms.length < 2) return best
  for (const { key, coefficient } of form.terms) {
    for (const bound of env.bounds.get(key) ?? []) {
      const own = bound.form.terms.find((term) => term.key === key)
      const factor = own === undefined ? 0 : coefficient / own.coefficient
      if (!Number.isInteger(factor) || factor < 1) continue
      best = Math.min(best, maximumOf(combine(form, bound.form, -factor), env, chain - 1) + factor * bound.max)
    }
  }
  return best
}
