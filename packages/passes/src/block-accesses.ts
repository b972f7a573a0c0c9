/**
 * The memory accesses of one straight line of statements: which elements each statement reads and writes, in linear
 * form, so that accesses can be moved past each other where they provably do not meet.
 */
import {
  type Buffer,
  boundVars,
  buffersRead,
  buffersWritten,
  type Expr,
  type Load,
  loadsOf,
  type Stmt,
  stmtChildren,
  stmtExprs,
  type Var,
} from '@tilewright/ir'
import { type LinearContext, linearForm, termsKey } from './linear-form.js'
import { isPure } from './ranges.js'

/** A flat element: elements with one `terms` differ exactly when their constants do. */
export interface Element {
  readonly buffer: Buffer
  readonly index: Expr
  /** Equal for indices that differ by a constant. */
  readonly terms: number
  readonly constant: number
}

export interface Access {
  /** Of the statement in the block. */
  readonly position: number
  /** Undefined where the index is not known: nested statements, or an index that is read from memory. */
  readonly element: Element | undefined
}

/** A load that every run of the block executes, at once or under a guard that gives zero. */
export interface LoadSite extends Access {
  readonly element: Element
  readonly guard: Expr | undefined
  /** What a vector's lane replaces: the load, or the select around it. */
  readonly node: Expr
}

export interface StoreSite extends Access {
  readonly element: Element
  readonly value: Expr
}

export interface Block {
  readonly stmts: readonly Stmt[]
  readonly loads: readonly LoadSite[]
  readonly stores: readonly StoreSite[]
  readonly reads: ReadonlyMap<Buffer, readonly Access[]>
  readonly writes: ReadonlyMap<Buffer, readonly Access[]>
  /** Positions of statements that wait for others, or hold such statements. */
  readonly synchronisations: readonly number[]
  /** Where each variable that the block itself binds is bound. */
  readonly bound: ReadonlyMap<Var, number>
}

/** The statements of a body. */
export function blockStmts(body: Stmt): readonly Stmt[] {
  return body.kind === 'seq' ? body.body : [body]
}

/** What a statement and those inside it access. */
interface Touched {
  readonly reads: ReadonlySet<Buffer>
  readonly writes: ReadonlySet<Buffer>
  readonly synchronises: boolean
}

/** What is known of statements already: a body is asked for again by each body around it. */
export type TouchedMemo = Map<Stmt, Touched>

function touchedBy(stmt: Stmt, memo: TouchedMemo): Touched {
  const known = memo.get(stmt)
  if (known !== undefined) return known
  const reads = new Set(buffersRead(stmt))
  const writes = new Set(buffersWritten(stmt))
  let synchronises = isSynchronisation(stmt)
  for (const child of stmtChildren(stmt)) {
    const inner = touchedBy(child, memo)
    for (const buffer of inner.reads) reads.add(buffer)
    for (const buffer of inner.writes) writes.add(buffer)
    synchronises ||= inner.synchronises
  }
  const touched = { reads, writes, synchronises }
  memo.set(stmt, touched)
  return touched
}

