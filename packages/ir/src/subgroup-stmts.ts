/** Statements that whole subgroups execute together; their semantics stand above `Stmt`. */
import { rank, type TaskMapping, taskShape, workers } from '@tilewright/task-mapping'
import type { AsyncMultiply, AsyncMultiplyWait } from './async-multiply.js'
import type { Buffer } from './buffer.js'
import { type DType, expectType, isHalf } from './dtype.js'
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

/** Bytes of a row of a matrix that `load-matrices` loads, and of what a lane gets of it. */
export const matrixRowBytes = 16
const matrixLaneBytes = 4

/** Bytes of the elements that fragments of A and B may have. */
const operandBytes: Readonly<Partial<Record<DType, number>>> = { f32: 4, f16: 2, bf16: 2, i8: 1, u8: 1 }

/** What a matrix-multiply of A by B sums in; undefined where it multiplies no such elements. */
export function matrixSum(a: DType, b: DType): 'f32' | 'i32' | undefined {
  if (a === b && (isHalf(a) || a === 'f32')) return 'f32'
  return operandBytes[a] === 1 && operandBytes[b] === 1 ? 'i32' : undefined
}

/** How many neighbours of a row of a matrix of `dtype` a lane gets; undefined where `load-matrices` loads none. */
export function matrixNeighbours(dtype: DType): number | undefined {
  const bytes = operandBytes[dtype]
  return bytes === undefined ? undefined : matrixLaneBytes / bytes
}

/** Throws `CompileError` `ir/fragment` unless types, shapes, lanes and element counts of the three fragments agree. */
export function matrixMultiply(a: Fragment, b: Fragment, d: Fragment, at?: SourceLocation): MatrixMultiply {
  if (d.buffer.dtype !== matrixSum(a.buffer.dtype, b.buffer.dtype)) {
    throw new CompileError({
      code: 'ir/fragment',
      message: `matrix-multiply of ${a.buffer.dtype} by ${b.buffer.dtype} into ${d.buffer.dtype}`,
      help: 'A and B are both f16, both bf16 or both f32, and D is f32; or either is i8 or u8, and D is i32',
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
 * Throws `CompileError` `ir/fragment` unless elements of workgroup memory go to private buffers of rank 1 and their type
 * that hold 4 bytes a matrix; and unless what is transposed is of halves.
 */
export function loadMatrices(load: Omit<LoadMatrices, 'kind'>): LoadMatrices {
  const { count, to, source, index, transposed } = load
  checkIndex(source, index)
  const neighbours = matrixNeighbours(source.dtype) ?? 0
  const types = to.every(({ dtype }) => dtype === source.dtype) && (isHalf(source.dtype) || !transposed)
  const scopes =
    source.scope === 'workgroup' && to.every(({ scope, shape }) => scope === 'private' && shape.length === 1)
  const held = to.reduce((sum, { shape }) => sum + Number(elementCount(shape)), 0)
  if (!types || !scopes || neighbours === 0 || held !== neighbours * count) {
    const targets = to.map(({ hint, scope, dtype }) => `${scope} ${dtype} "${hint}"`).join(', ')
    const how = transposed ? ', transposed,' : ''
    throw new CompileError({
      code: 'ir/fragment',
      message: `load of ${count} matrices of ${source.scope} ${source.dtype} "${source.hint}"${how} into ${targets} of ${held} elements`,
      help: 'matrices of f16 or bf16 (or, as they lie, of i8, u8 or f32) in workgroup memory go to private buffers of rank 1: 4 bytes a matrix',
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
