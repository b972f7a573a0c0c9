// Runs a printed kernel on a device: what a runtime does, for one launch.
import { type Device, type EmittedKernel, type Scalar, wholeBuffer } from '@tilewright/backend'
import { type Buffer, defined, evaluateSize, type SizeValues } from '@tilewright/ir'

type Elements = Float32Array | Int32Array | Uint32Array

export interface DeviceRun {
  /** The parameters of the lowered kernel that was printed. */
  readonly params: readonly Buffer[]
  /** What they hold at first, in their order: four bytes an element. */
  readonly contents: readonly Elements[]
  readonly sizes: SizeValues
}

/** What the parameters hold after a launch, in order; `contents` is not changed. */
export async function runOnDevice(
  device: Device,
  { pipeline, buffers, scalars, workgroups }: EmittedKernel,
  { params, contents, sizes }: DeviceRun,
): Promise<readonly Elements[]> {
  const [x, y, z] = workgroups.map((extent) => evaluateSize(extent, sizes))
  const grid = [defined(x, 'x'), defined(y, 'y'), defined(z, 'z')] as const
  if (grid.includes(0)) return contents
  const compiled = await device.createPipeline(pipeline)
  const bound = buffers.map((param) => {
    const content = defined(contents[params.indexOf(param)], 'a printed buffer is a parameter')
    const made = device.createBuffer(content.byteLength)
    device.write(made, content)
    return made
  })
  const recorder = device.begin()
  const word = (scalar: Scalar): number => (scalar.kind === 'bits' ? scalar.bits : evaluateSize(scalar.size, sizes))
  recorder.dispatch(compiled, bound.map(wholeBuffer), Uint32Array.from(scalars, word), grid)
  recorder.submit()
  const results = await Promise.all(
    contents.map(async (content, i) => {
      const param = params[i]
      const at = param === undefined ? -1 : buffers.indexOf(param)
      const buffer = bound[at]
      if (buffer === undefined || pipeline.buffers[at]?.access === 'read') return content
      const bytes = await device.read(buffer, content.byteLength)
      return sameType(content, bytes)
    }),
  )
  for (const buffer of bound) buffer.destroy()
  return results
}

function sameType(like: Elements, { buffer, byteLength }: Uint8Array): Elements {
  const length = byteLength / 4
  if (like instanceof Float32Array) return new Float32Array(buffer, 0, length)
  return like instanceof Int32Array ? new Int32Array(buffer, 0, length) : new Uint32Array(buffer, 0, length)
}
