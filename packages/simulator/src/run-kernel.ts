/** Running kernels: exactly, one cluster of workgroups after the other, with every check on. */
import { type Buffer, defined, type Kernel } from '@tilewright/ir'
import { at } from './at.js'
import { compileStmt, type Step } from './compile-stmt.js'
import { narrowInto } from './elements.js'
import { SimulatorError } from './errors.js'
import { createCluster, launchOf, type Machine, type Way } from './machine.js'
import { resetSlot } from './mbarriers.js'
import { type Memory, resetWorkgroup } from './memory.js'
import type { AsyncMoment, KernelRun, Order, RunReport } from './run.js'
import { runThreads } from './run-threads.js'
import type { Thread } from './thread.js'
import { checkLanded } from './tile-copies.js'
import { createVariables } from './variables.js'

interface Outcome {
  readonly machine: Machine
  readonly report: RunReport
}

/**
 * Executes a launch of `kernel` and changes the arrays of `run.buffers` that it writes.
 * Throws `SimulatorError` (its `where` names the line of the statement), leaving the arrays as they were.
 */
export function runKernel(kernel: Kernel, run: KernelRun): RunReport {
  const outcome = simulate(kernel, run, { order: run?.order ?? 'ascending', asyncCopies: run?.asyncCopies ?? 'latest' })
  writeBack(outcome.machine, run)
  return outcome.report
}

/**
 * Executes a launch with threads and workgroups in ascending and in descending order, and with asynchronous copies that
 * land at their latest and at their earliest moment where there are any. All must give the same bits; `run.order` and
 * `run.asyncCopies` are not looked at.
 * Throws `SimulatorError`: `sim/order-dependent` where results differ.
 */
export function runKernelAllWays(kernel: Kernel, run: KernelRun): RunReport {
  const orders: readonly Order[] = ['ascending', 'descending']
  const first = simulate(kernel, run, { order: 'ascending', asyncCopies: 'latest' })
  const hasCopies = [...first.machine.memories.values()].some(({ arriving }) => arriving !== undefined)
  const moments: readonly AsyncMoment[] = hasCopies ? ['latest', 'earliest'] : ['latest']
  for (const [i, way] of orders.flatMap((order) => moments.map((asyncCopies) => ({ order, asyncCopies }))).entries()) {
    if (i > 0) compare(first.machine, simulate(kernel, run, way).machine)
  }
  writeBack(first.machine, run)
  return first.report
}

function simulate(kernel: Kernel, run: KernelRun, way: Way): Outcome {
  const cluster = createCluster(kernel, run, way)
  const bodies = cluster.map((machine) => {
    const variables = createVariables()
    const body = compileStmt(kernel.body, {
      machine,
      variables,
      loops: [],
      counting: run.count?.within === undefined,
      countWithin: run.count?.within,
    })
    createThreads(machine, variables.count())
    return body
  })
  const machine = at(cluster, 0)
  const chosen = clustersOf(machine, run)
  let firstTick = 1
  for (const positions of chosen) firstTick = runCluster(cluster, bodies, positions, firstTick)
  return { machine, report: { workgroups: chosen.length * cluster.length, counts: machine.counter?.counts } }
}

function createThreads({ kernel, threads, rank }: Machine, slots: number): void {
  const { subgroupSize = kernel.threads } = kernel
  for (let index = 0; index < kernel.threads; index++) {
    const clock = (): Thread['clocks']['storage'] => ({ own: 0, known: new Int32Array(0), version: 0 })
    threads.push({
      index,
      id: rank * kernel.threads + index,
      subgroup: Math.floor(index / subgroupSize),
      lane: index % subgroupSize,
      vars: new Float64Array(slots),
      clocks: { workgroup: clock(), storage: clock() },
      open: [],
      products: [],
      groups: [],
      waiting: undefined,
      ended: false,
    })
  }
}

type Position = Machine['workgroup']

