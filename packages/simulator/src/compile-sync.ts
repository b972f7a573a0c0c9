/** Statements at which threads wait for each other, or let others go on. */
import type {
  AsyncMultiply,
  BarrierMemory,
  Expr,
  LoadMatrices,
  MatrixMultiply,
  Mbarrier,
  MbarrierArrive,
  Participants,
  Shuffle,
  TileCopy,
} from '@tilewright/ir'
import { defined, invariant, matrixLanes, matrixNeighbours, tilesRead } from '@tilewright/ir'
import { workers } from '@tilewright/task-mapping'
import { vectorIndex } from './access.js'
import { productStarter } from './async-multiply.js'
import { at } from './at.js'
import { joinClocks } from './clocks.js'
import { matrixLoader } from './load-matrices.js'
import { fail, type Machine } from './machine.js'
import { matrixMultiplier } from './matrix-multiply.js'
import { arrive, observe, phaseCompleted } from './mbarriers.js'
import type { Site } from './site.js'
import { expressionsOf, placeOf, type StmtContext, subgroupSizeOf, ticker } from './stmt-context.js'
import type { Action, Thread, Wait } from './thread.js'
import { type FindSlot, tileCopier } from './tile-copies.js'

/** A thread that runs until it waits, and goes on when it is resumed. */
export type Coroutine = Generator<undefined, void, undefined>
export type Suspendable = (thread: Thread) => Coroutine

export function compileBarrier(
  context: StmtContext,
  site: Site,
  participants: Participants,
  memory: BarrierMemory,
): Suspendable {
  const { machine, loops } = context
  if (participants === 'subgroup') subgroupSizeOf(machine, site)
  const meet = (threads: readonly Thread[]): void =>
    joinClocks(
      threads.map(({ clocks }) => clocks[memory]),
      threads.map(({ id }) => id),
    )
  return meeting({ kind: 'meeting', site, participants, loops, meet }, ticker(context, site, 'barrier'))
}

export function compileMatrixMultiply(context: StmtContext, site: Site, fragments: MatrixMultiply): Suspendable {
  const { machine, loops } = context
  const lanes = workers(fragments.d.map)
  const size = subgroupSizeOf(machine, site)
  invariant(lanes === size, `a matrix-multiply over ${lanes} lanes in a kernel with subgroups of ${size}`)
  const meet = matrixMultiplier(machine, fragments, site)
  const wait: Wait = { kind: 'meeting', site, participants: 'subgroup', loops, meet }
  return meeting(wait, ticker(context, site, 'matrix-multiply'))
}

export function compileLoadMatrices(context: StmtContext, site: Site, stmt: LoadMatrices): Suspendable {
  const { machine, loops } = context
  const size = subgroupSizeOf(machine, site)
  invariant(size === matrixLanes, `a load-matrices in a kernel with subgroups of ${size}`)
  const { memory, flat } = placeOf(context, site, stmt.source, stmt.index, expressionsOf(context, site))
  const row = 4 * defined(matrixNeighbours(stmt.source.dtype), 'elements that are loaded')
  const meet = matrixLoader(machine, stmt, vectorIndex(machine, memory, flat, row, site), site)
  return meeting(
    { kind: 'meeting', site, participants: 'subgroup', loops, meet },
    ticker(context, site, 'load-matrices'),
  )
}

export function compileAsyncMultiply(context: StmtContext, site: Site, stmt: AsyncMultiply): Suspendable {
  const { machine, loops } = context
  const compile = expressionsOf(context, site)
  const places = new Map(
    tilesRead(stmt).map((tile) => [tile, placeOf(context, site, tile.buffer, tile.index, compile).flat]),
  )
  const meet = productStarter(machine, stmt, places, site)
  const participants = workers(stmt.d.map)
  return meeting({ kind: 'meeting', site, participants, loops, meet }, ticker(context, site, 'async-multiply'))
}

