/**
 * What a model's definitions say its outputs are: unfused, unscheduled, on no device. Shares no pass with the compiler, so
 * that it can say whether the compiler is right.
 */
import { fromDevice, type PlanBuffer, toDevice } from '@tilewright/backend'
import { cpuTarget } from '@tilewright/backend-cpu'
import { type ElementArray, evaluate } from '@tilewright/backend-cpu/evaluate'
import { programOf } from '@tilewright/compiler'
import type { Graph } from '@tilewright/graph'
import {
  type Buffer,
  CompileError,
  type DType,
  defined,
  type Equation,
  equationOutputs,
  evaluateSize,
  type SizeExpr,
  type SizeValues,
} from '@tilewright/ir'
import type { HostTensor } from '@tilewright/runtime'

/** Elements as the evaluator takes them: f16 and bf16 as values. */
const elementArrays = {
  f32: Float32Array,
  f16: Float32Array,
  bf16: Float32Array,
  i32: Int32Array,
  u32: Uint32Array,
  i8: Int8Array,
  u8: Uint8Array,
  bool: Uint8Array,
} as const satisfies Record<DType, unknown>

/** What is worth evaluating while a person waits: every intermediate is kept, and nothing is fast. */
const budget = { bytes: 2 ** 29, steps: 2e9 } as const

/**
 * The outputs of a graph by name, for inputs by name and values of its size parameters; undefined when that would take
 * more than a few seconds or half a GiB. Throws `CompileError` `run/shape` for sizes too small for the model's windows.
 */
export function evaluateByDefinition(
  graph: Graph,
  inputs: Readonly<Record<string, HostTensor>>,
  sizes: SizeValues,
): Readonly<Record<string, HostTensor>> | undefined {
  const program = programOf(graph)
  const { bytes, steps } = costOf(program.equations, sizes)
  if (bytes > budget.bytes || steps > budget.steps) return undefined
  const known = new Map<Buffer, ElementArray>()
  for (const [buffer, data] of program.constants) known.set(buffer, elementsOf(buffer, data))
  for (const { tensor, buffer } of program.inputs) {
    known.set(buffer, elementsOf(buffer, defined(inputs[tensor.name], `input "${tensor.name}" is given`)))
  }
  const memory = evaluate(program, known, sizes)
  return Object.fromEntries(
    program.outputs.map(({ name, tensor, buffer }): [string, HostTensor] => {
      const elements = defined(memory.get(buffer), `output "${name}" is computed`)
      // The evaluator's arrays are views of nothing larger.
      const bytes = new Uint8Array(elements.slice().buffer)
      const shape = tensor.shape.map((extent) => evaluateSize(extent, sizes))
      return [
        name,
        { dtype: tensor.dtype, shape, data: fromDevice(tensor.dtype, bytes, elements.length, storageOf(buffer)) },
      ]
    }),
  )
}

/** Bytes of intermediates and outputs, and elements computed or read, that evaluation by definition takes. */
export function definitionCost(graph: Graph, sizes: SizeValues): DefinitionCost {
  return costOf(programOf(graph).equations, sizes)
}

export interface DefinitionCost {
  readonly bytes: number
  readonly steps: number
}

function costOf(equations: readonly Equation[], sizes: SizeValues): DefinitionCost {
  const product = (extents: readonly SizeExpr[]): number =>
    extents.reduce<number>((count, extent) => count * extentOf(extent, sizes), 1)
  let [bytes, steps] = [0, 0]
  for (const equation of equations) {
    const elements = equationOutputs(equation).map((output) => product(output.shape))
    const domain = 'domain' in equation ? product(equation.domain.map((axis) => axis.extent)) : 1
    bytes += 4 * elements.reduce((sum, count) => sum + count, 0)
    // A scatter walks its domain once, a reduction once for each element.
    steps += (elements[0] ?? 0) * (equation.kind === 'reduce' ? domain : 1) + (equation.kind === 'scatter' ? domain : 0)
  }
  return { bytes, steps }
}

/** Throws `CompileError` `run/shape` for a negative extent: a run says so too, but of what its results need alone. */
function extentOf(extent: SizeExpr, sizes: SizeValues): number {
  const value = evaluateSize(extent, sizes)
  if (value >= 0) return value
  throw new CompileError({
    code: 'run/shape',
    message: `a tensor of the model has the extent ${value}`,
    help: 'the inputs are too small: a window must fit into what it moves over',
  })
}

function elementsOf(buffer: Buffer, tensor: HostTensor): ElementArray {
  const bytes = toDevice(buffer.hint, tensor.dtype, tensor.data, storageOf(buffer)).slice()
  return new elementArrays[buffer.dtype](bytes.buffer)
}

const storageOf = ({ dtype }: Buffer): Pick<PlanBuffer, 'dtype' | 'elementBytes'> => ({
  dtype,
  elementBytes: cpuTarget.elementBytes[dtype],
})
