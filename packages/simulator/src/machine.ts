/** One launch being simulated: what compiled statements share besides their thread, for each workgroup of a cluster. */
import {
  type BarrierMemory,
  type Buffer,
  buffersWritten,
  checkKernelKind,
  checkOptions,
  checkWorkers,
  defined,
  describe,
  evaluateSize,
  fragmentsHeld,
  type Kernel,
  type Mbarrier,
  type SizeValues,
  tilesRead,
  walkStmts,
} from '@tilewright/ir'
import { workers } from '@tilewright/task-mapping'
import { type Counter, createCounter } from './count.js'
import { SimulatorError, type SimulatorErrorCode } from './errors.js'
import { createMbarrierSlots } from './mbarriers.js'
import { type Memory, privateMemory, storageMemory, workgroupMemory } from './memory.js'
import { createRaceDetector, type RaceDetector } from './races.js'
import type { AsyncMoment, KernelRun, Order } from './run.js'
import { addSite, type Site } from './site.js'
import type { MbarrierSlot, Product, Thread } from './thread.js'

export interface Machine {
  readonly kernel: Kernel
  readonly sizes: SizeValues
  readonly order: Order
  readonly asyncCopies: AsyncMoment
  /** Whether reading what was never written is an error; otherwise it gives garbage. */
  readonly reportUninitialised: boolean
  readonly memories: ReadonlyMap<Buffer, Memory>
  readonly mbarriers: ReadonlyMap<Mbarrier, readonly MbarrierSlot[]>
  readonly races: Readonly<Record<BarrierMemory, RaceDetector>>
  readonly sites: Site[]
  readonly counter: Counter | undefined
  readonly threads: Thread[]
  /** How many consecutive threads multiply together. */
  readonly groupSizes: ReadonlySet<number>
  /** Products that are not finished. */
  readonly products: Set<Product>
  /** The machines of the workgroups of a cluster, by rank, and the rank of this one. */
  readonly cluster: readonly Machine[]
  readonly rank: number
  /** Position of the workgroup that runs. */
  workgroup: readonly [number, number, number]
}

/** The way of running that `runKernelAllWays` varies. */
export interface Way {
  readonly order: Order
  readonly asyncCopies: AsyncMoment
}

const runOptions: Readonly<Record<keyof KernelRun, true>> = {
  buffers: true,
  sizes: true,
  order: true,
  asyncCopies: true,
  workgroups: true,
  uninitialised: true,
  count: true,
  maxOperations: true,
}

/**
 * Allocates all memory of a launch, for the workgroups of a cluster, which share storage. Throws `SimulatorError` `sim/invalid-buffer`, `sim/missing-workers`, `CompileError`
 * `ir/size`, `ir/argument` for what is no kernel, `sim/option` for options that a run has not.
 */
