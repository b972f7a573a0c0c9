/**
 * Divisions of non-negative integers by powers of two become shifts, their remainders masks. Signed division rounds
 * towards zero, so a compiler that does not know the sign must do more, and some emulate it lane by lane.
 *
 *     thread / 8 * 64 + thread % 8
 *  => (thread >> 3) * 64 + (thread & 7)
 */
import {
  binary,
  constant,
  definePass,
  type Expr,
  type Kernel,
  mapStmt,
  type Pass,
  rewriteExpr,
  type Stmt,
} from '@tilewright/ir'
import { bindVar, enterLoop, kernelRanges, type RangeEnv, rangeOf } from './ranges.js'

export const reduceStrength: Pass = definePass('reduce-strength', { requires: ['no-for-task'] }, (kernel: Kernel) => {
  const body = reduce(kernel.body, kernelRanges(kernel))
  return body === kernel.body ? kernel : { ...kernel, body }
})

function reduce(stmt: Stmt, env: RangeEnv): Stmt {
  const onExpr = (expr: Expr): Expr => rewriteExpr(expr, (node) => cheaper(node, env))
  const within = (inner: RangeEnv) => (child: Stmt) => reduce(child, inner)
  switch (stmt.kind) {
    case 'for':
      return mapStmt(stmt, onExpr, within(enterLoop(env, stmt.loopVar, stmt.extent)))
    case 'let':
      if (stmt.var.dtype === 'i32') bindVar(env, stmt.var, rangeOf(stmt.value, env))
      return mapStmt(stmt, onExpr, within(env))
    default:
      return mapStmt(stmt, onExpr, within(env))
  }
}

function cheaper(node: Expr, env: RangeEnv): Expr {
  if (node.kind !== 'binary' || (node.op !== 'div' && node.op !== 'mod') || node.dtype === 'f32') return node
  const { left, right } = node
  if (right.kind !== 'const' || typeof right.value !== 'number') return node
  const shift = Math.log2(right.value)
  if (!Number.isInteger(shift) || shift < 1 || shift > 30) return node
  if (node.dtype === 'i32' && rangeOf(left, env).min < 0) return node
  return node.op === 'div'
    ? binary('shr', left, constant(node.dtype, shift))
    : binary('bit-and', left, constant(node.dtype, right.value - 1))
}
