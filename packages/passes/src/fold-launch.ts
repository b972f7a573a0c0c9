/**
 * Folds launches of too many workgroups in one dimension into two dimensions (WebGPU allows 65,535 in each).
 *
 *     launch (ceil(N / 64), 1, 1) { S(workgroup-x) }
 *  => launch (min(count, limit), ceil(count / limit), 1) where count = ceil(N / 64)
 *     { let position = workgroup-y * limit + workgroup-x; if position < count { S(position) } }
 *
 * A launch whose every extent is provably within the limit is left alone. Any other is folded whole: its positions are
 * numbered x fastest, and x, y and z are taken from the number again, so it does not matter which extent was too large.
 * The guard is uniform over a workgroup, so barriers may stand inside it; declarations of workgroup memory and mbarriers
 * stay outside, at the top of the body.
 */
import {
  add,
  type Builtin,
  builtin,
  CompileError,
  ceilDiv,
  definePass,
  div,
  type Expr,
  elementCount,
  ifThen,
  int,
  letStmt,
  lt,
  maxSize,
  mod,
  mul,
  type Pass,
  rewriteExpr,
  rewriteExprs,
  type SizeExpr,
  type Stmt,
  seq,
  sizeBinary,
  sizeRange,
  sizeValue,
  variable,
} from '@tilewright/ir'

export interface FoldLaunchOptions {
  /** The most workgroups that a launch may have in one dimension: `Target.limits.workgroupsPerDimension`. */
  readonly workgroupsPerDimension: number
}

/** The pass for one target. It throws `CompileError` `limits/workgroups` for a launch that even two dimensions cannot hold. */
export function foldLaunch({ workgroupsPerDimension }: FoldLaunchOptions): Pass {
  return definePass('fold-launch', { establishes: ['folded-launch'] }, (kernel) => {
    if (kernel.workgroups.every((extent) => sizeRange(extent).max <= workgroupsPerDimension)) return kernel
    // Neighbours of a cluster stay neighbours along x.
    const limit = workgroupsPerDimension - (workgroupsPerDimension % kernel.cluster)
    const count = elementCount(kernel.workgroups)
    // A count is a size, so below 2^31, even where the facts of its factors would allow more.
    const { min, max } = sizeRange(count)
    if (Math.min(max, maxSize) > limit * limit || min > maxSize - limit) {
      throw new CompileError({
        code: 'limits/workgroups',
        message: `kernel "${kernel.name}" launches up to ${max} workgroups; ${limit} × ${limit} can be launched`,
        help: 'give each workgroup more to do, or bound the sizes',
      })
    }
    const workgroups: readonly [SizeExpr, SizeExpr, SizeExpr] = [
      sizeBinary('min', count, limit),
      ceilDiv(count, limit),
      1,
    ]
    return { ...kernel, workgroups, body: guarded(kernel.body, kernel.workgroups, count, limit) }
  })
}

const names: readonly Builtin[] = ['workgroup-x', 'workgroup-y', 'workgroup-z']

function guarded(body: Stmt, extents: readonly SizeExpr[], count: SizeExpr, limit: number): Stmt {
  const position = variable('position')
  const positions = new Map<Builtin, Expr>()
  const lets: Stmt[] = []
  // An extent of 1 has position 0; the last of the others needs no remainder.
  const wide = names.flatMap((name, dim) => {
    const extent = extents[dim] ?? 1
    if (extent === 1) positions.set(name, int(0))
    return extent === 1 ? [] : [{ name, extent }]
  })
  let rest: Expr = position
  wide.forEach(({ name, extent }, i) => {
    const last = i === wide.length - 1
    const digit = last ? rest : mod(rest, sizeValue(extent))
    if (!last) rest = div(rest, sizeValue(extent))
    if (digit === position) positions.set(name, position)
    else {
      const named = variable(name)
      lets.push(letStmt(named, digit))
      positions.set(name, named)
    }
  })

  const memo = new Map<Expr, Expr>()
  const visit = (node: Expr): Expr => (node.kind === 'builtin' ? (positions.get(node.name) ?? node) : node)
  const moved = rewriteExprs(body, (expr) => rewriteExpr(expr, visit, memo))
  const stmts = moved.kind === 'seq' ? moved.body : [moved]
  const inner = stmts.findIndex((stmt) => !isShared(stmt))
  const first = inner === -1 ? stmts.length : inner
  const linear = add(mul(builtin('workgroup-y'), int(limit)), builtin('workgroup-x'))
  return seq([
    ...stmts.slice(0, first),
    letStmt(position, linear),
    ifThen(lt(position, sizeValue(count)), seq([...lets, ...stmts.slice(first)])),
  ])
}

/** Declarations that stand at the top of a body. */
const isShared = (stmt: Stmt): boolean =>
  stmt.kind === 'declare-mbarrier' || (stmt.kind === 'declare' && stmt.buffer.scope === 'workgroup')
