/**
 * Statements. They have effects and give no value.
 *
 * Semantics. All threads of a workgroup run the body; without a barrier nothing is promised of their order, and two
 * accesses to one element of which one is a write, not ordered by a barrier or an mbarrier, are a data race: an error.
 * Two atomics on one element are no race; an atomic and a plain access are. Workgroups run in any order, one after the
 * other or together, and never see each other's writes within a launch (atomics excepted): a plain write of one and any
 * access of another to one element are a race too. Reading an element of private or workgroup memory before it is
 * written is an error.
 *
 * Neighbouring workgroups along x are a cluster, as many as the kernel says; the rank of one is its x modulo their number.
 * They run at the same time. Each has its own workgroup memory and mbarriers, which are there before the first of them begins
 * and until the last has ended. The others reach these by `tile-copy` and `mbarrier-arrive` alone, and storage as workgroups do.
 *
 * - `let` binds a value for the rest of the enclosing `seq`.
 * - `for` runs its body for 0..extent-1, not at all for a negative extent; `extent` is evaluated once. `unroll` asks for
 *   the body to be repeated in text.
 * - `for-task` runs its body for each task of `worker` in the mapping's order; a worker that is not in
 *   0..workers-1 has no tasks. `position` counts the worker's tasks from 0: the register that a task has in a fragment.
 * - `declare` makes a private or workgroup buffer for the rest of the enclosing `seq`. Workgroup buffers and mbarriers
 *   are declared at the top of the body. Contents are undefined.
 * - `store` narrows to the buffer's dtype. `load-vector` binds `vars` to consecutive elements from a flat index that is
 *   a multiple of their number, or to zeros when `guard` is false: the index is then not evaluated. `store-vector`
 *   writes so, without a guard, all values evaluated first.
 * - `atomic` updates one i32 or u32 element indivisibly, and orders nothing else; `previous` is bound to what it held.
 * - `barrier` waits for all participants and orders their accesses to `memory`: to that one, not to the other. All of
 *   them must reach the same one, in the same iterations: no barrier stands under a condition or a loop bound that
 *   differs between participants.
 * - `async-copy` starts a copy of `elements` consecutive elements of both flat orders, from multiples of `elements` (zeros when `guard` is false: the
 *   source may then be out of bounds) from storage to workgroup memory. `async-commit` closes a group of the thread's
 *   copies; `async-wait` waits until at most `pending` groups of this thread are unfinished. A copy lands at any moment
 *   between its start and that wait; other threads see it after a barrier, or an mbarrier arrival, that follows the
 *   wait. Neither end may be written, nor the destination read, in between.
 * - An `mbarrier` has `slots`, each a counter that completes a phase after `arrivals` arrivals, then begins the next.
 *   `mbarrier-wait` returns once the phase of `parity` (0 or 1) has completed: phases alternate 0, 1, 0, …; a fresh slot
 *   is in phase 0, so waiting for parity 1 returns at once. What a thread did before it arrived, to either memory, is
 *   seen by those who waited. `mbarrier-arrive` is of the mbarrier of one's own workgroup or, with `rank`, of that which has this
 *   rank in the cluster: those who wait there see what was done to workgroup memory.
 * - `tile-copy` starts a copy of a box of `source`, which the kernel does not write, seen as a tensor, from `first` on: its
 *   elements in order are the lines of a tile as `async-multiply` has them, with zeros where the box is outside of the
 *   tensor. The phase that the slot is in does not complete before the copy has landed, which it does at any moment after
 *   its start; it is seen by those who waited for the phase. The destination may not be touched in between.
 *   With `multicast` the box goes to the same place of the memory of every workgroup of the cluster, and is counted by the same
 *   slot of each, of which the thread must know that the phase before has completed; the phase of its own slot awaits a box of
 *   each of them.
 * - `matrix-multiply` is executed by whole subgroups: D = A·B + D, products and sums in the type of D: f32 where A and B
 *   are of f16, bf16 or f32, summed in any order; i32 where they are of i8 or u8 (either of its own), exact modulo 2^32. Elements
 *   of f32 are rounded first, to 10 bits behind the leading one (TF32), to the nearest, ties away from zero. Each fragment
 *   is a private buffer whose element r in lane l is the r-th task of worker l of its map: (row, column) of the tile.
 * - `load-matrices` is executed by whole subgroups. It reads `count` matrices of 8 rows of 16 bytes from workgroup memory,
 *   of c = 8 elements of f16 or bf16, 16 of i8 or u8, or 4 of f32: row r of matrix i is c consecutive elements in flat order,
 *   from `index` on as lane 8i + r evaluates it, a multiple of c (other lanes do not evaluate it). Of each matrix, or of
 *   its transpose (halves alone), lane l gets the c / 4 elements from (l div 4, (c / 4)(l mod 4)) on along the row: the next
 *   ones of `to`, private buffers that are filled in order.
 * - `async-multiply` is executed by groups of consecutive threads, as many as D's map has workers, which all give the same
 *   indices: it starts D = A·B + D, products and sums in f32, summed in any order. Element (line l, position p) of a tile is
 *   chunk ((p div 8) mod 8) xor (l mod 8), element p mod 8 of it, of line l of block p div 64. It ends at any moment before
 *   an `async-multiply-wait` that leaves at most `pending` of the group's products, begun in order, unfinished. Until such a
 *   wait names it, D may not be touched but by further products into it; neither may A and B be written before that wait.
 *   It sees of workgroup memory what a barrier shows its threads. A may be a fragment like D, but of halves and (row, k): it may
 *   not be touched either until such a wait names it, but by further products of it.
 * - `shuffle` is executed by whole subgroups: `var` is bound to what `value` is in the lane whose index differs from
 *   one's own in the bits of `mask`. Neither it nor the two before order memory.
 */
