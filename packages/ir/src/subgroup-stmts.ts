/** Statements that whole subgroups execute together; their semantics stand above `Stmt`. */
import { rank, type TaskMapping, taskShape, workers } from '@tilewright/task-mapping'
import type { AsyncMultiply, AsyncMultiplyWait } from './async-multiply.js'
import type { Buffer } from './buffer.js'
import { expectType } from './dtype.js'
import { CompileError } from './errors.js'
import { checkIndex, type Expr, type Var } from './expr.js'
import { elementCount } from './size.js'
import type { SourceLocation } from './source-location.js'

/** One operand of a matrix-multiply: a private buffer and the map from (lane, element) to (row, column). */
export interface Fragment {
  readonly buffer: Buffer
  readonly map: TaskMapping
}

interface At {
  readonly at?: SourceLocation | undefined
}

export interface MatrixMultiply extends At {
  readonly kind: 'matrix-multiply'
  readonly a: Fragment
  readonly b: Fragment
  readonly d: Fragment
}

/** How many matrices one statement loads. */
export type MatrixCount = 1 | 2 | 4

export interface LoadMatrices extends At {
  readonly kind: 'load-matrices'
  readonly count: MatrixCount
  readonly to: readonly Buffer[]
  readonly source: Buffer
  readonly index: readonly Expr[]
  readonly transposed: boolean
}

export interface Shuffle extends At {
  readonly kind: 'shuffle'
  readonly var: Var
  readonly value: Expr
  readonly mask: number
}

export type SubgroupStmt = MatrixMultiply | LoadMatrices | Shuffle | AsyncMultiply | AsyncMultiplyWait

/** Whether a statement is executed by whole subgroups. */
export function isOfWholeSubgroups<S extends { readonly kind: string }>(stmt: S): stmt is Extract<S, SubgroupStmt> {
  switch (stmt.kind) {
    case 'matrix-multiply':
    case 'load-matrices':
    case 'shuffle':
    case 'async-multiply':
    case 'async-multiply-wait':
      return true
    default:
      return false
  }
}

/** Lanes that share the elements of the matrices that `load-matrices` loads. */
export const matrixLanes = 32

/** Throws `CompileError` `ir/fragment` unless shapes, lanes and element counts of the three fragments agree. */
export function matrixMultiply(a: Fragment, b: Fragment, d: Fragment, at?: SourceLocation): MatrixMultiply {
  const halves = a.buffer.dtype === b.buffer.dtype && (a.buffer.dtype === 'f16' || a.buffer.dtype === 'f32')
  if (!halves || d.buffer.dtype !== 'f32') {
    throw new CompileError({
      code: 'ir/fragment',
      message: `matrix-multiply of ${a.buffer.dtype} by ${b.buffer.dtype} into ${d.buffer.dtype}`,
      help: 'A and B are both f16 or both f32, D is f32',
    })
  }
  for (const { buffer, map } of [a, b, d]) {
    if (rank(map) !== 2) {
      throw new CompileError({
        code: 'ir/fragment',
        message: `the map of fragment "${buffer.hint}" has rank ${rank(map)}`,
        help: 'a fragment maps to the rows and columns of a tile',
      })
    }
  }
  const [am, ak] = taskShape(a.map)
  const [bk, bn] = taskShape(b.map)
  const [dm, dn] = taskShape(d.map)
  const lanes = workers(d.map)
  const agree = am === dm && ak === bk && bn === dn && workers(a.map) === lanes && workers(b.map) === lanes
  if (!agree) {
    throw new CompileError({
      code: 'ir/fragment',
      message: `matrix-multiply of ${am}x${ak} by ${bk}x${bn} into ${dm}x${dn} over ${workers(a.map)}, ${workers(b.map)} and ${lanes} lanes`,
      help: 'A is m×k, B is k×n, D is m×n, all over one subgroup',
    })
  }
  for (const { buffer, map } of [a, b, d]) {
    const tile = taskShape(map).reduce((product, extent) => product * extent, 1)
    if (buffer.scope !== 'private' || buffer.shape.length !== 1 || Number(buffer.shape[0]) * lanes !== tile) {
      throw new CompileError({
        code: 'ir/fragment',
        message: `fragment "${buffer.hint}" does not hold its share of ${tile} elements over ${lanes} lanes`,
        help: 'a fragment is a private buffer of rank 1 with tile elements / lanes elements',
      })
    }
  }
  return { kind: 'matrix-multiply', a, b, d, at }
}

/**
 * Throws `CompileError` `ir/fragment` unless f16 elements of workgroup memory go to private buffers of rank 1 that hold
 * two elements a matrix.
 */
export function loadMatrices(load: Omit<LoadMatrices, 'kind'>): LoadMatrices {
  const { count, to, source, index } = load
  checkIndex(source, index)
  const halves = [source, ...to].every(({ dtype }) => dtype === 'f16')
  const scopes =
    source.scope === 'workgroup' && to.every(({ scope, shape }) => scope === 'private' && shape.length === 1)
  const held = to.reduce((sum, { shape }) => sum + Number(elementCount(shape)), 0)
  if (!halves || !scopes || held !== 2 * count) {
    const targets = to.map(({ hint, scope, dtype }) => `${scope} ${dtype} "${hint}"`).join(', ')
    throw new CompileError({
      code: 'ir/fragment',
      message: `load of ${count} matrices of ${source.scope} ${source.dtype} "${source.hint}" into ${targets} of ${held} elements`,
      help: 'matrices are of f16 in workgroup memory, and go to private buffers of rank 1: two elements a matrix',
    })
  }
  return { kind: 'load-matrices', ...load }
}

/** Throws `CompileError` `ir/shuffle` unless the mask picks another lane of a subgroup of up to 32, or `ir/type`. */
export function shuffle(target: Var, value: Expr, mask: number, at?: SourceLocation): Shuffle {
  expectType(target.dtype, value.dtype, `the value of "${target.hint}"`)
  if (!Number.isInteger(mask) || mask < 1 || mask >= matrixLanes) {
    throw new CompileError({
      code: 'ir/shuffle',
      message: `a shuffle with mask ${mask}`,
      help: `masks are from 1 to ${matrixLanes - 1}`,
    })
  }
  return { kind: 'shuffle', var: target, value, mask, at }
}