/** Positions of the workgroups to run, by cluster, in the order of the run. */
function clustersOf(machine: Machine, { workgroups = 'all' }: KernelRun): readonly (readonly Position[])[] {
  const { kernel } = machine
  const launch = launchOf(kernel, machine.sizes)
  const [x, y, z] = launch
  const clusterAt = (first: number, [, ofY, ofZ]: Position): readonly Position[] =>
    Array.from({ length: kernel.cluster }, (_, rank) => [first + rank, ofY, ofZ])
  if (workgroups !== 'all') {
    const isInside = workgroups.every((position, d) => position >= 0 && position < at(launch, d))
    if (isInside) return [clusterAt(workgroups[0] - (workgroups[0] % kernel.cluster), workgroups)]
    throw new SimulatorError({
      code: 'sim/no-such-workgroup',
      message: `workgroup (${workgroups.join(', ')}) of a launch of (${launch.join(', ')})`,
      where: `kernel "${kernel.name}"`,
    })
  }
  const list = Array.from({ length: (x * y * z) / kernel.cluster }, (_, i) => {
    const first = i * kernel.cluster
    return clusterAt(first % x, [0, Math.floor(first / x) % y, Math.floor(first / (x * y))])
  })
  return machine.order === 'ascending' ? list : list.reverse()
}

/** Runs the workgroups of one cluster; gives the first tick of the next. */
function runCluster(
  cluster: readonly Machine[],
  bodies: readonly Step[],
  positions: readonly Position[],
  firstTick: number,
): number {
  const { races } = at(cluster, 0)
  races.workgroup.clear()
  races.workgroup.startCluster(firstTick)
  races.storage.startCluster(firstTick)
  for (const [rank, machine] of cluster.entries()) startWorkgroup(machine, at(positions, rank), firstTick)
  runThreads(cluster, bodies)
  cluster.forEach(checkLanded)
  const threads = cluster.flatMap((machine) => machine.threads)
  return 1 + threads.reduce((max, { clocks }) => Math.max(max, clocks.workgroup.own, clocks.storage.own), 0)
}

function startWorkgroup(machine: Machine, position: Position, firstTick: number): void {
  const { threads, memories, mbarriers, cluster } = machine
  machine.workgroup = position
  for (const memory of memories.values()) if (memory.buffer.scope === 'workgroup') resetWorkgroup(memory)
  for (const slots of mbarriers.values()) slots.forEach(resetSlot)
  machine.products.clear()
  const nothingKnown = new Int32Array(threads.length * cluster.length)
  for (const thread of threads) {
    thread.open = []
    thread.products = []
    thread.groups = []
    thread.waiting = undefined
    thread.ended = false
    for (const clock of [thread.clocks.workgroup, thread.clocks.storage]) {
      clock.own = firstTick
      clock.known = nothingKnown
      clock.version = firstTick
    }
  }
}

function writeBack(machine: Machine, run: KernelRun): void {
  for (const memory of writtenStorage(machine)) {
    const array = defined(run.buffers.get(memory.buffer), 'a parameter has an array')
    narrowInto(memory.buffer.dtype, memory.cells, array)
  }
}

function writtenStorage({ kernel, memories }: Machine): readonly Memory[] {
  const memoryOfParam = (param: Buffer): Memory => defined(memories.get(param), 'a parameter has memory')
  return kernel.params.map(memoryOfParam).filter(({ shadow }) => shadow !== undefined)
}

function compare(expected: Machine, actual: Machine): void {
  const others = writtenStorage(actual)
  writtenStorage(expected).forEach(({ buffer, cells }, i) => {
    const other = defined(others[i], 'two runs of a kernel have the same parameters').cells
    const differing = cells.findIndex((value, element) => !Object.is(value, other[element]))
    if (differing < 0) return
    const ways = [expected, actual].map((m) => `${m.order} threads, asynchronous copies at the ${m.asyncCopies}`)
    throw new SimulatorError({
      code: 'sim/order-dependent',
      message: `element ${differing} of ${buffer.hint} is ${cells[differing]} with ${ways[0]}, and ${other[differing]} with ${ways[1]}`,
      where: `kernel "${expected.kernel.name}"`,
    })
  })
}
