/**
 * Chooses which values get a name, and where: every distinct expression that is needed twice, or inside a loop that does
 * not change it, is bound in the innermost block around all its uses that is in no such loop.
 *
 * Expressions are counted by structure (structural-key.ts), those that contain others first: a value that is bound uses
 * its operands once, however often it is used itself.
 */
import {
  type Expr,
  exprChildren,
  type SourceLocation,
  type Stmt,
  stmtExprs,
  tilesRead,
  type Var,
  variable,
} from '@tilewright/ir'
import { type Block, before, outsideLoops, type Position } from './blocks.js'
import type { NamedValue } from './regroup-sums.js'
import { createKeyIds, exprKey } from './structural-key.js'
import { rankOf, type TermOrder } from './term-order.js'
import { isTotal } from './total.js'

/** A value with a name. */
export interface Binding {
  readonly variable: Var
  readonly value: Expr
  readonly at: SourceLocation | undefined
}

export interface Placement {
  /** The variable that an expression is bound to. */
  readonly variableOf: (expr: Expr) => Var | undefined
  /** What is bound before a statement, in order. */
  readonly bindingsAt: (position: Position) => readonly Binding[]
}

/** An expression and where it is needed. */
interface Node {
  readonly expr: Expr
  readonly height: number
  readonly uses: Position[]
  hint: string | undefined
  at: SourceLocation | undefined
}

export interface PlacementFacts {
  readonly named: readonly NamedValue[]
  readonly order: TermOrder
}

export function placeValues(body: Block, { named, order }: PlacementFacts): Placement {
  const ids = createKeyIds()
  const keyOf = (expr: Expr): number => exprKey(expr, ids)
  const names = new Map<number, NamedValue>()
  for (const value of named) if (!names.has(keyOf(value.value))) names.set(keyOf(value.value), value)

  const nodes = new Map<number, Node>()
  const byHeight: Node[][] = []
  const nodeOf = (expr: Expr): Node => {
    const known = nodes.get(keyOf(expr))
    if (known !== undefined) return known
    const height = 1 + exprChildren(expr).reduce((max, child) => Math.max(max, nodeOf(child).height), -1)
    const node: Node = { expr, height, uses: [], hint: undefined, at: undefined }
    nodes.set(keyOf(expr), node)
    const row = byHeight[height] ?? []
    byHeight[height] = row
    row.push(node)
    return node
  }
  const use = (expr: Expr, position: Position, hint: string | undefined, at: SourceLocation | undefined): void => {
    const node = nodeOf(expr)
    if (node.height === 0) return
    node.uses.push(position)
    node.hint ??= hint
    node.at ??= at
  }

  const visit = (block: Block): void => {
    block.entries.forEach(({ stmt, bodies }, index) => {
      const hints = indexHints(stmt)
      for (const expr of stmtExprs(stmt)) use(expr, { block, index }, hints.get(expr), stmt.at)
      bodies.forEach(visit)
    })
  }
  visit(body)

  const variables = new Map<number, Var>()
  const bindings = new Map<Block, Map<number, Binding[]>>()
  for (const row of byHeight.toReversed()) {
    for (const node of row.toReversed()) {
      const { expr, uses, hint } = node
      const position = positionOf(node, order)
      for (const child of exprChildren(expr)) {
        const inner = expr.kind === 'load' ? `${expr.buffer.hint}_base` : isSum(expr) ? hint : undefined
        for (const place of position === undefined ? uses : [position]) use(child, place, inner, node.at)
      }
      if (position === undefined) continue
      const key = keyOf(expr)
      const name = names.get(key)
      const bound = name?.variable ?? variable(hintOf(expr, hint), expr.dtype)
      variables.set(key, bound)
      const inBlock = bindings.get(position.block) ?? new Map<number, Binding[]>()
      bindings.set(position.block, inBlock)
      // Last of the highest first: operands are put before what they are operands of.
      const list = inBlock.get(position.index) ?? []
      inBlock.set(position.index, [{ variable: bound, value: expr, at: name?.at ?? node.at }, ...list])
    }
  }
  return {
    variableOf: (expr) => variables.get(keyOf(expr)),
    bindingsAt: ({ block, index }) => bindings.get(block)?.get(index) ?? [],
  }
}

const isSum = (expr: Expr): boolean =>
  expr.kind === 'binary' && expr.dtype === 'i32' && (expr.op === 'add' || expr.op === 'sub')

/** Where a value is bound; undefined when it stays where it is used. */
function positionOf({ expr, uses }: Node, order: TermOrder): Position | undefined {
  const common = before(uses)
  if (common === undefined) return undefined
  const position = outsideLoops(common, Math.max(0, rankOf(expr, order)))
  const [only, ...others] = uses
  if (others.length === 0 && only?.block.depth === position.block.depth) return undefined
  return isTotal(expr, position.block.env) ? position : undefined
}

/** Names for the indices of accesses, by their buffers. */
function indexHints(stmt: Stmt): ReadonlyMap<Expr, string> {
  const hints = new Map<Expr, string>()
  const add = (buffer: { readonly hint: string }, index: readonly Expr[]): void => {
    for (const expr of index) hints.set(expr, `${buffer.hint}_base`)
  }
  switch (stmt.kind) {
    case 'store':
    case 'atomic':
      add(stmt.buffer, stmt.index)
      break
    case 'load-vector':
    case 'store-vector':
      add(stmt.buffer, [stmt.index])
      break
    case 'load-matrices':
      add(stmt.source, stmt.index)
      break
    case 'async-multiply':
      for (const { buffer, index } of tilesRead(stmt)) add(buffer, index)
      break
    case 'tile-copy':
      add(stmt.destination, stmt.destinationIndex)
      break
    case 'async-copy':
      add(stmt.destination, stmt.destinationIndex)
      add(stmt.source, stmt.sourceIndex)
      break
    default:
      break
  }
  return hints
}

function hintOf(expr: Expr, hint: string | undefined): string {
  if (expr.dtype === 'bool') return 'inside'
  if (isSum(expr) && hint !== undefined) return hint
  if (expr.kind !== 'binary' || expr.right.kind !== 'const') return 't'
  const { op, left, right } = expr
  const name = left.kind === 'builtin' ? left.name.replace('-', '_') : left.kind === 'var' ? left.hint : undefined
  return name === undefined || (op !== 'div' && op !== 'mod') ? 't' : `${name}_${op}_${right.value}`
}
