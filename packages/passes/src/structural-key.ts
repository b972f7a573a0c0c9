/**
 * Structural keys: numbers that are equal exactly when two expressions are equal by structure. Each node is keyed by its
 * own text and the keys of its children, so that a shared expression costs one visit however often it is reached.
 *
 * Variables and buffers count by identity. Operands of commutative arithmetic may stand in either order. Two loads of
 * equal key read the same element, but not the same value when a store stands between them: that is the caller's to know.
 */
import { type BinaryOp, type Buffer, type Expr, exprChildren, type SizeExpr } from '@tilewright/ir'

/** What has been keyed so far: keys of one table can be compared with each other, and with no others. */
export interface KeyIds {
  readonly byText: Map<string, number>
  readonly byNode: Map<Expr | Buffer, number>
}

export function createKeyIds(): KeyIds {
  return { byText: new Map(), byNode: new Map() }
}

/** The number of a text, new or known. */
export function internText(text: string, ids: KeyIds): number {
  const known = ids.byText.get(text)
  if (known !== undefined) return known
  const fresh = ids.byText.size
  ids.byText.set(text, fresh)
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

const commutative: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['add', 'mul', 'bit-and', 'bit-xor', 'eq', 'ne'])

/** The key of one node, given the keys of its children: for keys that see through more than structure. */
export function nodeKey(expr: Expr, keyOf: (child: Expr) => number, ids: KeyIds): number {
  const children = (): string => exprChildren(expr).map(keyOf).join(' ')
  switch (expr.kind) {
    case 'const':
      return internText(`const ${expr.dtype} ${Object.is(expr.value, -0) ? '-0' : expr.value}`, ids)
    case 'var':
      return identityKey(expr, ids)
    case 'size':
      return internText(`size ${sizeText(expr.size)}`, ids)
    case 'builtin':
      return internText(expr.name, ids)
    case 'unary':
      return internText(`${expr.op} ${children()}`, ids)
    case 'cast':
      return internText(`cast ${expr.dtype} ${children()}`, ids)
    case 'binary': {
      const [left, right] = [keyOf(expr.left), keyOf(expr.right)]
      const swap = commutative.has(expr.op) && left > right
      return internText(`${expr.op} ${swap ? right : left} ${swap ? left : right}`, ids)
    }
    case 'select':
      return internText(`select ${children()}`, ids)
    case 'load':
      return internText(`load ${identityKey(expr.buffer, ids)} ${children()}`, ids)
  }
}

/** The key of a variable or a buffer: its identity. */
function identityKey(node: Expr | Buffer, ids: KeyIds): number {
  const known = ids.byNode.get(node)
  if (known !== undefined) return known
  // The table grows with every node, so its length has not been seen before.
  const key = internText(`#${ids.byNode.size}`, ids)
  ids.byNode.set(node, key)
  return key
}

/** Parameters are equal by name and facts, as in `sizeEquals`. */
function sizeText(size: SizeExpr): string {
  if (typeof size === 'number') return String(size)
  if (size.kind === 'size') return `${JSON.stringify(size.name)}:${size.min}:${size.max}:${size.multipleOf}`
  return `(${size.op} ${sizeText(size.left)} ${sizeText(size.right)})`
}
