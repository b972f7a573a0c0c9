/** What the steps of a loop collect: values side by side along a new dimension. */
import { concatOp, type Tensor, unsqueezeOp } from '@tilewright/graph'
import { defined } from '@tilewright/ir'
import type { OnnxGraph } from '../../model.js'
import { isGraphDType } from '../constant-data.js'
import { knownTensor } from '../host-values/known-tensor.js'
import { type StructuredNode, undecided } from './subgraph.js'

interface Stacking {
  /** Of the result. */
  readonly axis: number
  /** Of the node, and of its output. */
  readonly names: { readonly node: string; readonly output: string }
  /** The output of the graph that the values are. */
  readonly from: { readonly body: OnnxGraph; readonly output: number }
}

/**
 * One value a step, along a new dimension. Throws `UnsupportedError` `onnx/control-flow` where there are none and the body
 * does not declare of which shape they are, `CompileError` `graph/shape`.
 */
export function stacked(values: readonly Tensor[], stacking: Stacking, structured: StructuredNode): Tensor {
  const { axis, names } = stacking
  const { importer } = structured
  if (values.length === 0) return emptyOf(stacking, structured)
  const one = (tensors: readonly Tensor[]): Tensor => defined(tensors[0], 'one output')
  const rows = values.map((value, step) => {
    const outputs = [`${names.output}_${step}`]
    return one(
      importer.apply(unsqueezeOp(value, { axes: [axis] }), [value], { node: `${names.node}_${step}`, outputs }),
    )
  })
  return one(importer.apply(concatOp(rows, { axis }), rows, { node: names.node, outputs: [names.output] }))
}

/** What is collected in no step, by the type that the body declares. */
function emptyOf({ axis, names, from: { body, output } }: Stacking, structured: StructuredNode): Tensor {
  const type = body.outputs[output]?.type
  if (type?.kind === 'tensor' && type.shape !== 'unknown' && isGraphDType(type.dtype)) {
    const shape = type.shape.flatMap((extent) => (typeof extent === 'number' ? [extent] : []))
    const at = axis < 0 ? axis + shape.length + 1 : axis
    const empty = knownTensor(names.output, type.dtype, shape.toSpliced(at, 0, 0), [])
    if (empty !== undefined && shape.length === type.shape.length) return empty
  }
  throw undecided(
    structured,
    `a ${structured.node.opType} of no steps whose body does not declare the shapes it collects`,
    'declare them in the body, or export the model without the loop',
  )
}