import { rank, type TaskMapping } from '@tilewright/task-mapping'
import type { Buffer } from './buffer.js'
import { computeType, expectType } from './dtype.js'
import { CompileError } from './errors.js'
import { checkIndex, type Expr, type Var, variable } from './expr.js'
import type { SourceLocation } from './source-location.js'
import type { SubgroupStmt } from './subgroup-stmts.js'
import type { TileCopy } from './tile-copy.js'

export type Participants = 'workgroup' | 'subgroup'
/** What a barrier orders: workgroup memory, or storage as seen within the workgroup. */
export type BarrierMemory = 'workgroup' | 'storage'
export type AtomicOp = 'add' | 'min' | 'max'

/** Counters on which some threads of a workgroup wait for others. */
export interface Mbarrier {
  readonly kind: 'mbarrier'
  readonly hint: string
  readonly slots: number
  readonly arrivals: number
}

interface At {
  readonly at?: SourceLocation | undefined
}

export type Stmt =
  | ({ readonly kind: 'seq'; readonly body: readonly Stmt[] } & At)
  | ({ readonly kind: 'let'; readonly var: Var; readonly value: Expr } & At)
  | ({ readonly kind: 'declare'; readonly buffer: Buffer } & At)
  | ({ readonly kind: 'store'; readonly buffer: Buffer; readonly index: readonly Expr[]; readonly value: Expr } & At)
  | LoadVector
  | StoreVector
  | For
  | ForTask
  | ({ readonly kind: 'if'; readonly cond: Expr; readonly then: Stmt; readonly else: Stmt | undefined } & At)
  | Atomic
  | ({ readonly kind: 'barrier'; readonly participants: Participants; readonly memory: BarrierMemory } & At)
  | AsyncCopy
  | ({ readonly kind: 'async-commit' } & At)
  | ({ readonly kind: 'async-wait'; readonly pending: number } & At)
  | ({ readonly kind: 'declare-mbarrier'; readonly mbarrier: Mbarrier } & At)
  | MbarrierArrive
  | ({ readonly kind: 'mbarrier-wait'; readonly mbarrier: Mbarrier; readonly slot: Expr; readonly parity: Expr } & At)
  | TileCopy
  | SubgroupStmt

export type StmtKind = Stmt['kind']

export interface MbarrierArrive extends At {
  readonly kind: 'mbarrier-arrive'
  readonly mbarrier: Mbarrier
  readonly slot: Expr
  /** Of the workgroup in the cluster whose mbarrier it is; that of the thread's own where there is none. */
  readonly rank: Expr | undefined
}

