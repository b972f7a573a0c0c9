/** One launch being simulated: what compiled statements share besides their thread. */
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
 * Allocates all memory of a launch. Throws `SimulatorError` `sim/invalid-buffer`, `sim/missing-workers`, `CompileError`
 * `ir/size`, `ir/argument` for what is no kernel, `sim/option` for options that a run has not.
 */
export function createMachine(kernel: Kernel, run: KernelRun, way: Way): Machine {
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
  const mbarriers = new Map<Mbarrier, readonly MbarrierSlot[]>()
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
    if (stmt.kind === 'declare-mbarrier') {
      mbarriers.set(stmt.mbarrier, createMbarrierSlots(stmt.mbarrier, kernel.threads))
    }
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
  const memories = new Map<Buffer, Memory>()
  for (const param of kernel.params) {
    const use = { written: written.has(param), copied: copiedFrom.has(param) }
    memories.set(param, storageMemory(param, run.buffers.get(param), sizes, use))
  }
  checkAliases(kernel, run.buffers, written)
  for (const local of locals) {
    const use = { arriving: arriving.has(local), departing: departing.has(local) }
    const isShared = local.scope === 'workgroup'
    memories.set(local, isShared ? workgroupMemory(local, use) : privateMemory(local, kernel.threads, use.arriving))
  }
  const counted = run.count !== undefined || run.maxOperations !== undefined
  return {
    kernel,
    sizes,
    ...way,
    reportUninitialised: run.uninitialised !== 'garbage',
    memories,
    mbarriers,
    races: { workgroup: createRaceDetector('workgroup'), storage: createRaceDetector('storage') },
    sites: [],
    counter: counted ? createCounter(run.maxOperations ?? Number.POSITIVE_INFINITY) : undefined,
    threads: [],
    groupSizes,
    products: new Set(),
    workgroup: [0, 0, 0],
  }
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
