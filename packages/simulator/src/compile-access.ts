/** Statements that touch memory and never wait. */
import type { AsyncCopy, Atomic, AtomicOp, Buffer, Expr, LoadVector, StoreVector, Var } from '@tilewright/ir'
import { reader, vectorIndex, writer } from './access.js'
import { copyStarter } from './async-copies.js'
import { fail, memoryOf } from './machine.js'
import { resetPrivate } from './memory.js'
import type { Site } from './site.js'
import { counted, expressionsOf, placeOf, type StmtContext, ticker } from './stmt-context.js'
import type { Action } from './thread.js'

export function compileLet(context: StmtContext, site: Site, target: Var, value: Expr): Action {
  const evaluate = expressionsOf(context, site)(value)
  const slot = context.variables.bind(target)
  return (thread) => {
    thread.vars[slot] = evaluate(thread)
  }
}

/** Undefined for workgroup memory, which is made when the workgroup starts. */
export function compileDeclare({ machine }: StmtContext, buffer: Buffer): Action | undefined {
  if (buffer.scope !== 'private') return undefined
  const reset = resetPrivate(memoryOf(machine, buffer))
  return (thread) => reset(thread.index)
}

export function compileStore(
  context: StmtContext,
  site: Site,
  buffer: Buffer,
  index: readonly Expr[],
  value: Expr,
): Action {
  const compile = expressionsOf(context, site)
  const { memory, flat } = placeOf(context, site, buffer, index, compile)
  const evaluate = counted(context, site, `store-${buffer.scope}`, compile(value))
  const write = writer(context.machine, memory, site)
  return (thread) => write(thread, flat(thread), evaluate(thread))
}

export function compileLoadVector(
  context: StmtContext,
  site: Site,
  { buffer, vars, index, guard }: LoadVector,
): Action {
  const { machine, variables } = context
  const compile = expressionsOf(context, site)
  const memory = memoryOf(machine, buffer)
  const checked = vectorIndex(machine, memory, compile(index), vars.length, site)
  const first = counted(context, site, `load-${buffer.scope}`, checked)
  const guarded = guard === undefined ? undefined : compile(guard)
  const read = reader(machine, memory, site)
  const slots = vars.map(variables.bind)
  return (thread) => {
    const isRead = guarded === undefined || guarded(thread) !== 0
    const from = isRead ? first(thread) : 0
    slots.forEach((slot, lane) => {
      thread.vars[slot] = isRead ? read(thread, from + lane) : 0
    })
  }
}

export function compileStoreVector(context: StmtContext, site: Site, { buffer, index, values }: StoreVector): Action {
  const { machine } = context
  const compile = expressionsOf(context, site)
  const memory = memoryOf(machine, buffer)
  const checked = vectorIndex(machine, memory, compile(index), values.length, site)
  const first = counted(context, site, `store-${buffer.scope}`, checked)
  const evaluates = values.map(compile)
  const write = writer(machine, memory, site)
  return (thread) => {
    const from = first(thread)
    // All values are read before the first is written: one statement, one moment.
    const elements = evaluates.map((evaluate) => evaluate(thread))
    elements.forEach((value, lane) => {
      write(thread, from + lane, value)
    })
  }
}

const updates: Readonly<Record<AtomicOp, (old: number, operand: number) => number>> = {
  add: (old, operand) => old + operand,
  min: Math.min,
  max: Math.max,
}

export function compileAtomic(
  context: StmtContext,
  site: Site,
  { op, buffer, index, value, previous }: Atomic,
): Action {
  const { machine, variables } = context
  const compile = expressionsOf(context, site)
  const { memory, flat } = placeOf(context, site, buffer, index, compile)
  const operand = counted(context, site, 'atomic', compile(value))
  const read = reader(machine, memory, site, 'atomic')
  const write = writer(machine, memory, site, 'atomic')
  const update = updates[op]
  const wrap = buffer.dtype === 'u32' ? (sum: number) => sum >>> 0 : (sum: number) => sum | 0
  const slot = previous === undefined ? undefined : variables.bind(previous)
  return (thread) => {
    const element = flat(thread)
    const by = operand(thread)
    const old = read(thread, element)
    write(thread, element, wrap(update(old, by)))
    if (slot !== undefined) thread.vars[slot] = old
  }
}

export function compileAsyncCopy(context: StmtContext, site: Site, copy: AsyncCopy): Action {
  const { machine } = context
  const { elements } = copy
  const compile = expressionsOf(context, site)
  const destination = placeOf(context, site, copy.destination, copy.destinationIndex, compile)
  const source = placeOf(context, site, copy.source, copy.sourceIndex, compile)
  const guarded = copy.guard === undefined ? undefined : compile(copy.guard)
  const start = copyStarter(machine, site, destination.memory, source.memory, elements)
  const tick = ticker(context, site, 'async-copy')
  return (thread) => {
    tick?.(thread)
    const run = ({ memory, flat }: typeof source): number => {
      const first = flat(thread)
      if (first % elements !== 0) {
        const message = `a copy of ${elements} elements of ${memory.buffer.hint} at ${first}, not a multiple of ${elements}`
        return fail(machine, 'sim/misaligned-vector', message, site, thread)
      }
      if (first + elements <= memory.size) return first
      const message = `elements ${first} to ${first + elements - 1} of ${memory.buffer.hint}, which has ${memory.size}`
      return fail(machine, 'sim/out-of-bounds', message, site, thread)
    }
    const from = guarded === undefined || guarded(thread) !== 0 ? run(source) : undefined
    start(thread, run(destination), from)
  }
}
