/**
 * Runs a kernel on a device as a runtime does, with more suspicion: each operand lies between bytes that must stay as they
 * are, at an offset of its own.
 */
import {
  type Backend,
  checkEmitted,
  type Device,
  type DeviceBuffer,
  type EmittedKernel,
  fromDevice,
  type PlanSize,
  scalarWord,
  toDevice,
} from '@tilewright/backend'
import { type Buffer, defined, evaluateSize, type Kernel, type SizeValues } from '@tilewright/ir'
import type { TypedArray } from '@tilewright/simulator'

/** A kernel with what it takes to run it: an array for each parameter, in its dtype. */
export interface Launch {
  readonly kernel: Kernel
  readonly contents: ReadonlyMap<Buffer, TypedArray>
  readonly sizes: SizeValues
}

export interface Lowered {
  readonly kernel: Kernel
  readonly emitted: EmittedKernel
}

/** The kernel after the backend's passes, and what it prints. Throws what these throw. */
export function lower({ meta, pipeline, emit }: Backend, { target }: Device, kernel: Kernel): Lowered {
  const lowered = pipeline(target).reduce((before, pass) => pass.run(before), kernel)
  const emitted = emit(lowered)
  checkEmitted(emitted, meta.name)
  return { kernel: lowered, emitted }
}

export interface LaunchResult {
  /** What the parameters of the authored kernel hold afterwards, in their order. */
  readonly contents: readonly TypedArray[]
  /** A parameter beside which something was written. */
  readonly overrun: Buffer | undefined
}

/** What lies beside operands. */
const guardByte = 0xa5

/** Runs one launch; one of no workgroups is left out, as runtimes do. Rejects with what the device says. */
export async function launchOn(device: Device, { kernel, emitted }: Lowered, launch: Launch): Promise<LaunchResult> {
  const { pipeline, buffers, scalars, workgroups } = emitted
  const size = (extent: PlanSize): number => evaluateSize(extent, launch.sizes)
  const [x, y, z] = workgroups
  const grid = [size(x), size(y), size(z)] as const
  const params = launch.kernel.params
  const given = params.map((param) => defined(launch.contents.get(param), 'a parameter has contents'))
  if (grid.includes(0)) return { contents: given, overrun: undefined }

  const compiled = await device.createPipeline(pipeline)
  const operands = buffers.map((buffer) => {
    const at = kernel.params.indexOf(buffer)
    const param = defined(params[at], 'a printed buffer is a parameter of the lowered kernel')
    return operandOn(device, param, defined(given[at], 'as many contents as parameters'))
  })
  const recorder = device.begin()
  recorder.dispatch(
    compiled,
    operands.map(({ range }) => range),
    Uint32Array.from(scalars, (scalar) => scalarWord(scalar, size)),
    grid,
  )
  recorder.submit()
  const results = await Promise.all(operands.map((operand) => operand.read()))
  for (const { range } of operands) range.buffer.destroy()
  const at = (param: Buffer): number => operands.findIndex((operand) => operand.param === param)
  return {
    contents: params.map((param, i) => results[at(param)]?.content ?? defined(given[i], 'as many contents')),
    overrun: operands.find((_, i) => results[i]?.isIntact === false)?.param,
  }
}

interface Operand {
  readonly param: Buffer
  readonly range: { readonly buffer: DeviceBuffer; readonly offset: number; readonly bytes: number }
  readonly read: () => Promise<{ readonly content: TypedArray; readonly isIntact: boolean }>
}

function operandOn({ target, createBuffer, write, read }: Device, param: Buffer, given: TypedArray): Operand {
  const { dtype } = param
  const layout = { dtype, elementBytes: target.elementBytes[dtype] }
  const data = toDevice(param.hint, dtype, given, layout)
  const offset = target.binding.alignment
  // Where the last vector ends, which may be read and written again as it was.
  const bytes = Math.max(16, Math.ceil(data.length / 16) * 16)
  const image = new Uint8Array(offset + bytes + offset).fill(guardByte)
  image.fill(0, offset, offset + bytes)
  image.set(data, offset)
  const buffer = createBuffer(image.length)
  write(buffer, image)
  return {
    param,
    range: { buffer, offset, bytes },
    read: async () => {
      const after = await read(buffer, image.length)
      const isGuard = (byte: number): boolean => byte === guardByte
      return {
        content: elementsOf(param, after.slice(offset, offset + data.length), given.length, layout),
        isIntact: after.subarray(0, offset).every(isGuard) && after.subarray(offset + bytes).every(isGuard),
      }
    },
  }
}

function elementsOf(
  { dtype }: Buffer,
  bytes: Uint8Array<ArrayBuffer>,
  elements: number,
  layout: Parameters<typeof fromDevice>[3],
): TypedArray {
  const array = fromDevice(dtype, bytes, elements, layout)
  // Only int64, which no buffer has, is read as BigInts.
  return defined(array instanceof BigInt64Array ? undefined : array, 'elements of a buffer are numbers')
}
