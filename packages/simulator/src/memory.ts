/**
 * Memory of a run. Values are kept widened in a Float64Array and narrowed at each store; private memory holds the
 * elements of all threads, thread by thread. Shadows say what has been written, by whom, and what is in flight.
 */
import { type Buffer, evaluateSize, formatSize, type SizeValues } from '@tilewright/ir'
import { product } from './at.js'
import { holds, narrowing, type TypedArray, widen } from './elements.js'
import { SimulatorError } from './errors.js'
import { clearShadow, createShadow, type Shadow } from './shadow.js'

export interface Memory {
  readonly buffer: Buffer
  readonly shape: readonly number[]
  /** Elements: of one thread, where memory is private. */
  readonly size: number
  readonly cells: Float64Array
  readonly narrow: (value: number) => number
  /** 1 where an element has been written; undefined for storage, which starts with the caller's data. */
  readonly initialised: Uint8Array | undefined
  /** Undefined where no race is possible: private memory, and storage that is only read. */
  readonly shadow: Shadow | undefined
  /** 1 + the site of the async copy, or product, that is on its way into an element. */
  readonly arriving: Int32Array | undefined
  /** Whether async copies or products read it while something may write it. */
  readonly departing: boolean
}

/** Extents for one run. Throws `CompileError` `ir/size` when a parameter has no value. */
export function concreteShape(buffer: Buffer, sizes: SizeValues): readonly number[] {
  return buffer.shape.map((extent) => evaluateSize(extent, sizes))
}

export interface StorageUse {
  readonly written: boolean
  readonly copied: boolean
}

/** Storage with a copy of the caller's data. Throws `SimulatorError` `sim/invalid-buffer`. */
export function storageMemory(
  buffer: Buffer,
  array: TypedArray | undefined,
  sizes: SizeValues,
  { written, copied }: StorageUse,
): Memory {
  const shape = concreteShape(buffer, sizes)
  const size = product(shape)
  return {
    buffer,
    shape,
    size,
    cells: widen(buffer.dtype, checkedArray(buffer, array, shape)),
    narrow: narrowing(buffer.dtype),
    initialised: undefined,
    shadow: written ? createShadow(size) : undefined,
    arriving: undefined,
    departing: written && copied,
  }
}

/** The array of `buffer`. Throws `SimulatorError` `sim/invalid-buffer` unless it has the dtype and the length. */
export function checkedArray(buffer: Buffer, array: TypedArray | undefined, shape: readonly number[]): TypedArray {
  const size = product(shape)
  if (array !== undefined && holds(buffer.dtype, array) && array.length === size) return array
  const given = array === undefined ? 'nothing' : `${array.constructor.name} of ${array.length}`
  const asked = `${size} elements of ${buffer.dtype}, shape [${buffer.shape.map(formatSize).join(', ')}]`
  throw new SimulatorError({
    code: 'sim/invalid-buffer',
    message: `buffer "${buffer.hint}" (${asked}) is given ${given}`,
  })
}

export interface LocalUse {
  /** Whether something arrives in it while threads go on, or is read out of it. */
  readonly arriving: boolean
  readonly departing: boolean
}

/** Workgroup memory; contents are undefined until `resetMemory`. */
export function workgroupMemory(buffer: Buffer, { arriving, departing }: LocalUse): Memory {
  const shape = concreteShape(buffer, {})
  const size = product(shape)
  return {
    buffer,
    shape,
    size,
    cells: new Float64Array(size),
    narrow: narrowing(buffer.dtype),
    initialised: new Uint8Array(size),
    shadow: createShadow(size),
    arriving: arriving ? new Int32Array(size) : undefined,
    departing,
  }
}

/** Private memory of all threads; contents are undefined until `resetPrivate`. */
export function privateMemory(buffer: Buffer, threads: number, arriving: boolean): Memory {
  const shape = concreteShape(buffer, {})
  const size = product(shape)
  return {
    buffer,
    shape,
    size,
    cells: new Float64Array(size * threads),
    narrow: narrowing(buffer.dtype),
    initialised: new Uint8Array(size * threads),
    shadow: undefined,
    arriving: arriving ? new Int32Array(size * threads) : undefined,
    departing: false,
  }
}

/** What undefined memory holds: NaN, or bits that are unlikely to be right. */
function garbage(memory: Memory): number {
  switch (memory.buffer.dtype) {
    case 'f32':
    case 'f16':
    case 'bf16':
      return Number.NaN
    case 'bool':
      return 1
    default:
      return memory.narrow(0x5a5a5a5a)
  }
}

/** Makes workgroup memory undefined again, for the next workgroup. */
export function resetWorkgroup(memory: Memory): void {
  memory.cells.fill(garbage(memory))
  memory.initialised?.fill(0)
  memory.arriving?.fill(0)
  if (memory.shadow !== undefined) clearShadow(memory.shadow)
}

/** Makes the private memory of one thread undefined: what its declaration does each time. */
export function resetPrivate(memory: Memory): (thread: number) => void {
  const { cells, initialised, arriving, size } = memory
  const filling = garbage(memory)
  return (thread) => {
    const from = thread * size
    cells.fill(filling, from, from + size)
    initialised?.fill(0, from, from + size)
    arriving?.fill(0, from, from + size)
  }
}