export function createCluster(kernel: Kernel, run: KernelRun, way: Way): readonly Machine[] {
  checkKernelKind(kernel)
  checkOptions('sim/option', 'runKernel', run ?? {}, runOptions)
  for (const { message, stmt } of checkWorkers(kernel, undefined)) {
    throw new SimulatorError({ code: 'sim/missing-workers', message, where: stmt && addSite([], stmt).text })
  }
  const written = new Set<Buffer>()
  const copiedFrom = new Set<Buffer>()
  /** What something arrives in, or is read from, while threads go on. */
  const arriving = new Set<Buffer>()
  const departing = new Set<Buffer>()
  const groupSizes = new Set<number>()
  const locals: Buffer[] = []
  const declared: Mbarrier[] = []
  walkStmts(kernel.body, (stmt) => {
    for (const buffer of buffersWritten(stmt)) written.add(buffer)
    if (stmt.kind === 'async-copy') {
      copiedFrom.add(stmt.source)
      arriving.add(stmt.destination)
    }
    if (stmt.kind === 'tile-copy') arriving.add(stmt.destination)
    if (stmt.kind === 'async-multiply') {
      for (const { buffer } of tilesRead(stmt)) departing.add(buffer)
      for (const { buffer } of fragmentsHeld(stmt)) arriving.add(buffer)
      groupSizes.add(workers(stmt.d.map))
    }
    if (stmt.kind === 'declare') locals.push(stmt.buffer)
    if (stmt.kind === 'declare-mbarrier') declared.push(stmt.mbarrier)
  })

  // Callers without types may pass an object of arrays by name.
  if (typeof run?.buffers?.get !== 'function') {
    throw new SimulatorError({
      code: 'sim/invalid-buffer',
      message: 'the buffers are no Map from parameters to arrays',
    })
  }
  for (const key of run.buffers.keys()) {
    if (key?.kind === 'buffer') continue
    throw new SimulatorError({
      code: 'sim/invalid-buffer',
      message: `the Map of buffers has ${describe(key)} for a key; its keys are the buffers of kernel.params`,
    })
  }
  const { sizes = {} } = run
  const storage = new Map<Buffer, Memory>()
  for (const param of kernel.params) {
    const use = { written: written.has(param), copied: copiedFrom.has(param) }
    storage.set(param, storageMemory(param, run.buffers.get(param), sizes, use))
  }
  checkAliases(kernel, run.buffers, written)
  const localMemory = (local: Buffer): Memory => {
    const use = { arriving: arriving.has(local), departing: departing.has(local) }
    return local.scope === 'workgroup'
      ? workgroupMemory(local, use)
      : privateMemory(local, kernel.threads, use.arriving)
  }
  const counted = run.count !== undefined || run.maxOperations !== undefined
  const shared: Omit<Machine, 'memories' | 'mbarriers' | 'threads' | 'products' | 'cluster' | 'rank' | 'workgroup'> = {
    kernel,
    sizes,
    ...way,
    reportUninitialised: run.uninitialised !== 'garbage',
    races: { workgroup: createRaceDetector('workgroup'), storage: createRaceDetector('storage') },
    sites: [],
    counter: counted ? createCounter(run.maxOperations ?? Number.POSITIVE_INFINITY) : undefined,
    groupSizes,
  }
  const cluster: Machine[] = []
  for (let rank = 0; rank < kernel.cluster; rank++) {
    cluster.push({
      ...shared,
      memories: new Map([...storage, ...locals.map((local) => [local, localMemory(local)] as const)]),
      mbarriers: new Map(
        declared.map((mbarrier) => [mbarrier, createMbarrierSlots(mbarrier, kernel.cluster * kernel.threads)]),
      ),
      threads: [],
      products: new Set(),
      cluster,
      rank,
      workgroup: [0, 0, 0],
    })
  }
  return cluster
}

/** Memory is copied in and out, so that a write through one of two names of an array would be lost. */
function checkAliases(kernel: Kernel, arrays: KernelRun['buffers'], written: ReadonlySet<Buffer>): void {
  for (const one of kernel.params) {
    const alias = kernel.params.find((other) => other !== one && arrays.get(other) === arrays.get(one))
    if (alias !== undefined && written.has(one)) {
      throw new SimulatorError({
        code: 'sim/invalid-buffer',
        message: `buffer "${one.hint}" is written and shares its array with "${alias.hint}"`,
      })
    }
  }
}

/** Throws `InternalError` for a buffer that is neither a parameter nor declared. */
export function memoryOf(machine: Machine, buffer: Buffer): Memory {
  return defined(machine.memories.get(buffer), `buffer "${buffer.hint}" is neither a parameter nor declared`)
}

/** The launch grid. Throws `CompileError` `ir/size`. */
export function launchOf(kernel: Kernel, sizes: SizeValues): readonly [number, number, number] {
  const [x, y, z] = kernel.workgroups
  return [evaluateSize(x, sizes), evaluateSize(y, sizes), evaluateSize(z, sizes)]
}

/** Throws the error of a statement that `thread` executes. */
export function fail(machine: Machine, code: SimulatorErrorCode, message: string, site: Site, thread: Thread): never {
  const { workgroup } = machine
  const where = `${site.text}, thread ${thread.index} of workgroup (${workgroup.join(', ')})`
  throw new SimulatorError({ code, message, where, thread: thread.index, workgroup })
}

/** `tile[3, 2]`: the element at a flat position, as messages name it. */
export function formatElement({ buffer, shape }: Memory, flat: number): string {
  const index: number[] = []
  let rest = flat
  for (const extent of shape.toReversed()) {
    index.unshift(rest % extent)
    rest = Math.floor(rest / extent)
  }
  return `${buffer.hint}[${index.join(', ')}]`
}
