/** Symbolic sizes of a model that are always the same where it runs. */
import { CompileError, checkArgument, checkRecord } from '@tilewright/ir'
import { checkModel } from './check-model.js'
import { quote } from './format-errors.js'
import type { OnnxDim, OnnxModel } from './model.js'
import { sizeName } from './size-name.js'

/**
 * The model with some of its inputs' symbolic dimensions made numbers: kernels get to know them, and what the sizes decide,
 * such as whether a dimension of extent 1 is broadcast, is decided when compiling. A dimension without a name is called
 * `INPUT.D`. Dimensions inside the graph and of its results follow. Throws `CompileError` `size/unknown` for a name that no
 * input's dimension has, `size/record` and `size/value` for what are no sizes, `onnx/model` for what is no decoded model.
 */
export function fixSizes(model: OnnxModel, sizes: Readonly<Record<string, number>>): OnnxModel {
  checkModel(model)
  checkRecord('size/record', 'sizes', sizes)
  for (const [name, value] of Object.entries(sizes)) {
    const isSize = Number.isSafeInteger(value) && value >= 0
    checkArgument(isSize, 'size/value', `size ${quote(name)} is a non-negative integer`, value, 'pass { batch: 4 }')
  }
  const names = new Set<string>()
  const fixed = (dim: OnnxDim, input: string, d: number): OnnxDim => {
    if (typeof dim === 'number') return dim
    const name = sizeName(dim, input, d)
    names.add(name)
    return Object.hasOwn(sizes, name) ? (sizes[name] ?? dim) : dim
  }
  const inputs = model.graph.inputs.map((input) => {
    const { name, type } = input
    if (type.kind !== 'tensor' || type.shape === 'unknown') return input
    return { ...input, type: { ...type, shape: type.shape.map((dim, d) => fixed(dim, name, d)) } }
  })
  const unknown = Object.keys(sizes).find((name) => !names.has(name))
  if (unknown === undefined) return { ...model, graph: { ...model.graph, inputs } }
  throw new CompileError({
    code: 'size/unknown',
    message: `the model has no size "${unknown}"`,
    help: names.size === 0 ? 'its inputs have no symbolic dimension' : `its sizes are ${[...names].join(', ')}`,
  })
}
