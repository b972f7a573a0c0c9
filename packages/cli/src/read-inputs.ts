/** The inputs of a model as a data set has them, each held against what the model declares. */
import { CompileError } from '@tilewright/ir'
import { hostInputs, type OnnxModel, type OnnxValueInfo, sizeName } from '@tilewright/onnx'
import type { HostTensor } from '@tilewright/runtime'
import { type DataFile, type DataSet, hostTensor } from './data-set.js'
import { formatCount, formatList } from './format.js'
import type { KnownInputs } from './sizes-to-fix.js'

export interface InputData extends KnownInputs {
  /** What it is run with. */
  readonly given: Readonly<Record<string, HostTensor>>
}

/** The value of a symbolic size, and the input that has it; none where it is fixed. */
interface Binding {
  readonly value: number
  readonly input: string | undefined
}

/**
 * Reads and checks all inputs of a model, whose sizes in `fixed` it is to be compiled for. Throws `CompileError` `size/fixed`
 * where data has another value of these, `data/input-count` unless the data set has one file for each of the
 * model's inputs, `data/input-dtype` and `data/input-shape` for a tensor that is not what the model declares, and what
 * reading a file throws.
 */
export function readInputs(
  model: OnnxModel,
  dataSet: DataSet,
  fixed: Readonly<Record<string, number>> = {},
): InputData {
  // Initializers may be listed as inputs; no data is given for them.
  const weights = new Set(model.graph.initializers.map((tensor) => tensor.name))
  const inputs = model.graph.inputs.filter(({ name }) => !weights.has(name))
  checkInputCount(dataSet, inputs)
  const sizes = new Map<string, Binding>(
    Object.entries(fixed).map(([name, value]) => [name, { value, input: undefined }]),
  )
  const tensors = inputs.map((input, position): readonly [string, HostTensor] => {
    const file = dataSet.input(position)
    checkDeclared(input, file, sizes)
    return [input.name, hostTensor(file)]
  })
  const host = new Set(hostInputs(model))
  return {
    sizes: Object.fromEntries([...sizes].map(([name, { value }]) => [name, value])),
    hostValues: new Map(tensors.filter(([name]) => host.has(name))),
    given: Object.fromEntries(tensors.filter(([name]) => !host.has(name))),
  }
}

function checkInputCount({ folder, inputCount, inner }: DataSet, inputs: readonly OnnxValueInfo[]): void {
  if (inputCount === inputs.length) return
  const names = inputs.map(({ name }) => name)
  throw new CompileError({
    code: 'data/input-count',
    message: `${formatCount(inputCount, 'input file')} for ${formatCount(inputs.length, 'input')} (${formatList(names, 3)})`,
    where: folder,
    help:
      inputCount === 0 && inner !== undefined
        ? `name a data set in it: ${inner}`
        : 'write input_N.pb for the N-th input of the graph that is no initializer, from 0',
  })
}

const declaredHelp = 'write data of the shape that the model declares'
const needsNoFix = 'with data, a model that needs to know a size is compiled for the size of the data'

/** Throws unless a file has what its input is declared to be; what it tells of symbolic sizes goes into `sizes`. */
function checkDeclared({ name, type }: OnnxValueInfo, { path, tensor }: DataFile, sizes: Map<string, Binding>): void {
  // What is no tensor, and has no rank, is refused with the model.
  if (type.kind !== 'tensor' || type.shape === 'unknown') return
  const { dtype, dims } = tensor
  const declared = type.shape.map((dim, d) => (typeof dim === 'number' ? dim : sizeName(dim, name, d)))
  const refuse = (code: 'data/input-dtype' | 'data/input-shape' | 'size/fixed', help: string): never => {
    const known = declared.flatMap((size, d) => {
      const binding = typeof size === 'string' ? sizes.get(size) : undefined
      const isOwn = binding?.input === name && binding.value === dims[d]
      if (binding === undefined || isOwn) return []
      const by = binding.input === undefined ? `by --fix ${size}=${binding.value}` : `in input "${binding.input}"`
      return [`; ${size} is ${binding.value} ${by}`]
    })
    throw new CompileError({
      code,
      message:
        `input "${name}" is ${dtype} [${dims.join(', ')}], ` +
        `expected ${type.dtype} [${declared.join(', ')}]${[...new Set(known)].join('')}`,
      where: path,
      help,
    })
  }
  if (dtype !== type.dtype) refuse('data/input-dtype', 'convert the data to the type that the model declares')
  const fits = (size: number | string, value: number): boolean => {
    if (typeof size === 'number') return value === size
    const binding = sizes.get(size) ?? { value, input: name }
    sizes.set(size, binding)
    return value === binding.value
  }
  if (dims.length !== declared.length) refuse('data/input-shape', declaredHelp)
  for (const [d, size] of declared.entries()) {
    if (fits(size, dims[d] ?? 0)) continue
    const fixed = typeof size === 'string' ? sizes.get(size) : undefined
    if (fixed === undefined || fixed.input !== undefined) refuse('data/input-shape', declaredHelp)
    refuse('size/fixed', `leave --fix ${size}=${fixed?.value} away: ${needsNoFix}`)
  }
}
