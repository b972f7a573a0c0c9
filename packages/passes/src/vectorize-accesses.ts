/**
 * Merges loads and stores of consecutive elements into vector accesses.
 *
 *     let a0 = x[i * 4]; let a1 = x[i * 4 + 1]; let a2 = x[i * 4 + 2]; let a3 = x[i * 4 + 3]
 *  => [t0, t1, t2, t3] = load-vector x[i * 4]; let a0 = t0; let a1 = t1; let a2 = t2; let a3 = t3
 *
 *     c[j] = a; c[j + 1] = b; c[j + 2] = c; c[j + 3] = d            j a multiple of 4
 *  => store-vector c[j] = [a, b, c, d]
 *
 * The accesses stand in one straight line of statements; their flat indices differ by constants, and the first is provably
 * a multiple of the lanes (linear-form.ts); nothing between them may touch the same elements (plan-vectors.ts). Loads are
 * executed whenever the line is, or all under one guard: `select(guard, load, 0)`. Storage and workgroup memory of
 * four-byte elements only.
 *
 * One element type per buffer and kernel: a buffer that keeps a scalar store is left scalar altogether. In WGSL a
 * binding of vectors can be read by component, but a store to one component may write its neighbours.
 */
import {
  type Buffer,
  buffersWritten,
  definePass,
  type Expr,
  letStmt,
  loadsOf,
  loadVector,
  mapExpr,
  mapStmt,
  type Pass,
  type Stmt,
  seq,
  stmtChildren,
  stmtExprs,
  storeVector,
  variable,
  walkStmts,
} from '@tilewright/ir'
import { blockAccesses, blockStmts, type TouchedMemo } from './block-accesses.js'
import { letDefinitions } from './let-definitions.js'
import { type LinearContext, linearContext } from './linear-form.js'
import { type BlockPlan, type PlannedStore, planVectors } from './plan-vectors.js'

export interface VectorizeOptions {
  /** Elements of one access: `Target.vectorLanes`, where it is above 1. */
  readonly lanes: 2 | 4
}

/** The pass, for vectors of so many lanes. */
export function vectorizeAccesses({ lanes }: VectorizeOptions): Pass {
  return definePass('vectorize-accesses', { requires: ['flat-indices'] }, (kernel) => {
    const plans = new Map<Stmt, BlockPlan>()
    planBodies(kernel.body, lanes, linearContext(letDefinitions(kernel.body)), new Map(), plans)
    if (plans.size === 0) return kernel
    keepOneElementType(kernel.body, plans)
    return plans.size === 0 ? kernel : { ...kernel, body: applyPlans(kernel.body, plans) }
  })
}

/** Plans a body and those inside it. */
function planBodies(
  body: Stmt,
  lanes: 2 | 4,
  context: LinearContext,
  touched: TouchedMemo,
  plans: Map<Stmt, BlockPlan>,
): void {
  const plan = planVectors(blockAccesses(body, context, touched), lanes, context)
  if (plan.loads.length > 0 || plan.stores.length > 0) plans.set(body, plan)
  for (const stmt of blockStmts(body)) {
    for (const child of stmtChildren(stmt)) planBodies(child, lanes, context, touched, plans)
  }
}

/**
 * Drops every vector of a buffer that would keep a scalar write, or more scalar loads than vectors have elements: reading one
 * component of a binding of vectors at a varying index costs more than a scalar load.
 */
