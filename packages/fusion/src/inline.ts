/**
 * Inlining (Hidet, section 5.2): a scheduled anchor, written for buffers, becomes the fused kernel.
 *
 *     acc = acc + cols[k, n] * w[m, k]      cols[k, n] := x[f(k, n)]
 *  => acc = acc + x[f(k, n)] * w[m, k]
 *
 *     c[m, n] = acc                         y[g(m, n)] := max(c[m, n] + bias[m], 0)
 *  => let result = acc; y[g(m, n)] = max(result + bias[m], 0)
 *
 * What would have been stored to a buffer of 8-bit integers wraps as the store would have made it. What would have been
 * stored to an f16 buffer keeps the precision of f32.
 */
import {
  type Buffer,
  bindVars,
  buffersRead,
  buffersWritten,
  type Compute,
  defined,
  type Expr,
  equationOutputs,
  invariant,
  type Kernel,
  letStmt,
  rewriteExpr,
  rewriteExprs,
  rewriteStmts,
  type ScheduledKernels,
  type Stmt,
  seq,
  store,
  substitute,
  variable,
  walkStmts,
} from '@tilewright/ir'
import { inlineLoads, wrapped } from './compose.js'
import type { FusionGroup } from './group.js'
import { inverseMapOf } from './inverse-map.js'

/** The group's kernels: the anchor's, with every load of a prologue and every store of its result replaced. */
export function inlineGroup(group: FusionGroup, scheduled: ScheduledKernels): readonly Kernel[] {
  const producers = new Map(group.prologues.map((prologue) => [prologue.output, prologue]))
  return scheduled.kernels.map((kernel) => {
    const stored = inlineEpilogues(kernel.body, group)
    const body = inlinePrologues(stored, producers)
    if (body === kernel.body) return kernel
    return { ...kernel, body, params: paramsOf(body, kernel) }
  })
}

/** The buffer of which a statement reads several elements at once. */
function blockRead(stmt: Stmt): Buffer | undefined {
  if (stmt.kind === 'load-vector') return stmt.buffer
  return stmt.kind === 'async-copy' || stmt.kind === 'tile-copy' ? stmt.source : undefined
}

/** Replaces loads of computed buffers by what computes them, again until only memory is loaded. */
function inlinePrologues(body: Stmt, producers: ReadonlyMap<Buffer, Compute>): Stmt {
  if (producers.size === 0) return body
  walkStmts(body, (stmt) => {
    const block = blockRead(stmt)
    invariant(block === undefined || !producers.has(block), 'a computed operand is loaded element by element')
  })
  const memo = new Map<Expr, Expr>()
  return rewriteExprs(body, (expr) => inlineLoads(expr, producers, memo))
}

/** Replaces stores of the anchor's result by stores of what the epilogues make of it. */
function inlineEpilogues(body: Stmt, group: FusionGroup): Stmt {
  const [first] = equationOutputs(group.anchor)
  if (group.epilogues.length === 0 || first === undefined) return body
  return rewriteStmts(body, (stmt) => {
    if (stmt.kind !== 'store' || stmt.buffer !== first) {
      invariant(!buffersWritten(stmt).includes(first), 'a result is written by plain stores until vectors are formed')
      return stmt
    }
    const lets: Stmt[] = []
    let [target, index, value]: [Buffer, readonly Expr[], Expr] = [stmt.buffer, stmt.index, stmt.value]
    for (const epilogue of group.epilogues) {
      // Named, so that an epilogue which reads its input twice does not compute it twice.
      const result = variable('result', value.dtype)
      lets.push(letStmt(result, wrapped(target, value), stmt.at))
      const inverse = defined(inverseMapOf(epilogue, target), 'an epilogue has an inverse map')
      const where = inverse.index.map((expr) => substitute(expr, bindVars(inverse.axes, index)))
      const source = target
      const element = substitute(
        rewriteExpr(epilogue.value, (node) => (node.kind === 'load' && node.buffer === source ? result : node)),
        bindVars(epilogue.axes, where),
      )
      ;[target, index, value] = [epilogue.output, where, element]
    }
    return seq([...lets, store(target, index, value, stmt.at)])
  })
}

/** The storage buffers a body uses: those the kernel had, in their order, then new ones. */
function paramsOf(body: Stmt, kernel: Kernel): readonly Buffer[] {
  const used = new Set<Buffer>()
  walkStmts(body, (stmt) => {
    for (const buffer of [...buffersRead(stmt), ...buffersWritten(stmt)])
      if (buffer.scope === 'storage') used.add(buffer)
  })
  const kept = kernel.params.filter((param) => used.has(param))
  return [...kept, ...[...used].filter((buffer) => !kept.includes(buffer))]
}
