/**
 * Simplifies expressions and removes statements that do nothing, to a fixed point.
 *
 *     let t = thread / 8 * 8 + thread % 8; for i in 0..1 { if i < 4 { c[(i + t) * 1] = a[t * 4 / 4] } }
 *  => c[thread] = a[thread]
 *
 * What is known of integers comes from ranges.ts: the launch, loops, sizes, and the conditions around a place. Expressions
 * become canonical (build-sum.ts), so that equal values are equal trees afterwards. Comparisons decided, conditions with
 * constants, loops of one iteration or none, unused values and private memory nobody reads go away.
 */
import {
  boundVars,
  constant,
  definePass,
  type Expr,
  forLoop,
  ifThen,
  int,
  letStmt,
  mapStmt,
  type Pass,
  type Stmt,
  seq,
  sizeRange,
  unary,
  walkStmts,
} from '@tilewright/ir'
import { taskShape, tasksPerWorker } from '@tilewright/task-mapping'
import { bindVar, elementRange, enterLoop, kernelRanges, rangeOf } from './ranges.js'
import { isEmpty, removeDead } from './remove-dead.js'
import { type Place, placeIn, placeWhere, simplifyExpr } from './simplify-expr.js'
import { type TermOrder, termOrder } from './term-order.js'

const nothing: Stmt = seq([])

export const simplify: Pass = definePass('simplify', {}, (kernel) => {
  // A launch of no workgroups is skipped: what its body would do, out of bounds as a rule, is never asked for.
  if (kernel.workgroups.some((count) => sizeRange(count).max === 0)) {
    return isEmpty(kernel.body) ? kernel : { ...kernel, body: nothing }
  }
  let body = kernel.body
  let order = termOrder(body)
  for (;;) {
    const next = removeDead(simplifyStmt(body, placeIn(kernelRanges(kernel), order, new Map())))
    const nextOrder = termOrder(next)
    // Expressions are as simple as they get; but the order of their terms goes by the loops around, and some may be gone.
    if (next === body || isSettled(next, order, nextOrder)) {
      return next === kernel.body ? kernel : { ...kernel, body: next }
    }
    body = next
    order = nextOrder
  }
})

/** Whether simplifying once more would change nothing. */
function isSettled(body: Stmt, order: TermOrder, next: TermOrder): boolean {
  let settled = true
  walkStmts(body, (stmt) => {
    // What was removed may have left an arm of a condition empty.
    if (stmt.kind === 'if' && (isEmpty(stmt.then) || (stmt.else !== undefined && isEmpty(stmt.else)))) settled = false
    for (const v of boundVars(stmt)) if (order.depthOf(v) !== next.depthOf(v)) settled = false
  })
  return settled
}

function simplifyStmt(stmt: Stmt, place: Place): Stmt {
  const simple = (expr: Expr): Expr => simplifyExpr(expr, place)
  const inside = (child: Stmt): Stmt => simplifyStmt(child, place)
  switch (stmt.kind) {
    case 'let': {
      const value = simple(stmt.value)
      if (isLeaf(value)) {
        place.aliases.set(stmt.var, value)
        return nothing
      }
      if (value.dtype !== 'f32') bindVar(place.env, stmt.var, rangeOf(value, place.env))
      return value === stmt.value ? stmt : letStmt(stmt.var, value, stmt.at)
    }
    case 'for': {
      const extent = simple(stmt.extent)
      const { min, max } = rangeOf(extent, place.env)
      if (max <= 0) return nothing
      if (min === 1 && max === 1) {
        place.aliases.set(stmt.loopVar, int(0))
        return inside(stmt.body)
      }
      const env = enterLoop(place.env, stmt.loopVar, extent)
      const body = simplifyStmt(stmt.body, placeIn(env, place.order, place.aliases))
      if (isEmpty(body)) return nothing
      return extent === stmt.extent && body === stmt.body
        ? stmt
        : forLoop(stmt.loopVar, extent, body, stmt.unroll, stmt.at)
    }
    case 'for-task': {
      const shape = taskShape(stmt.mapping)
      stmt.vars.forEach((v, d) => {
        bindVar(place.env, v, { min: 0, max: (shape[d] ?? 1) - 1 })
      })
      if (stmt.position !== undefined) {
        bindVar(place.env, stmt.position, { min: 0, max: tasksPerWorker(stmt.mapping) - 1 })
      }
      return mapStmt(stmt, simple, inside)
    }
    case 'if': {
      const cond = simple(stmt.cond)
      if (cond.kind === 'const')
        return cond.value ? inside(stmt.then) : stmt.else === undefined ? nothing : inside(stmt.else)
      const branch = (body: Stmt, truth: boolean): Stmt => simplifyStmt(body, placeWhere(place, cond, truth))
      const then = branch(stmt.then, true)
      const otherwise = stmt.else === undefined ? undefined : branch(stmt.else, false)
      const hasElse = otherwise !== undefined && !isEmpty(otherwise)
      if (isEmpty(then)) return hasElse ? ifThen(simple(unary('not', cond)), otherwise, undefined, stmt.at) : nothing
      if (
        cond === stmt.cond &&
        then === stmt.then &&
        otherwise === stmt.else &&
        hasElse === (otherwise !== undefined)
      ) {
        return stmt
      }
      return ifThen(cond, then, hasElse ? otherwise : undefined, stmt.at)
    }
    case 'load-vector': {
      const mapped = mapStmt(stmt, simple, inside)
      for (const v of stmt.vars) bindVar(place.env, v, elementRange(stmt.buffer.dtype))
      if (mapped.kind !== 'load-vector' || mapped.guard?.kind !== 'const') return mapped
      if (mapped.guard.value) return { ...mapped, guard: undefined }
      return inside(seq(stmt.vars.map((v) => letStmt(v, constant(v.dtype, 0), stmt.at))))
    }
    case 'async-copy': {
      const mapped = mapStmt(stmt, simple, inside)
      const always = mapped.kind === 'async-copy' && mapped.guard?.kind === 'const' && mapped.guard.value
      return always ? { ...mapped, guard: undefined } : mapped
    }
    default:
      return mapStmt(stmt, simple, inside)
  }
}

/** What is as cheap to write as the name of a variable. */
const isLeaf = (expr: Expr): boolean =>
  expr.kind === 'const' || expr.kind === 'var' || expr.kind === 'size' || expr.kind === 'builtin'
