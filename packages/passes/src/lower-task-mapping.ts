/**
 * Replaces each `for-task` by plain loops and index arithmetic (Hidet paper, section 5.1).
 *
 *     for-task (i, k) in repeat(4, 1) * spatial(16, 8) on thread { S(i, k) }
 *  => for r in 0..4 { S(r * 16 + thread / 8, thread % 8) }
 *
 * The tasks come from `tasksOf`, which also evaluates mappings on numbers, so the two cannot disagree. Task variables are
 * substituted, never bound: the index arithmetic of one task is one shared expression, which later passes name once. Only
 * a worker that reads memory is bound first, because the body may change what it read.
 *
 * Idle workers are guarded: a worker that is not provably in 0..workers-1 runs its tasks under a condition.
 */
import {
  add,
  all,
  binary,
  constant,
  defined,
  definePass,
  div,
  type Expr,
  type ForTask,
  forLoop,
  ifThen,
  int,
  letStmt,
  lt,
  mapStmt,
  mod,
  mul,
  type Pass,
  rewriteExpr,
  type Stmt,
  seq,
  type Var,
  variable,
} from '@tilewright/ir'
import { type IndexArithmetic, tasksOf, workers } from '@tilewright/task-mapping'
import { bindVar, enterLoop, isPure, kernelRanges, type RangeEnv, rangeOf } from './ranges.js'

export const lowerTaskMapping: Pass = definePass('lower-task-mapping', { establishes: ['no-for-task'] }, (kernel) => {
  const body = lower(kernel.body, { indices: new Map(), memo: new Map() }, kernelRanges(kernel))
  return body === kernel.body ? kernel : { ...kernel, body }
})

interface State {
  /** What stands for each task variable met so far. Variables are bound once, so this never forgets. */
  readonly indices: Map<Var, Expr>
  /** One memo for the whole body: what is shared stays shared. */
  readonly memo: Map<Expr, Expr>
}

const exprs: IndexArithmetic<Expr> = { constant: int, add, mul, div, mod }

function lower(stmt: Stmt, state: State, env: RangeEnv): Stmt {
  const onExpr = (expr: Expr): Expr => replaceTaskVars(expr, state)
  const within = (inner: RangeEnv) => (child: Stmt) => lower(child, state, inner)
  switch (stmt.kind) {
    case 'for-task':
      return lowerForTask(stmt, state, env)
    case 'for':
      return mapStmt(stmt, onExpr, within(enterLoop(env, stmt.loopVar, onExpr(stmt.extent))))
    case 'let':
      if (stmt.var.dtype === 'i32') bindVar(env, stmt.var, rangeOf(onExpr(stmt.value), env))
      return mapStmt(stmt, onExpr, within(env))
    default:
      return mapStmt(stmt, onExpr, within(env))
  }
}

function replaceTaskVars(expr: Expr, { indices, memo }: State): Expr {
  if (indices.size === 0) return expr
  return rewriteExpr(expr, (node) => (node.kind === 'var' ? (indices.get(node) ?? node) : node), memo)
}

function lowerForTask(stmt: ForTask, state: State, env: RangeEnv): Stmt {
  const { mapping, vars, at } = stmt
  const given = replaceTaskVars(stmt.worker, state)
  const named = isPure(given) ? undefined : variable('worker')
  const worker = named ?? given

  let inner = env
  const loops: { readonly loopVar: Var; readonly extent: Expr; readonly unroll: boolean }[] = []
  const [task] = tasksOf(mapping, worker, exprs, (count, unroll) => {
    const [loopVar, extent] = [variable('r'), int(count)]
    loops.push({ loopVar, extent, unroll })
    inner = enterLoop(inner, loopVar, extent)
    return [loopVar]
  })
  vars.forEach((v, dim) => {
    state.indices.set(v, defined(task?.[dim], 'a mapping gives one index a dimension'))
  })
  // Loops open outermost first, so the position is their variables as one mixed-radix number.
  if (stmt.position !== undefined) {
    const position = loops.reduce<Expr>((sum, { loopVar, extent }) => add(mul(sum, extent), loopVar), int(0))
    state.indices.set(stmt.position, position)
  }

  const nest = loops.reduceRight<Stmt>(
    (body, { loopVar, extent, unroll }) => forLoop(loopVar, extent, body, unroll, at),
    lower(stmt.body, state, inner),
  )
  const guarded = ifThen(isWorker(worker, workers(mapping), env), nest, undefined, at)
  return named === undefined ? guarded : seq([letStmt(named, given, at), guarded])
}

/** The condition for being one of `count` workers: the constant true where that is known. */
function isWorker(worker: Expr, count: number, env: RangeEnv): Expr {
  const { min, max } = rangeOf(worker, env)
  const notNegative = min >= 0 ? constant('bool', true) : binary('le', int(0), worker)
  return all([notNegative, max < count ? constant('bool', true) : lt(worker, int(count))])
}
