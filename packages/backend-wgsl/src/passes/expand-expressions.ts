/**
 * Replacing expression nodes by longer ones that use an operand several times. The operand is then bound by a `let`
 * before the statement, so that text and work stay linear.
 *
 *     c[i] = f(a[i] + 1)
 *  => let x = a[i] + 1; c[i] = x * x - x
 *
 * An operand in an arm of `and`, `or` or `select` is moved out of it: where it loads or divides, its `let` asks for the
 * arm's condition itself, and binds zero when that is false.
 */
import {
  and,
  constant,
  type Expr,
  letStmt,
  mapExpr,
  mapStmt,
  type Stmt,
  select,
  seq,
  someExpr,
  unary,
  variable,
} from '@tilewright/ir'

/** Binds a value before the statement and gives the variable; values that are cheap to repeat are given back. */
export type Bind = (hint: string, value: Expr) => Expr

export interface Expansion {
  readonly matches: (node: Expr) => boolean
  /** Nodes that stay as they are though they match; their operands are expanded. */
  readonly keeps: ReadonlySet<Expr>
  /** The replacement of a node whose operands are expanded already. */
  readonly expand: (node: Expr, bind: Bind) => Expr
}

/** A statement with every matching node of its expressions, and of those of statements inside it, expanded. */
export function expandExpressions(stmt: Stmt, expansion: Expansion): Stmt {
  const lets: Stmt[] = []
  const expanded = mapStmt(
    stmt,
    (expr) => expandExpr(expr, expansion, lets),
    (child) => expandExpressions(child, expansion),
  )
  return lets.length === 0 ? expanded : seq([...lets, expanded])
}

function expandExpr(root: Expr, { matches, keeps, expand }: Expansion, lets: Stmt[]): Expr {
  if (!someExpr(root, matches)) return root
  const visit = (expr: Expr, path: Expr | undefined, memo: Map<Expr, Expr>): Expr => {
    const known = memo.get(expr)
    if (known !== undefined) return known
    const inArm = (arm: Expr, cond: Expr): Expr =>
      someExpr(arm, matches) ? visit(arm, path === undefined ? cond : and(path, cond), new Map()) : arm
    const children = (): Expr => {
      if (expr.kind === 'select') {
        const cond = visit(expr.cond, path, memo)
        return select(cond, inArm(expr.then, cond), inArm(expr.else, unary('not', cond)))
      }
      if (expr.kind === 'binary' && (expr.op === 'and' || expr.op === 'or')) {
        const left = visit(expr.left, path, memo)
        return { ...expr, left, right: inArm(expr.right, expr.op === 'and' ? left : unary('not', left)) }
      }
      return mapExpr(expr, (child) => visit(child, path, memo))
    }
    const bind: Bind = (hint, value) => {
      if (value.kind === 'var' || value.kind === 'const') return value
      const bound = variable(hint, value.dtype)
      const guarded = path !== undefined && someExpr(value, mayFail)
      lets.push(letStmt(bound, guarded ? select(path, value, constant(value.dtype, 0)) : value))
      return bound
    }
    const inner = children()
    const result = matches(inner) && !keeps.has(expr) ? expand(inner, bind) : inner
    memo.set(expr, result)
    return result
  }
  return visit(root, undefined, new Map())
}

/** What must not be evaluated where the program would not. */
function mayFail(node: Expr): boolean {
  if (node.kind === 'binary') return node.dtype !== 'f32' && (node.op === 'div' || node.op === 'mod')
  return node.kind === 'load'
}
