/**
 * Statements as closures. Only those that hold a synchronisation become generators, which yield where a thread waits;
 * the rest are plain functions.
 */
import { boundVars, type For, type ForTask, type Stmt } from '@tilewright/ir'
import { workers } from '@tilewright/task-mapping'
import { commitCopies, waitForCopies } from './async-copies.js'
import { waitForProducts } from './async-multiply.js'
import {
  compileAsyncCopy,
  compileAtomic,
  compileDeclare,
  compileLet,
  compileLoadVector,
  compileStore,
  compileStoreVector,
} from './compile-access.js'
import {
  compileAsyncMultiply,
  compileBarrier,
  compileLoadMatrices,
  compileMatrixMultiply,
  compileMbarrierArrive,
  compileMbarrierWait,
  compileShuffle,
  compileTileCopy,
  type Suspendable,
} from './compile-sync.js'
import { addSite, type Site } from './site.js'
import { expressionsOf, type StmtContext, ticker } from './stmt-context.js'
import type { Action, Evaluate, Thread } from './thread.js'
import { tasksOfWorker } from './worker-tasks.js'

export type Step =
  | { readonly kind: 'plain'; readonly run: Action }
  | { readonly kind: 'suspendable'; readonly run: Suspendable }

const plain = (run: Action): Step => ({ kind: 'plain', run })
const suspendable = (run: Suspendable): Step => ({ kind: 'suspendable', run })
const nothing: Step = plain(() => {})

/** Throws `InternalError` for names that are not in scope, `SimulatorError` `sim/no-subgroups`, `CompileError` `ir/size`. */
export function compileStmt(stmt: Stmt, context: StmtContext): Step {
  const { machine } = context
  const site = addSite(machine.sites, stmt)
  switch (stmt.kind) {
    case 'seq':
      return context.variables.scoped(() => inOrder(stmt.body.map((child) => compileStmt(child, context))))
    case 'let':
      return plain(compileLet(context, site, stmt.var, stmt.value))
    case 'declare': {
      const action = compileDeclare(context, stmt.buffer)
      return action === undefined ? nothing : plain(action)
    }
    case 'store':
      return plain(compileStore(context, site, stmt.buffer, stmt.index, stmt.value))
    case 'load-vector':
      return plain(compileLoadVector(context, site, stmt))
    case 'store-vector':
      return plain(compileStoreVector(context, site, stmt))
    case 'for':
      return compileFor(context, site, stmt)
    case 'for-task':
      return compileForTask(context, site, stmt)
    case 'if': {
      const cond = expressionsOf(context, site)(stmt.cond)
      const branch = (child: Stmt | undefined): Step =>
        child === undefined ? nothing : context.variables.scoped(() => compileStmt(child, context))
      return choose(cond, branch(stmt.then), branch(stmt.else))
    }
    case 'atomic':
      return plain(compileAtomic(context, site, stmt))
    case 'barrier':
      return suspendable(compileBarrier(context, site, stmt.participants, stmt.memory))
    case 'async-copy':
      return plain(compileAsyncCopy(context, site, stmt))
    case 'async-commit':
      return plain(commitCopies)
    case 'async-wait': {
      const { pending } = stmt
      return plain((thread) => waitForCopies(machine, thread, pending))
    }
    case 'declare-mbarrier':
      return nothing
    case 'mbarrier-arrive':
      return plain(compileMbarrierArrive(context, site, stmt))
    case 'mbarrier-wait':
      return suspendable(compileMbarrierWait(context, site, stmt.mbarrier, stmt.slot, stmt.parity))
    case 'load-matrices':
      return suspendable(compileLoadMatrices(context, site, stmt))
    case 'shuffle':
      return suspendable(compileShuffle(context, site, stmt))
    case 'tile-copy':
      return plain(compileTileCopy(context, site, stmt))
    case 'async-multiply':
      return suspendable(compileAsyncMultiply(context, site, stmt))
    case 'async-multiply-wait': {
      const { pending, results } = stmt
      return plain((thread) => waitForProducts(machine, thread, pending, results))
    }
    case 'matrix-multiply':
      return suspendable(compileMatrixMultiply(context, site, stmt))
  }
}

function inOrder(steps: readonly Step[]): Step {
  const actions = steps.flatMap((step) => (step.kind === 'plain' ? [step.run] : []))
  if (actions.length === steps.length) {
    return plain((thread) => {
      for (let i = 0; i < actions.length; i++) actions[i]?.(thread)
    })
  }
  return suspendable(function* (thread) {
    for (const step of steps) {
      if (step.kind === 'plain') step.run(thread)
      else yield* step.run(thread)
    }
  })
}

function choose(cond: Evaluate, then: Step, otherwise: Step): Step {
  if (then.kind === 'plain' && otherwise.kind === 'plain') {
    return plain((thread) => {
      if (cond(thread) !== 0) then.run(thread)
      else otherwise.run(thread)
    })
  }
  return suspendable(function* (thread) {
    const step = cond(thread) !== 0 ? then : otherwise
    if (step.kind === 'plain') step.run(thread)
    else yield* step.run(thread)
  })
}

function compileFor(context: StmtContext, site: Site, stmt: For): Step {
  const { variables, loops, countWithin } = context
  const extent = expressionsOf(context, site)(stmt.extent)
  return variables.scoped(() => {
    const slot = variables.bind(stmt.loopVar)
    const counting = context.counting || countWithin?.(stmt) === true
    const inner = { ...context, loops: [...loops, slot], counting }
    const body = compileStmt(stmt.body, inner)
    const tick = ticker(inner, site, 'iteration')
    if (body.kind === 'plain') {
      const { run } = body
      return plain((thread) => {
        const end = extent(thread)
        for (let i = 0; i < end; i++) {
          thread.vars[slot] = i
          tick?.(thread)
          run(thread)
        }
      })
    }
    const { run } = body
    return suspendable(function* (thread) {
      const end = extent(thread)
      for (let i = 0; i < end; i++) {
        thread.vars[slot] = i
        tick?.(thread)
        yield* run(thread)
      }
    })
  })
}

function compileForTask(context: StmtContext, site: Site, stmt: ForTask): Step {
  const { variables, loops } = context
  const { mapping } = stmt
  const worker = expressionsOf(context, site)(stmt.worker)
  const workerCount = workers(mapping)
  const lists: (readonly (readonly number[])[])[] = []
  return variables.scoped(() => {
    const slots = boundVars(stmt).map(variables.bind)
    const inner = { ...context, loops: [...loops, ...slots] }
    const body = compileStmt(stmt.body, inner)
    const tick = ticker(inner, site, 'iteration')
    const tasksOfThread = (thread: Thread): readonly (readonly number[])[] => {
      const w = worker(thread)
      if (w < 0 || w >= workerCount) return []
      lists[w] ??= tasksOfWorker(mapping, w).map((task, position) =>
        stmt.position === undefined ? task : [...task, position],
      )
      return lists[w]
    }
    const begin = (thread: Thread, task: readonly number[]): void => {
      for (let d = 0; d < slots.length; d++) thread.vars[slots[d] ?? 0] = task[d] ?? 0
      tick?.(thread)
    }
    if (body.kind === 'plain') {
      const { run } = body
      return plain((thread) => {
        for (const task of tasksOfThread(thread)) {
          begin(thread, task)
          run(thread)
        }
      })
    }
    const { run } = body
    return suspendable(function* (thread) {
      for (const task of tasksOfThread(thread)) {
        begin(thread, task)
        yield* run(thread)
      }
    })
  })
}