export interface LoadVector extends At {
  readonly kind: 'load-vector'
  readonly vars: readonly Var[]
  readonly buffer: Buffer
  /** Flat element index, a multiple of `vars.length`. */
  readonly index: Expr
  readonly guard: Expr | undefined
}

export interface StoreVector extends At {
  readonly kind: 'store-vector'
  readonly buffer: Buffer
  /** Flat element index, a multiple of `values.length`. */
  readonly index: Expr
  readonly values: readonly Expr[]
}

export interface For extends At {
  readonly kind: 'for'
  readonly loopVar: Var
  readonly extent: Expr
  readonly unroll: boolean
  readonly body: Stmt
}

export interface ForTask extends At {
  readonly kind: 'for-task'
  readonly vars: readonly Var[]
  readonly position: Var | undefined
  readonly mapping: TaskMapping
  readonly worker: Expr
  readonly body: Stmt
}

export interface Atomic extends At {
  readonly kind: 'atomic'
  readonly op: AtomicOp
  readonly buffer: Buffer
  readonly index: readonly Expr[]
  readonly value: Expr
  readonly previous: Var | undefined
}

export interface AsyncCopy extends At {
  readonly kind: 'async-copy'
  readonly destination: Buffer
  readonly destinationIndex: readonly Expr[]
  readonly source: Buffer
  readonly sourceIndex: readonly Expr[]
  readonly elements: number
  readonly guard: Expr | undefined
}

/** Runs `body` in order; nested sequences are flattened (a `let` then reaches to the end of the outer one). */
export function seq(body: readonly Stmt[]): Stmt {
  const flat = body.flatMap((stmt) => (stmt.kind === 'seq' ? stmt.body : [stmt]))
  const [only] = flat
  return flat.length === 1 && only !== undefined ? only : { kind: 'seq', body: flat }
}

export function letStmt(target: Var, value: Expr, at?: SourceLocation): Stmt {
  expectType(target.dtype, value.dtype, `the value of "${target.hint}"`)
  return { kind: 'let', var: target, value, at }
}

/** Declares a private or workgroup buffer. Throws `CompileError` `ir/scope` for storage, which is a parameter. */
export function declare(declared: Buffer, at?: SourceLocation): Stmt {
  if (declared.scope === 'storage') {
    throw new CompileError({
      code: 'ir/scope',
      message: `storage buffer "${declared.hint}" cannot be declared in a body`,
      help: 'make it a parameter of the kernel',
    })
  }
  return { kind: 'declare', buffer: declared, at }
}

/** Throws `CompileError` `ir/rank` or `ir/type`. */
export function store(target: Buffer, index: readonly Expr[], value: Expr, at?: SourceLocation): Stmt {
  checkIndex(target, index)
  expectType(computeType(target.dtype), value.dtype, `the value stored to "${target.hint}"`)
  return { kind: 'store', buffer: target, index, value, at }
}

function checkLanes(target: Buffer, lanes: number): void {
  if ((lanes !== 2 && lanes !== 4) || target.shape.length !== 1) {
    throw new CompileError({
      code: 'ir/vector',
      message: `vector access of ${lanes} elements to buffer "${target.hint}" of rank ${target.shape.length}`,
      help: 'vector accesses move 2 or 4 elements of a flat buffer',
    })
  }
}

/** Throws `CompileError` `ir/vector` unless 2 or 4 elements of a flat buffer are read, or `ir/type`. */
export function loadVector(
  vars: readonly Var[],
  source: Buffer,
  index: Expr,
  guard?: Expr,
  at?: SourceLocation,
): LoadVector {
  checkLanes(source, vars.length)
  checkIndex(source, [index])
  for (const v of vars) expectType(computeType(source.dtype), v.dtype, `"${v.hint}"`)
  if (guard !== undefined) expectType('bool', guard.dtype, 'the guard of a vector load')
  return { kind: 'load-vector', vars, buffer: source, index, guard, at }
}

/** Throws `CompileError` `ir/vector` unless 2 or 4 elements of a flat buffer are written, or `ir/type`. */
export function storeVector(target: Buffer, index: Expr, values: readonly Expr[], at?: SourceLocation): StoreVector {
  checkLanes(target, values.length)
  checkIndex(target, [index])
  for (const value of values) expectType(computeType(target.dtype), value.dtype, `a value stored to "${target.hint}"`)
  return { kind: 'store-vector', buffer: target, index, values, at }
}

