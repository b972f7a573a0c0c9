/** Collects what becomes a plan: buffers by identity, kernels by content. */
import {
  type ChooseStep,
  type EmittedKernel,
  isDirect,
  type LaunchStep,
  launchesIn,
  type Plan,
  type PlanBuffer,
  type PlanKernel,
  type PlanTensor,
  planVersion,
  type Step,
  toDevice,
} from '@tilewright/backend'
import type { Tensor } from '@tilewright/graph'
import { type Buffer, defined, type Target } from '@tilewright/ir'
import type { Program } from './program.js'

export interface PlanBuilder {
  readonly launch: (name: string, emitted: EmittedKernel, bound: readonly Buffer[]) => LaunchStep
  /** Has a buffer be another one, under another name: what is stored to it takes the place of what is there. */
  readonly share: (buffer: Buffer, other: Buffer) => void
  /** Appends to what each run does. */
  readonly append: (step: LaunchStep | ChooseStep) => void
  /** Appends to what is done once, before the first run. */
  readonly prepare: (step: LaunchStep | ChooseStep) => void
  readonly finish: () => { readonly plan: Plan; readonly constants: ConstantChunks }
}

/** The bytes of a plan's constants, in order: views of the weights where a device holds them as they are, not copies. */
export type ConstantChunks = () => AsyncIterable<Uint8Array>

/** Offsets of constants are multiples of this, so that any typed array can view them. */
const constantAlignment = 16

export function planBuilder(program: Program, target: Target, backend: string): PlanBuilder {
  const buffers: PlanBuffer[] = []
  const numbers = new Map<Buffer, number>()
  const kernels: PlanKernel[] = []
  const kernelNumbers = new Map<string, number>()
  const steps: Step[] = []
  const prepare: Step[] = []
  const roles = new Map<Buffer, PlanBuffer['role']>([
    ...[...program.constants.keys()].map((buffer) => [buffer, 'constant'] as const),
    ...program.inputs.map(({ buffer }) => [buffer, 'input'] as const),
    ...program.outputs.map(({ buffer }) => [buffer, 'output'] as const),
  ])

  const numberOf = (buffer: Buffer): number => {
    const known = numbers.get(buffer)
    if (known !== undefined) return known
    const number = buffers.length
    numbers.set(buffer, number)
    buffers.push({
      name: program.names.get(buffer) ?? buffer.hint,
      role: roles.get(buffer) ?? 'intermediate',
      dtype: buffer.dtype,
      elementBytes: target.elementBytes[buffer.dtype],
      shape: buffer.shape,
    })
    return number
  }
  const tensorOf = (name: string, tensor: Tensor, buffer: Buffer): PlanTensor => ({
    name,
    dtype: tensor.dtype,
    shape: tensor.shape,
    buffer: numberOf(buffer),
  })
  const inputs = program.inputs.map(({ tensor, buffer }) => tensorOf(tensor.name, tensor, buffer))
  const outputs = program.outputs.map(({ name, tensor, buffer }) => tensorOf(name, tensor, buffer))
  const converted = (tensors: readonly PlanTensor[], op: 'convert-input' | 'convert-output'): Step[] =>
    tensors.flatMap((tensor, i): Step[] => {
      const buffer = defined(buffers[tensor.buffer], 'every tensor has a buffer')
      return isDirect(tensor.dtype, buffer) ? [] : [{ kind: 'host', op, tensor: i }]
    })

  return {
    launch: (name, emitted, bound) => {
      const pipeline = withoutContents(emitted.pipeline)
      const content = JSON.stringify(pipeline)
      const kernel = kernelNumbers.get(content) ?? kernels.push(pipeline) - 1
      kernelNumbers.set(content, kernel)
      const { scalars, workgroups } = emitted
      return { kind: 'launch', name, kernel, buffers: bound.map(numberOf), scalars, workgroups }
    },
    share: (buffer, other) => {
      numbers.set(buffer, numberOf(other))
    },
    append: (step) => {
      steps.push(step)
    },
    prepare: (step) => {
      prepare.push(step)
    },
    finish: () => {
      const chunks: Uint8Array[] = []
      const constants: { buffer: number; offset: number; bytes: number }[] = []
      let end = 0
      for (const [buffer, data] of program.constants) {
        const number = numbers.get(buffer)
        if (number === undefined) continue // folded away: no kernel reads it
        const bytes = toDevice(
          program.names.get(buffer) ?? buffer.hint,
          data.dtype,
          data.data,
          defined(buffers[number], 'numbered'),
        )
        const offset = Math.ceil(end / constantAlignment) * constantAlignment
        if (offset > end) chunks.push(new Uint8Array(offset - end))
        chunks.push(bytes)
        constants.push({ buffer: number, offset, bytes: bytes.byteLength })
        end = offset + bytes.byteLength
      }
      const plan: Plan = {
        version: planVersion,
        name: program.name,
        backend,
        target: target.name,
        inputs,
        outputs,
        equalSizes: program.equalSizes,
        buffers: withPrepared(buffers, prepare),
        constants,
        kernels,
        prepare,
        steps: [...converted(inputs, 'convert-input'), ...steps, ...converted(outputs, 'convert-output')],
      }
      return {
        plan,
        constants: async function* () {
          yield* chunks
        },
      }
    },
  }
}

/** The buffers, those that `prepare` makes of constants marked as such. */
function withPrepared(buffers: readonly PlanBuffer[], prepare: readonly Step[]): readonly PlanBuffer[] {
  const named = new Set(launchesIn(prepare).flatMap((launch) => launch.buffers))
  return buffers.map((buffer, i) =>
    named.has(i) && buffer.role === 'intermediate' ? { ...buffer, role: 'prepared' } : buffer,
  )
}

/** The kernel as it is for all shapes for which it is printed like this. */
function withoutContents(kernel: PlanKernel): PlanKernel {
  return { ...kernel, buffers: kernel.buffers.map(({ access, dtype, lanes }) => ({ access, dtype, lanes })) }
}