export function compileTileCopy(context: StmtContext, site: Site, stmt: TileCopy): Action {
  const { machine } = context
  const compile = expressionsOf(context, site)
  const places = {
    destination: placeOf(context, site, stmt.destination, stmt.destinationIndex, compile).flat,
    extents: stmt.extents.map(compile),
    first: stmt.first.map(compile),
    slot: slotFinder(context, site, stmt.mbarrier, stmt.slot),
  }
  const start = tileCopier(machine, stmt, places, site)
  const tick = ticker(context, site, 'tile-copy')
  return (thread) => {
    tick?.(thread)
    start(thread)
  }
}

export function compileShuffle(context: StmtContext, site: Site, stmt: Shuffle): Suspendable {
  const { machine, loops, variables } = context
  invariant(stmt.mask < subgroupSizeOf(machine, site), `a shuffle across ${stmt.mask} leaves the subgroup`)
  const evaluate = expressionsOf(context, site)(stmt.value)
  const slot = variables.bind(stmt.var)
  const meet = (lanes: readonly Thread[]): void => {
    const values = lanes.map(evaluate)
    lanes.forEach((thread, lane) => {
      thread.vars[slot] = at(values, lane ^ stmt.mask)
    })
  }
  return meeting({ kind: 'meeting', site, participants: 'subgroup', loops, meet }, ticker(context, site, 'shuffle'))
}

function meeting(wait: Wait, tick: Action | undefined): Suspendable {
  return function* (thread) {
    tick?.(thread)
    thread.waiting = wait
    yield
  }
}

export function compileMbarrierArrive(context: StmtContext, site: Site, stmt: MbarrierArrive): Action {
  const { machine } = context
  const { mbarrier, slot } = stmt
  const find = slotFinder(context, site, mbarrier, slot)
  const rank = stmt.rank && expressionsOf(context, site)(stmt.rank)
  const memberOf = (thread: Thread): Machine => {
    if (rank === undefined) return machine
    const asked = rank(thread)
    const message = `rank ${asked} in a cluster of ${machine.cluster.length}`
    return machine.cluster[asked] ?? fail(machine, 'sim/out-of-bounds', message, site, thread)
  }
  return (thread) => {
    const member = memberOf(thread)
    const found = find(thread, member)
    if (found.arrived === mbarrier.arrivals) {
      const message = `phase ${found.phase} of ${mbarrier.hint} has its ${mbarrier.arrivals} arrivals, and awaits copies`
      fail(machine, 'sim/deadlock', message, site, thread)
    }
    arrive(found, thread, member === machine)
  }
}

export function compileMbarrierWait(
  context: StmtContext,
  site: Site,
  mbarrier: Mbarrier,
  slot: Expr,
  parity: Expr,
): Suspendable {
  const { machine } = context
  const find = slotFinder(context, site, mbarrier, slot)
  const evaluateParity = expressionsOf(context, site)(parity)
  return function* (thread) {
    const found = find(thread, machine)
    const phase = evaluateParity(thread)
    if (phase !== 0 && phase !== 1) {
      fail(machine, 'sim/invalid-parity', `${mbarrier.hint} is waited on for parity ${phase}`, site, thread)
    }
    if (!phaseCompleted(found, phase)) {
      thread.waiting = { kind: 'phase', site, slot: found, parity: phase }
      yield
    }
    observe(found, thread)
  }
}

/** Throws `SimulatorError` `sim/out-of-bounds` for a slot that the mbarrier does not have. */
function slotFinder(context: StmtContext, site: Site, mbarrier: Mbarrier, slot: Expr): FindSlot {
  const { machine } = context
  const evaluate = expressionsOf(context, site)(slot)
  return (thread, member) => {
    const index = evaluate(thread)
    const slots = defined(member.mbarriers.get(mbarrier), `mbarrier "${mbarrier.hint}" is not declared`)
    return (
      slots[index] ??
      fail(machine, 'sim/out-of-bounds', `slot ${index} of ${mbarrier.hint}, which has ${slots.length}`, site, thread)
    )
  }
}