/** `for loopVar in 0..extent`. Throws `CompileError` `ir/type` unless both are i32. */
export function forLoop(loopVar: Var, extent: Expr, body: Stmt, unroll = false, at?: SourceLocation): For {
  expectType('i32', loopVar.dtype, 'a loop variable')
  expectType('i32', extent.dtype, 'a loop extent')
  return { kind: 'for', loopVar, extent, unroll, body, at }
}

/** Throws `CompileError` `ir/rank` unless there is a variable for each dimension of the mapping. */
export function forTask(
  vars: readonly Var[],
  mapping: TaskMapping,
  worker: Expr,
  body: Stmt,
  at?: SourceLocation,
  position?: Var,
): ForTask {
  if (vars.length !== rank(mapping)) {
    throw new CompileError({
      code: 'ir/rank',
      message: `a mapping of rank ${rank(mapping)} is given ${vars.length} variables`,
      help: 'name one variable a dimension of the task shape',
    })
  }
  expectType('i32', worker.dtype, 'a worker')
  if (position !== undefined) expectType('i32', position.dtype, 'the position of a task')
  return { kind: 'for-task', vars, position, mapping, worker, body, at }
}

export function ifThen(cond: Expr, then: Stmt, otherwise?: Stmt, at?: SourceLocation): Stmt {
  expectType('bool', cond.dtype, 'a condition')
  if (cond.kind === 'const') return cond.value ? then : (otherwise ?? seq([]))
  return { kind: 'if', cond, then, else: otherwise, at }
}

/** Throws `CompileError` `ir/atomic` unless the element is an i32 or u32 in storage or workgroup memory. */
export function atomic(
  op: AtomicOp,
  target: Buffer,
  index: readonly Expr[],
  value: Expr,
  previous?: Var,
  at?: SourceLocation,
): Atomic {
  checkIndex(target, index)
  if ((target.dtype !== 'i32' && target.dtype !== 'u32') || target.scope === 'private') {
    throw new CompileError({
      code: 'ir/atomic',
      message: `atomic ${op} on ${target.scope} buffer "${target.hint}" of ${target.dtype}`,
      help: 'atomics work on i32 and u32 elements in storage and workgroup memory',
    })
  }
  expectType(target.dtype, value.dtype, `the operand of atomic ${op}`)
  if (previous !== undefined) expectType(target.dtype, previous.dtype, `"${previous.hint}"`)
  return { kind: 'atomic', op, buffer: target, index, value, previous, at }
}

export function barrier(
  participants: Participants = 'workgroup',
  memory: BarrierMemory = 'workgroup',
  at?: SourceLocation,
): Stmt {
  return { kind: 'barrier', participants, memory, at }
}

/** Throws `CompileError` `ir/async-copy` unless it takes elements from storage to workgroup memory of the same dtype. */
export function asyncCopy(copy: Omit<AsyncCopy, 'kind'>): AsyncCopy {
  checkIndex(copy.destination, copy.destinationIndex)
  checkIndex(copy.source, copy.sourceIndex)
  if (copy.guard !== undefined) expectType('bool', copy.guard.dtype, 'the guard of an async copy')
  const { source, destination, elements } = copy
  if (!Number.isInteger(elements) || elements < 1) {
    throw new CompileError({
      code: 'ir/async-copy',
      message: `async copy of ${elements} elements`,
      help: 'copy a whole number of elements, 1 at least',
    })
  }
  if (source.scope !== 'storage' || destination.scope !== 'workgroup' || source.dtype !== destination.dtype) {
    throw new CompileError({
      code: 'ir/async-copy',
      message: `async copy from ${source.scope} ${source.dtype} "${source.hint}" to ${destination.scope} ${destination.dtype} "${destination.hint}"`,
      help: 'async copies go from storage to workgroup memory and do not convert',
    })
  }
  return { kind: 'async-copy', ...copy }
}

/** Fresh variables for the dimensions of a mapping or an axis list. */
export function axisVars(hints: readonly string[]): readonly Var[] {
  return hints.map((hint) => variable(hint))
}
