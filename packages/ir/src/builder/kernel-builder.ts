/**
 * Writing kernels by hand: `buildKernel({...}, (g) => { … })`. The builder records statements in order, with the line
 * of the author's code, and gives handles for buffers and values.
 */
import { type MappingChain, mappingOf, rank, type TaskMapping } from '@tilewright/task-mapping'
import { asyncMultiply, asyncMultiplyWait, type LineTile } from '../async-multiply.js'
import { type Buffer, buffer, type Scope } from '../buffer.js'
import { checkArgument, checkOptions } from '../check-arguments.js'
import { checkScalarType, computeType, type DType, type ScalarType } from '../dtype.js'
import { CompileError } from '../errors.js'
import { all, builtin, constant, type Expr, load, lt, select, sizeValue, type Var, variable } from '../expr.js'
import { type Kernel, kernel } from '../kernel.js'
import type { SizeExpr } from '../size.js'
import {
  type AtomicOp,
  asyncCopy,
  atomic,
  axisVars,
  type BarrierMemory,
  barrier,
  declare,
  forLoop,
  forTask,
  ifThen,
  letStmt,
  type Mbarrier,
  type Participants,
  type Stmt,
  seq,
  store,
} from '../stmt.js'
import { type Fragment, loadMatrices, type MatrixCount, matrixMultiply, shuffle } from '../subgroup-stmts.js'
import { tileCopy } from '../tile-copy.js'
import { walkExprs } from '../walk.js'
import { checkBody, checkBuffers, checkReturned, checkUnfinished } from './check-author.js'
import { callerLocation } from './location.js'
import { authorsConstant, type Operand, toExpr, type Value, value } from './value.js'

/** A buffer with methods that read and write it in the kernel being built. Indices are i32. */
export interface BufferHandle {
  readonly buffer: Buffer
  readonly at: (...index: readonly Operand[]) => Value
  /** The element, or zero where the index leaves the shape (indices are non-negative). */
  readonly atOrZero: (...index: readonly Operand[]) => Value
  readonly set: (index: readonly Operand[], to: Operand) => void
  /** Stores unless the index leaves the shape (indices are non-negative). */
  readonly setIfInside: (index: readonly Operand[], to: Operand) => void
  /** Stores `f(element)`: not atomic. */
  readonly update: (index: readonly Operand[], f: (old: Value) => Operand) => void
}