/** The accesses of a body, not of the bodies inside it: those count as accesses to unknown elements. */
export function blockAccesses(body: Stmt, context: LinearContext, memo: TouchedMemo = new Map()): Block {
  const stmts = blockStmts(body)
  const loads: LoadSite[] = []
  const stores: StoreSite[] = []
  const reads = new Map<Buffer, Access[]>()
  const writes = new Map<Buffer, Access[]>()
  const synchronisations: number[] = []
  const bound = new Map<Var, number>()

  const record = (into: Map<Buffer, Access[]>, buffer: Buffer, access: Access): void => {
    const known = into.get(buffer)
    if (known === undefined) into.set(buffer, [access])
    else known.push(access)
  }
  stmts.forEach((stmt, position) => {
    const elements = new Map<Load, Element | undefined>()
    const elementOf = (load: Load): Element | undefined => {
      if (!elements.has(load)) elements.set(load, flatElement(load.buffer, load.index, context))
      return elements.get(load)
    }
    for (const expr of stmtExprs(stmt)) {
      for (const load of loadsOf(expr)) record(reads, load.buffer, { position, element: elementOf(load) })
      collectSites(expr, (node, load, guard) => {
        const element = elementOf(load)
        if (element !== undefined) loads.push({ position, element, guard, node })
      })
    }
    if (stmt.kind === 'store') {
      const element = flatElement(stmt.buffer, stmt.index, context)
      record(writes, stmt.buffer, { position, element })
      if (element !== undefined) stores.push({ position, element, value: stmt.value })
    } else {
      const unknown = { position, element: undefined }
      // Its loads are recorded above, with their elements; what is left is memory that the statement itself reads.
      if (stmt.kind === 'load-vector' || stmt.kind === 'atomic') record(reads, stmt.buffer, unknown)
      if (stmt.kind === 'async-copy' || stmt.kind === 'tile-copy' || stmt.kind === 'load-matrices')
        record(reads, stmt.source, unknown)
      if (stmt.kind === 'async-multiply') for (const { buffer } of [stmt.a, stmt.b]) record(reads, buffer, unknown)
      for (const buffer of buffersWritten(stmt)) record(writes, buffer, unknown)
      if (isSynchronisation(stmt)) synchronisations.push(position)
      for (const child of stmtChildren(stmt)) {
        const inner = touchedBy(child, memo)
        for (const buffer of inner.reads) record(reads, buffer, unknown)
        for (const buffer of inner.writes) record(writes, buffer, unknown)
        if (inner.synchronises) synchronisations.push(position)
      }
    }
    for (const v of boundVars(stmt)) bound.set(v, position)
  })
  return { stmts, loads, stores, reads, writes, synchronisations, bound }
}

/** The element of a flat access; undefined when its index reads memory, or is none. */
function flatElement(buffer: Buffer, index: readonly Expr[], context: LinearContext): Element | undefined {
  const [only] = index
  if (only === undefined || index.length > 1 || !isPure(only)) return undefined
  const form = linearForm(only, context)
  return { buffer, index: only, terms: termsKey(form, context), constant: form.constant }
}

/** Calls `found` for each load that evaluating `expr` is certain to execute, and for each guarded one. */
function collectSites(expr: Expr, found: (node: Expr, load: Load, guard: Expr | undefined) => void): void {
  const seen = new Set<Expr>()
  const visit = (node: Expr): void => {
    if (seen.has(node)) return
    seen.add(node)
    switch (node.kind) {
      case 'load':
        found(node, node, undefined)
        node.index.forEach(visit)
        return
      case 'select':
        visit(node.cond)
        if (node.then.kind === 'load' && isZero(node.else) && isPure(node.cond)) {
          found(node, node.then, node.cond)
        }
        return
      case 'binary':
        visit(node.left)
        if (node.op !== 'and' && node.op !== 'or') visit(node.right)
        return
      case 'unary':
      case 'cast':
      case 'bitcast':
        visit(node.value)
        return
      default:
        return
    }
  }
  visit(expr)
}

/** The zero that a guarded vector load gives: not the negative one. */
const isZero = (expr: Expr): boolean => expr.kind === 'const' && (Object.is(expr.value, 0) || expr.value === false)

function isSynchronisation(stmt: Stmt): boolean {
  switch (stmt.kind) {
    case 'barrier':
    case 'mbarrier-arrive':
    case 'mbarrier-wait':
    case 'async-commit':
    case 'async-wait':
    case 'async-multiply-wait':
      return true
    default:
      return false
  }
}

/** Whether two accesses are to different elements, whatever the values of their variables. */
export function areApart(a: Element, b: Element | undefined): boolean {
  return b !== undefined && a.terms === b.terms && a.constant !== b.constant
}
