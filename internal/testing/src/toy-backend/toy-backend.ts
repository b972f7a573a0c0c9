// A backend as a third party writes one, of what is published alone. It runs every thread of a kernel in this process, slowly.
// It exists to pass the conformance kit and, with a part replaced, to fail it.
import {
  backendApi,
  bufferSize,
  checkKernel,
  checkLaunch,
  checkRecording,
  checkTransfer,
  type Device,
  type DeviceBackend,
  type DeviceBuffer,
  defineBackend,
  disposedReason,
  elementFor,
  elementValue,
  lostError,
  type Pipeline,
} from '@tilewright/backend'
import { CompileError, type Pass, type Target } from '@tilewright/ir'
import { flattenIndices, foldLaunch, lowerTaskMapping, simplify } from '@tilewright/passes'
import { type Operations, operations } from './operations.js'
import { emitToy, type ReplacedPrinters, toyElementBytes } from './print-toy.js'

const target: Target = {
  name: 'toy',
  limits: {
    threads: 64,
    workgroupBytes: 16384,
    workgroupsPerDimension: 65535,
    clusterWorkgroups: 1,
    storageBuffers: 16,
    bindingBytes: 2 ** 28,
    bufferBytes: 2 ** 28,
  },
  elementBytes: toyElementBytes,
  binding: { alignment: 64, mixedAccess: true },
  vectorLanes: 1,
  fastWorkgroupMemory: true,
  asyncCopies: false,
  parallelWorkgroups: 1,
  matrixInstructions: [],
  tileInstructions: [],
  subgroupSize: undefined,
}

/** Parts in the place of the toy's own. */
export interface ToyParts extends ReplacedPrinters {
  readonly operations?: Operations
  readonly passes?: (own: readonly Pass[]) => readonly Pass[]
  /** The bits of an f16 or a bf16. */
  readonly toElement?: typeof elementFor
  readonly device?: (own: Device) => Device
}

export function toyBackend(parts: ToyParts = {}): DeviceBackend {
  const own = [lowerTaskMapping, flattenIndices, simplify, foldLaunch(target.limits)]
  const wrap = parts.device ?? ((device) => device)
  return defineBackend({
    meta: { name: 'toy', version: '1.0.0', api: backendApi },
    target,
    pipeline: () => (parts.passes === undefined ? own : parts.passes(own)),
    emit: (kernel) => emitToy(kernel, parts),
    open: async () => wrap(openToy(parts.operations ?? operations, parts.toElement ?? elementFor)),
  })
}

type Grid = readonly [number, number, number]

/** Runs threads from barrier to barrier. */
function run(threads: number, body: (thread: number) => Generator<undefined, void>): void {
  let waiting = Array.from({ length: threads }, (_, thread) => body(thread))
  while (waiting.length > 0) waiting = waiting.filter((thread) => thread.next().done !== true)
}

function openToy(op: Operations, toElement: typeof elementFor): Device {
  const memories = new WeakMap<DeviceBuffer, ArrayBuffer>()
  const launches = new WeakMap<Pipeline, (memory: readonly Uint8Array[], scalars: Int32Array, grid: Grid) => void>()
  let isOpen = true
  const checkOpen = (): void => {
    if (!isOpen) throw lostError(disposedReason)
  }
  const own = <K extends object, V>(known: WeakMap<K, V>, key: K): V => {
    const value = known.get(key)
    if (value !== undefined) return value
    throw new CompileError({ code: 'device/foreign', message: 'it is of another device, or was destroyed' })
  }
  return {
    info: { backend: 'toy', adapter: 'generators', software: true },
    target,
    lost: new Promise(() => undefined),
    createBuffer: (bytes) => {
      checkOpen()
      const size = bufferSize(bytes, target)
      const buffer: DeviceBuffer = {
        bytes: size,
        destroy: () => {
          memories.delete(buffer)
        },
      }
      memories.set(buffer, new ArrayBuffer(size))
      return buffer
    },
    write: (buffer, data, offset = 0) => {
      checkOpen()
      checkTransfer(buffer, data.byteLength, 'a write', offset)
      new Uint8Array(own(memories, buffer)).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset)
    },
    read: async (buffer, bytes) => {
      checkOpen()
      checkTransfer(buffer, bytes, 'a read')
      return new Uint8Array(own(memories, buffer).slice(0, bytes))
    },
    createPipeline: async (kernel) => {
      checkOpen()
      checkKernel(kernel, target)
      const launch = compileSource(kernel.source)
      const pipeline: Pipeline = { kernel }
      launches.set(pipeline, (...args) => launch(...args, run, op, toElement, elementValue))
      return pipeline
    },
    begin: () => {
      checkOpen()
      const recorded: (() => void)[] = []
      let isSubmitted = false
      return {
        dispatch: (pipeline, ranges, scalars, workgroups) => {
          checkRecording(isSubmitted)
          checkLaunch(target, pipeline, ranges, scalars, workgroups)
          const launch = own(launches, pipeline)
          const memory = ranges.map(({ buffer, offset, bytes }) => new Uint8Array(own(memories, buffer), offset, bytes))
          recorded.push(() => launch(memory, new Int32Array(scalars), workgroups))
        },
        submit: () => {
          checkOpen()
          checkRecording(isSubmitted)
          isSubmitted = true
          for (const launch of recorded) launch()
        },
      }
    },
    settled: async () => checkOpen(),
    dispose: () => {
      isOpen = false
    },
  }
}

function compileSource(source: string): (...args: readonly unknown[]) => void {
  try {
    const launch: unknown = new Function(`'use strict'\nreturn ${source}`)()
    if (typeof launch === 'function') return (...args) => Reflect.apply(launch, undefined, args)
  } catch (cause) {
    throw new CompileError({ code: 'device/pipeline', message: String(cause), cause })
  }
  throw new CompileError({ code: 'device/pipeline', message: 'the source is no function' })
}
