/** What a model needs and Tilewright lacks, found from operators and element types alone, before any work. */
import { type Gap, UnsupportedError } from '@tilewright/ir'
import { quote } from '../format-errors.js'
import type { OnnxModel } from '../model.js'
import { isGraphDType } from './constant-data.js'
import { operatorOf } from './operators/index.js'

/** Versions of ONNX's operator set whose models are read. */
export const opsets = { oldest: 7, newest: 27 } as const

/** Operators that are no gap to be filled: every size is known before a run computes anything. */
const shapedByData: ReadonlySet<string> = new Set(['NonZero', 'Compress', 'Unique', 'NonMaxSuppression'])

/** Throws one `UnsupportedError` `onnx/unsupported` that names every gap. */
export function refuseGaps(model: OnnxModel, opset: number): void {
  const gaps: Gap[] = []
  if (opset < opsets.oldest || opset > opsets.newest) {
    gaps.push({ where: 'model', what: `operator set ${opset}; ${opsets.oldest} to ${opsets.newest} are read` })
  }
  const { graph } = model
  const weights = new Set(graph.initializers.map((tensor) => tensor.name))
  for (const { name, type } of graph.inputs) {
    const where = `input ${quote(name)}`
    if (weights.has(name)) continue
    if (type.kind !== 'tensor') gaps.push({ where, what: `a value of kind ${type.kind}` })
    else if (!isGraphDType(type.dtype)) gaps.push({ where, what: `element type ${type.dtype}` })
    else if (type.shape === 'unknown') gaps.push({ where, what: 'a tensor of unknown rank' })
  }
  const used = new Set(graph.nodes.flatMap((node) => node.inputs))
  for (const { name, dtype } of graph.initializers) {
    if (used.has(name) && !isGraphDType(dtype))
      gaps.push({ where: `weight ${quote(name)}`, what: `element type ${dtype}` })
  }
  graph.nodes.forEach((node, i) => {
    if (operatorOf(node.opType, node.domain) !== undefined) return
    const domain = node.domain === '' ? '' : `${node.domain}.`
    const why = shapedByData.has(domain + node.opType) ? ', the shape of whose result depends on data' : ''
    gaps.push({ where: nodePlace(node.name, i), what: `operator ${quote(domain + node.opType)}${why}` })
  })
  if (gaps.length === 0) return
  throw new UnsupportedError({
    code: 'onnx/unsupported',
    message: `the model needs ${gaps.length} ${gaps.length === 1 ? 'thing that is' : 'things that are'} not supported`,
    help: 'export the model without them, or cut it before them (onnx.utils.extract_model)',
    gaps,
  })
}

/** A node, by name where it has one. */
export function nodePlace(name: string, index: number): string {
  return name === '' ? `node ${index}` : `node ${quote(name)}`
}