export interface KernelBuilder {
  /** Index of the thread in its workgroup. */
  readonly thread: Value
  /** Position of the workgroup in the launch. */
  readonly workgroup: { readonly x: Value; readonly y: Value; readonly z: Value }
  /** Position in the subgroup and of the subgroup; the kernel must fix `subgroupSize`. */
  readonly lane: Value
  readonly subgroup: Value
  readonly param: (hint: string, dtype: DType, shape: readonly SizeExpr[]) => BufferHandle
  /** A handle on a storage buffer made elsewhere (an operand of an equation): it becomes a parameter. */
  readonly use: (storage: Buffer) => BufferHandle
  readonly workgroupBuffer: (hint: string, dtype: DType, shape: readonly number[]) => BufferHandle
  readonly privateBuffer: (hint: string, dtype: DType, shape: readonly number[]) => BufferHandle
  readonly mbarrier: (hint: string, slots: number, arrivals: number) => Mbarrier
  readonly size: (extent: SizeExpr) => Value
  readonly constant: (dtype: ScalarType, of: number | boolean) => Value
  readonly let: (hint: string, of: Operand) => Value
  readonly loop: (
    hint: string,
    extent: Operand,
    body: (index: Value) => void,
    options?: { readonly unroll?: boolean },
  ) => void
  /** Runs `body` for each task of `worker`, with one value a dimension, then the position among the worker's tasks. */
  readonly forTask: (
    mapping: TaskMapping | MappingChain,
    worker: Operand,
    body: (...task: readonly Value[]) => void,
  ) => void
  readonly if: (cond: Operand, then: () => void, otherwise?: () => void) => void
  readonly barrier: (participants?: Participants, memory?: BarrierMemory) => void
  readonly atomic: (op: AtomicOp, target: BufferHandle, index: readonly Operand[], by: Operand) => Value
  /** Starts an async copy of `elements` consecutive elements; zeros where `guard` is false. */
  readonly asyncCopy: (
    to: BufferHandle,
    toIndex: readonly Operand[],
    from: BufferHandle,
    fromIndex: readonly Operand[],
    elements: number,
    guard?: Operand,
  ) => void
  readonly asyncCommit: () => void
  readonly asyncWait: (pending: number) => void
  /** Arrives at the mbarrier of the thread's own workgroup, or of that with `rank` in the cluster. */
  readonly arrive: (on: Mbarrier, slot: Operand, options?: { readonly rank?: Operand }) => void
  readonly wait: (on: Mbarrier, slot: Operand, parity: Operand) => void
  readonly matrixMultiply: (a: Fragment, b: Fragment, d: Fragment) => void
  /** Loads matrices of 8 rows of 16 bytes, a row from each lane's index, into fragments that are filled in order. */
  readonly loadMatrices: (
    count: MatrixCount,
    to: readonly BufferHandle[],
    from: BufferHandle,
    index: readonly Operand[],
    options?: { readonly transposed?: boolean },
  ) => void
  /**
   * Starts a copy of a box of a tensor to lines of a tile, from `at` on, for the phase that a slot is in. With `multicast` it goes
   * to all workgroups of the cluster, and the slot awaits one of each.
   */
  readonly tileCopy: (
    to: BufferHandle,
    at: readonly Operand[],
    from: { readonly source: Buffer; readonly extents: readonly SizeExpr[]; readonly first: readonly Operand[] },
    box: readonly number[],
    on: Mbarrier,
    slot: Operand,
    options?: { readonly multicast?: boolean },
  ) => void
  /** Starts D += A·B, `depth` deep, for the threads of the map of D: of tiles in workgroup memory, or of what these threads hold. */
  readonly asyncMultiply: (a: TilePlace | Fragment, b: TilePlace, d: Fragment, depth: number) => void
  /** Waits until at most `pending` products are unfinished, after which `results` may be touched. */
  readonly asyncMultiplyWait: (pending: number, results: readonly BufferHandle[]) => void
  /** What a value is in the lane whose index differs in the bits of `mask`. */
  readonly shuffle: (of: Value, mask: number) => Value
  /** Appends a statement made by hand. */
  readonly emit: (stmt: Stmt) => void
}

/** A factor of an `async-multiply`: the tile whose first element is at `at`, in blocks of `lines` lines. */
export interface TilePlace {
  readonly tile: BufferHandle
  readonly at: readonly Operand[]
  readonly lines: number
  readonly alongOwn: boolean
}

export interface KernelOptions {
  readonly name: string
  readonly threads: number
  readonly subgroupSize?: number | undefined
  readonly workgroups: readonly [SizeExpr, SizeExpr, SizeExpr]
  /** Neighbours along x that run together. Default: 1. */
  readonly cluster?: number | undefined
}

/** Names for the variables of a task, first dimension first. */
const taskHints = 'ijklmnopqrstuvwxyz'

/**
 * Builds a kernel. Throws `CompileError` from the constructors of the statements it records, `ir/async-body` for an author
 * that returns a promise, `ir/unbound` for buffers of another kernel. The builder records nothing later: `ir/finished`.
 */