function keepOneElementType(body: Stmt, plans: Map<Stmt, BlockPlan>): void {
  const scalarWrites = new Map<Buffer, number>()
  const count = (buffer: Buffer, by: number): void => {
    scalarWrites.set(buffer, (scalarWrites.get(buffer) ?? 0) + by)
  }
  walkStmts(body, (stmt) => {
    if (stmt.kind !== 'store-vector') for (const buffer of buffersWritten(stmt)) count(buffer, 1)
  })
  for (const { stores } of plans.values()) for (const { buffer, lanes } of stores) count(buffer, -lanes.length)
  const scalarLoads = new Map<Buffer, number>()
  const countLoad = (buffer: Buffer, by: number): void => {
    scalarLoads.set(buffer, (scalarLoads.get(buffer) ?? 0) + by)
  }
  walkStmts(body, (stmt) => {
    for (const expr of stmtExprs(stmt)) for (const { buffer } of loadsOf(expr)) countLoad(buffer, 1)
  })
  const inVectors = new Map<Buffer, number>()
  const countVector = (buffer: Buffer, lanes: number): void => {
    inVectors.set(buffer, (inVectors.get(buffer) ?? 0) + lanes)
  }
  for (const { loads, stores } of plans.values()) {
    for (const { buffer, lanes } of stores) countVector(buffer, lanes.length)
    for (const { buffer, replaced } of loads) {
      countLoad(buffer, -replaced.length)
      countVector(buffer, replaced.length)
    }
  }
  const isVector = ({ buffer }: { readonly buffer: Buffer }): boolean =>
    (scalarWrites.get(buffer) ?? 0) === 0 && (scalarLoads.get(buffer) ?? 0) <= (inVectors.get(buffer) ?? 0)
  for (const [at, { loads, stores }] of plans) {
    const kept = { loads: loads.filter(isVector), stores: stores.filter(isVector) }
    if (kept.loads.length > 0 || kept.stores.length > 0) plans.set(at, kept)
    else plans.delete(at)
  }
}

function applyPlans(body: Stmt, plans: ReadonlyMap<Stmt, BlockPlan>): Stmt {
  const inside = (child: Stmt): Stmt => applyPlans(child, plans)
  const plan = plans.get(body)
  if (plan === undefined) {
    // A sequence holds statements; anything else is a body of one statement, whose children are bodies.
    const each = (stmt: Stmt): Stmt => mapStmt(stmt, (expr) => expr, inside)
    return body.kind === 'seq' ? mapStmt(body, (expr) => expr, each) : each(body)
  }
  const stmts = blockStmts(body)
  const before = stmts.map((): Stmt[] => [])
  const replaced = stmts.map(() => new Map<Expr, Expr>())
  for (const { buffer, position, vars, index, guard, replaced: sites } of plan.loads) {
    before[position]?.push(loadVector(vars, buffer, index, guard, stmts[position]?.at))
    for (const site of sites) replaced[site.position]?.set(site.node, site.by)
  }
  const vectorOf = new Map<number, PlannedStore>()
  for (const planned of plan.stores) for (const { position } of planned.lanes) vectorOf.set(position, planned)

  const values = new Map<number, Expr>()
  const result = stmts.flatMap((stmt, position): readonly Stmt[] => {
    const mapped = mapStmt(stmt, replacing(replaced[position]), inside)
    const loads = before[position] ?? []
    const planned = vectorOf.get(position)
    if (planned === undefined || mapped.kind !== 'store') return [...loads, mapped]
    const early = planned.lanes.some((lane) => lane.position === position && lane.early)
    const kept = early ? variable(mapped.buffer.hint, mapped.value.dtype) : undefined
    values.set(position, kept ?? mapped.value)
    const lets = kept === undefined ? [] : [letStmt(kept, mapped.value, mapped.at)]
    if (position !== planned.position) return [...loads, ...lets]
    const lanes = planned.lanes.flatMap((lane) => values.get(lane.position) ?? [])
    return [...loads, ...lets, storeVector(planned.buffer, planned.index, lanes, mapped.at)]
  })
  return seq(result)
}

/** Replaces nodes from the top down: a select that is replaced whole is not looked into. */
function replacing(nodes: ReadonlyMap<Expr, Expr> | undefined): (expr: Expr) => Expr {
  if (nodes === undefined || nodes.size === 0) return (expr) => expr
  const memo = new Map<Expr, Expr>(nodes)
  const replace = (expr: Expr): Expr => {
    const known = memo.get(expr)
    if (known !== undefined) return known
    const result = mapExpr(expr, replace)
    memo.set(expr, result)
    return result
  }
  return replace
}
