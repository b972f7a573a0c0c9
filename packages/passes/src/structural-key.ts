/**
 * Structural keys: numbers that are equal exactly when two expressions are equal by structure. Each node is keyed by its
 * own text and the keys of its children, so that a shared expression costs one visit however often it is reached.
 *
 * Variables and buffers count by identity. Operands of commutative arithmetic may stand in either order. Two loads of
 * equal key read the same element, but not the same value when a store stands between them: that is the caller's to know.
 */
import type { BinaryOp, Buffer, Const, Expr, SizeExpr } from '@tilewright/ir'
import { createTupleIds, type TupleIds } from './tuple-ids.js'

/** What has been keyed so far: keys of one table can be compared with each other, and with no others. */
export interface KeyIds {
  readonly tuples: TupleIds
  readonly texts: Map<string, number>
  readonly byNode: Map<Expr | Buffer, number>
}

export function createKeyIds(): KeyIds {
  return { tuples: createTupleIds(), texts: new Map(), byNode: new Map() }
}

/** The number of what is called `text` and has the given parts, new or known. Nothing else has the same. */
export function internKey(ids: KeyIds, text: string, a = -1, b = -1, c = -1): number {
  return ids.tuples.idOf(textNumber(text, ids), a, b, c)
}

function textNumber(text: string, { texts }: KeyIds): number {
  const known = texts.get(text)
  if (known !== undefined) return known
  const fresh = texts.size
  texts.set(text, fresh)
  return fresh
}

/** The key of an expression. */
export function exprKey(expr: Expr, ids: KeyIds): number {
  const known = ids.byNode.get(expr)
  if (known !== undefined) return known
  const key = nodeKey(expr, (child) => exprKey(child, ids), ids)
  ids.byNode.set(expr, key)
  return key
}

function isCommutative(op: BinaryOp): boolean {
  switch (op) {
    case 'add':
    case 'mul':
    case 'bit-and':
    case 'bit-xor':
    case 'eq':
    case 'ne':
      return true
    default:
      return false
  }
}

/** The key of one node, given the keys of its children: for keys that see through more than structure. */
export function nodeKey(expr: Expr, keyOf: (child: Expr) => number, ids: KeyIds): number {
  switch (expr.kind) {
    case 'const':
      return constKey(expr, ids)
    case 'var':
      return identityKey(expr, ids)
    case 'size':
      return internKey(ids, `size ${sizeText(expr.size)}`)
    case 'builtin':
      return internKey(ids, expr.name)
    case 'unary':
      return internKey(ids, expr.op, keyOf(expr.value))
    case 'cast':
    case 'bitcast':
      return internKey(ids, expr.kind, textNumber(expr.dtype, ids), keyOf(expr.value))
    case 'binary': {
      const left = keyOf(expr.left)
      const right = keyOf(expr.right)
      const swap = left > right && isCommutative(expr.op)
      return swap ? internKey(ids, expr.op, right, left) : internKey(ids, expr.op, left, right)
    }
    case 'select':
      return internKey(ids, 'select', keyOf(expr.cond), keyOf(expr.then), keyOf(expr.else))
    case 'load': {
      let key = internKey(ids, 'load', identityKey(expr.buffer, ids))
      for (const index of expr.index) key = internKey(ids, 'index', key, keyOf(index))
      return key
    }
  }
}

function constKey({ dtype, value }: Const, ids: KeyIds): number {
  if (typeof value === 'boolean') return internKey(ids, value ? 'true' : 'false')
  if (Number.isNaN(value)) return internKey(ids, 'NaN')
  return Object.is(value, -0) ? internKey(ids, '-0') : internKey(ids, dtype, value)
}

/** The key of a variable or a buffer: its identity. */
function identityKey(node: Expr | Buffer, ids: KeyIds): number {
  const known = ids.byNode.get(node)
  if (known !== undefined) return known
  // The table grows with every node, so its length has not been seen before.
  const key = internKey(ids, 'identity', ids.byNode.size)
  ids.byNode.set(node, key)
  return key
}

/** Parameters are equal by name and facts, as in `sizeEquals`. */
function sizeText(size: SizeExpr): string {
  if (typeof size === 'number') return String(size)
  if (size.kind === 'size') return `${JSON.stringify(size.name)}:${size.min}:${size.max}:${size.multipleOf}`
  return `(${size.op} ${sizeText(size.left)} ${sizeText(size.right)})`
}
