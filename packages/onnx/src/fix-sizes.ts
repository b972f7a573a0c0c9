/** Symbolic sizes of a model that are always the same where it runs. */
import { CompileError } from '@tilewright/ir'
import type { OnnxDim, OnnxModel, OnnxType } from './model.js'

/**
 * The model with some of its inputs' named dimensions made numbers: kernels get to know them, and what the sizes decide,
 * such as whether a dimension of extent 1 is broadcast, is decided when compiling. Dimensions inside the graph and of its
 * results follow. Throws `CompileError` `size/unknown` for a name that no input's dimension has.
 */
export function fixSizes(model: OnnxModel, sizes: Readonly<Record<string, number>>): OnnxModel {
  const names = new Set(
    model.graph.inputs.flatMap(({ type }) =>
      dimsOf(type).flatMap((dim) => (typeof dim === 'object' ? [dim.param] : [])),
    ),
  )
  const unknown = Object.keys(sizes).find((name) => !names.has(name))
  if (unknown !== undefined) {
    throw new CompileError({
      code: 'size/unknown',
      message: `the model has no size "${unknown}"`,
      help: names.size === 0 ? 'its inputs have no named dimension' : `its sizes are ${[...names].join(', ')}`,
    })
  }
  const fixed = (dim: OnnxDim): OnnxDim =>
    typeof dim === 'object' && Object.hasOwn(sizes, dim.param) ? (sizes[dim.param] ?? dim) : dim
  const inputs = model.graph.inputs.map((input) => {
    const { type } = input
    if (type.kind !== 'tensor' || type.shape === 'unknown') return input
    return { ...input, type: { ...type, shape: type.shape.map(fixed) } }
  })
  return { ...model, graph: { ...model.graph, inputs } }
}

function dimsOf(type: OnnxType): readonly OnnxDim[] {
  return type.kind === 'tensor' && type.shape !== 'unknown' ? type.shape : []
}
