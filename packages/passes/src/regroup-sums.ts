/**
 * Prepares expressions for sharing: values of `let`s are put in place, sums are written with what is known outermost
 * first, conditions with what is tested outermost first. Then what two addresses share, and what a loop does not change,
 * are subexpressions.
 *
 *     for k { let i = k + 3; x = a[i * 64 + thread] }  =>  for k { x = a[thread + 192 + k * 64] }
 *
 * A constant that all addresses of one form have is added to what is outermost; others go last.
 */
import {
  and,
  binary,
  type Expr,
  type Kernel,
  mapExpr,
  mapStmt,
  type SourceLocation,
  type Stmt,
  seq,
  stmtExprs,
  type Var,
  walkExpr,
  walkStmts,
} from '@tilewright/ir'
import { addForms, buildProduct, buildSum } from './build-sum.js'
import { type LinearContext, type LinearForm, linearContext, linearForm, termsKey } from './linear-form.js'
import { bindVar, elementRange, enterLoop, kernelRanges, type RangeEnv, rangeOf } from './ranges.js'
import { rankOf, type TermOrder, termOrder } from './term-order.js'
import { isTotal } from './total.js'

/** A `let` that is gone: the variable can be used again for the same value. */
export interface NamedValue {
  readonly value: Expr
  readonly variable: Var
  readonly at: SourceLocation | undefined
}

export interface Regrouped {
  readonly body: Stmt
  readonly named: readonly NamedValue[]
  readonly order: TermOrder
  readonly env: RangeEnv
}

/** Values of more terms or nodes keep their name: repeating them in every use would not end. */
const maxTerms = 8
const maxNodes = 64

export function regroupSums(kernel: Kernel): Regrouped {
  const order = termOrder(kernel.body)
  const env = kernelRanges(kernel)
  const definitions = new Map<Var, Expr>()
  const context = linearContext(definitions)
  const setting: Setting = { context, definitions, order, env }

  const plain = regrouper(setting, () => 0)
  walkStmts(kernel.body, (stmt) => {
    bindRanges(stmt, env)
    if (stmt.kind !== 'let' || !isTotal(stmt.value, env)) return
    if (isSmall(plain(stmt.value), context)) definitions.set(stmt.var, stmt.value)
  })
  const write = regrouper(setting, sharedConstants(kernel.body, setting))
  const named: NamedValue[] = []
  const rewrite = (stmt: Stmt): Stmt => {
    if (stmt.kind !== 'let' || !definitions.has(stmt.var)) return mapStmt(stmt, write, rewrite)
    named.push({ value: write(stmt.value), variable: stmt.var, at: stmt.at })
    return seq([])
  }
  return { body: rewrite(kernel.body), named, order, env }
}

/** The part of a form's constant that goes outermost: the least of all sums that differ from it by a constant, unless 0. */
function sharedConstants(body: Stmt, setting: Setting): (form: LinearForm) => number {
  const { context, definitions } = setting
  const constants = new Map<number, Set<number>>()
  const keyOf = (form: LinearForm): number => termsKey(form, context)
  const look = regrouper(setting, (form) => {
    constants.set(keyOf(form), (constants.get(keyOf(form)) ?? new Set()).add(form.constant))
    return 0
  })
  walkStmts(body, (stmt) => {
    if (stmt.kind !== 'let' || !definitions.has(stmt.var)) stmtExprs(stmt).forEach(look)
  })
  return (form) => {
    const known = constants.get(keyOf(form))
    return known === undefined || known.has(0) ? 0 : Math.min(...known)
  }
}

/** Binds the ranges of the variables that a statement introduces. */
function bindRanges(stmt: Stmt, env: RangeEnv): void {
  if (stmt.kind === 'let' && stmt.value.dtype !== 'f32') bindVar(env, stmt.var, rangeOf(stmt.value, env))
  if (stmt.kind === 'load-vector') for (const v of stmt.vars) bindVar(env, v, elementRange(stmt.buffer.dtype))
  if (stmt.kind === 'for') enterLoop(env, stmt.loopVar, stmt.extent)
}

function isSmall(value: Expr, context: LinearContext): boolean {
  let nodes = 0
  walkExpr(value, () => nodes++)
  return nodes <= maxNodes && (value.dtype !== 'i32' || linearForm(value, context).terms.length <= maxTerms)
}

interface Setting {
  readonly context: LinearContext
  readonly definitions: ReadonlyMap<Var, Expr>
  readonly order: TermOrder
  readonly env: RangeEnv
}

/** The rewriter; `early` says how much of a form's constant goes with what is outermost. */
function regrouper(
  { context, definitions, order, env }: Setting,
  early: (form: LinearForm) => number,
): (expr: Expr) => Expr {
  const memo = new Map<Expr, Expr>()
  const regroup = (expr: Expr): Expr => {
    const known = memo.get(expr)
    if (known !== undefined) return known
    const result = compute(expr)
    memo.set(expr, result)
    return result
  }
  const compute = (expr: Expr): Expr => {
    if (expr.kind === 'var') {
      const definition = definitions.get(expr)
      return definition === undefined ? expr : regroup(definition)
    }
    if (expr.kind === 'const' || expr.kind === 'size' || expr.kind === 'builtin') return expr
    if (expr.kind === 'binary' && expr.op === 'and') return conjunction(expr)
    if (expr.dtype !== 'i32') return mapExpr(expr, regroup)
    const form = linearForm(expr, context)
    const [only] = form.terms
    if (form.terms.length === 1 && form.constant === 0 && only?.coefficient === 1) return atom(only.atom)
    // With values in place of their names, an atom may have become a constant, or a sum.
    const sum = form.terms.reduce<LinearForm>(
      (total, term) => addForms(total, linearForm(atom(term.atom), context), term.coefficient),
      { constant: form.constant, terms: [] },
    )
    const levels = new Set(sum.terms.map((term) => Math.max(0, rankOf(term.atom, order))))
    return buildSum(sum, order, levels.size > 1 ? early(sum) : 0)
  }
  /** What is no sum: its operands may be. */
  const atom = (expr: Expr): Expr => {
    if (expr.kind === 'var' || expr.kind !== 'binary' || expr.op !== 'mul') return mapExpr(expr, regroup)
    return buildProduct(factors(expr).map(regroup), order)
  }
  const factors = (expr: Expr): readonly Expr[] =>
    expr.kind === 'binary' && expr.op === 'mul' ? [...factors(expr.left), ...factors(expr.right)] : [expr]

  const conjunction = (expr: Expr): Expr => {
    const parts = conjuncts(expr).map(regroup)
    // Conditions may be tested in any order where each may be tested at all.
    if (!parts.every((part) => isTotal(part, env))) return parts.reduce(and)
    return [...parts].sort((a, b) => rankOf(a, order) - rankOf(b, order)).reduce((a, b) => binary('and', a, b))
  }
  const conjuncts = (expr: Expr): readonly Expr[] =>
    expr.kind === 'binary' && expr.op === 'and' ? [...conjuncts(expr.left), ...conjuncts(expr.right)] : [expr]
  return regroup
}