export function buildKernel(options: KernelOptions, author: (g: KernelBuilder) => void): Kernel {
  const known = { name: true, threads: true, subgroupSize: true, workgroups: true, cluster: true } as const
  checkOptions('ir/option', 'buildKernel', options, known)
  checkBody('the author of a kernel', author)
  const { threads } = options
  checkArgument(
    typeof threads === 'number',
    'ir/threads',
    'the threads of a kernel are a number',
    threads,
    'pass threads: 64',
  )
  const params: Buffer[] = []
  // Declarations of workgroup memory stand at the top, whatever nest their author was in.
  const declarations: Stmt[] = []
  let block: Stmt[] = []
  let finished = false

  const emit = (stmt: Stmt): void => {
    checkUnfinished(finished, options.name)
    block.push(stmt)
  }
  const declareAtTop = (stmt: Stmt): void => {
    checkUnfinished(finished, options.name)
    declarations.push(stmt)
  }
  const nested = (body: () => void): Stmt => {
    const outer = block
    block = []
    checkReturned(body())
    const inner = seq(block)
    block = outer
    return inner
  }
  const index = (operands: readonly Operand[]): readonly Expr[] => {
    // Authors without types may pass one index alone.
    if (Array.isArray(operands)) return operands.map((operand) => toExpr(operand, 'i32'))
    throw new CompileError({
      code: 'ir/operand',
      message: 'the index of an access is no array',
      help: 'pass one index for each dimension: y.set([i], value)',
    })
  }
  const inside = (target: Buffer, at: readonly Expr[]): Expr =>
    all(target.shape.flatMap((extent, d) => at.slice(d, d + 1).map((i) => lt(i, sizeValue(extent)))))

  const handle = (target: Buffer): BufferHandle => {
    const type = computeType(target.dtype)
    const at: BufferHandle['at'] = (...operands) => value(load(target, index(operands)))
    const set: BufferHandle['set'] = (operands, to) =>
      emit(store(target, index(operands), toExpr(to, type), callerLocation()))
    return {
      buffer: target,
      at,
      set,
      atOrZero: (...operands) => {
        const where = index(operands)
        return value(select(inside(target, where), load(target, where), constant(type, 0)))
      },
      setIfInside: (operands, to) => {
        const location = callerLocation()
        const where = index(operands)
        emit(ifThen(inside(target, where), store(target, where, toExpr(to, type), location), undefined, location))
      },
      update: (operands, f) => {
        checkBody('the update of an element', f)
        const where = index(operands)
        set(where, f(value(load(target, where))))
      },
    }
  }
  const local =
    (scope: Scope) =>
    (hint: string, dtype: DType, shape: readonly number[]): BufferHandle => {
      const made = buffer(hint, dtype, shape, scope)
      const stmt = declare(made, callerLocation())
      if (scope === 'workgroup') declareAtTop(stmt)
      else emit(stmt)
      return handle(made)
    }
  const use = (storage: Buffer): BufferHandle => {
    checkArgument(storage?.kind === 'buffer', 'ir/argument', 'what is used is a buffer', storage, 'pass an operand')
    checkUnfinished(finished, options.name)
    if (!params.includes(storage)) params.push(storage)
    return handle(storage)
  }
  const bind = (target: Var, of: Expr): Value => {
    emit(letStmt(target, of, callerLocation()))
    return value(target)
  }

  const returned: unknown = author({
    thread: value(builtin('thread')),
    workgroup: {
      x: value(builtin('workgroup-x')),
      y: value(builtin('workgroup-y')),
      z: value(builtin('workgroup-z')),
    },
    lane: value(builtin('lane')),
    subgroup: value(builtin('subgroup')),
    param: (hint, dtype, shape) => use(buffer(hint, dtype, shape, 'storage')),
    use,
    workgroupBuffer: local('workgroup'),
    privateBuffer: local('private'),
    mbarrier: (hint, slots, arrivals) => {
      const made: Mbarrier = { kind: 'mbarrier', hint, slots, arrivals }
      declareAtTop({ kind: 'declare-mbarrier', mbarrier: made, at: callerLocation() })
      return made
    },
    size: (extent) => value(sizeValue(extent)),
    constant: (dtype, of) => {
      checkScalarType('a constant', dtype)
      return value(authorsConstant(dtype, of))
    },
    let: (hint, of) => {
      const expr = toExpr(of, 'i32')
      return bind(variable(hint, expr.dtype), expr)
    },
    loop: (hint, extent, body, options = {}) => {
      checkBody('a loop', body)
      checkOptions('ir/option', 'loop', options, { unroll: true })
      const at = callerLocation()
      const loopVar = variable(hint)
      const inner = nested(() => body(value(loopVar)))
      emit(forLoop(loopVar, toExpr(extent, 'i32'), inner, options.unroll, at))
    },
    forTask: (given, worker, body) => {
      checkBody('forTask(mapping, worker, body)', body)
      const mapping = mappingOf(given)
      const at = callerLocation()
      const vars = axisVars(Array.from({ length: rank(mapping) }, (_, d) => taskHints[d] ?? `i${d}`))
      const position = variable('position')
      const inner = nested(() => body(...[...vars, position].map(value)))
      let positionUsed = false
      walkExprs(inner, (expr) => {
        positionUsed ||= expr === position
      })
      emit(forTask(vars, mapping, toExpr(worker, 'i32'), inner, at, positionUsed ? position : undefined))
    },
    if: (cond, then, otherwise) => {
      checkBody('an if', then)
      if (otherwise !== undefined) checkBody('an else', otherwise)
      const at = callerLocation()
      const stmt = nested(then)
      emit(ifThen(toExpr(cond, 'bool'), stmt, otherwise === undefined ? undefined : nested(otherwise), at))
    },
    barrier: (participants, memory) => emit(barrier(participants, memory, callerLocation())),
    atomic: (op, target, operands, by) => {
      const isHandle = target?.buffer?.kind === 'buffer'
      checkArgument(
        isHandle,
        'ir/argument',
        'the target of an atomic is a buffer',
        target,
        "pass g.param('x', 'i32', [n])",
      )
      const type = computeType(target.buffer.dtype)
      const previous = variable('previous', type)
      emit(atomic(op, target.buffer, index(operands), toExpr(by, type), previous, callerLocation()))
      return value(previous)
    },
    asyncCopy: (to, toIndex, from, fromIndex, elements, guard) =>
      emit(
        asyncCopy({
          destination: to.buffer,
          destinationIndex: index(toIndex),
          source: from.buffer,
          sourceIndex: index(fromIndex),
          elements,
          guard: guard === undefined ? undefined : toExpr(guard, 'bool'),
          at: callerLocation(),
        }),
      ),
    asyncCommit: () => emit({ kind: 'async-commit', at: callerLocation() }),
    asyncWait: (pending) => emit({ kind: 'async-wait', pending, at: callerLocation() }),
    arrive: (on, slot, options = {}) => {
      checkOptions('ir/option', 'arrive', options, { rank: true })
      const rank = options.rank === undefined ? undefined : toExpr(options.rank, 'i32')
      emit({ kind: 'mbarrier-arrive', mbarrier: on, slot: toExpr(slot, 'i32'), rank, at: callerLocation() })
    },
    wait: (on, slot, parity) =>
      emit({
        kind: 'mbarrier-wait',
        mbarrier: on,
        slot: toExpr(slot, 'i32'),
        parity: toExpr(parity, 'i32'),
        at: callerLocation(),
      }),
    matrixMultiply: (a, b, d) => emit(matrixMultiply(a, b, d, callerLocation())),
    loadMatrices: (count, to, from, operands, options = {}) => {
      checkOptions('ir/option', 'loadMatrices', options, { transposed: true })
      const { transposed = false } = options
      const buffers = to.map((fragment) => fragment.buffer)
      const where = { source: from.buffer, index: index(operands) }
      emit(loadMatrices({ count, to: buffers, ...where, transposed, at: callerLocation() }))
    },
    tileCopy: (to, at, { source, extents, first }, box, on, slot, options = {}) => {
      checkOptions('ir/option', 'tileCopy', options, { multicast: true })
      const { multicast = false } = options
      emit(
        tileCopy({
          ...{ destination: to.buffer, destinationIndex: index(at), source },
          ...{ extents: extents.map(sizeValue), first: index(first), box },
          ...{ mbarrier: on, slot: toExpr(slot, 'i32'), multicast, at: callerLocation() },
        }),
      )
    },
    asyncMultiply: (a, b, d, depth) => {
      const factor = ({ tile, at, lines, alongOwn }: TilePlace): LineTile => {
        return { buffer: tile.buffer, index: index(at), lines, alongOwn }
      }
      const left = 'map' in a ? a : factor(a)
      emit(asyncMultiply({ a: left, b: factor(b), d, depth, at: callerLocation() }))
    },
    asyncMultiplyWait: (pending, results) => {
      const buffers = results.map(({ buffer }) => buffer)
      emit(asyncMultiplyWait(pending, buffers, callerLocation()))
    },
    shuffle: (of, mask) => {
      const target = variable('shuffled', of.expr.dtype)
      emit(shuffle(target, of.expr, mask, callerLocation()))
      return value(target)
    },
    emit,
  })
  finished = true
  checkReturned(returned)
  const body = seq([...declarations, ...block])
  checkBuffers(options.name, params, body)
  return kernel({ ...options, params, body })
}
