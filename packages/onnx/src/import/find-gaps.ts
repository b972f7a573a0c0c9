/** What a model needs and Tilewright lacks, found from operators and element types alone, before any work. */
import { formatGaps, type Gap, UnsupportedError } from '@tilewright/ir'
import { quote } from '../format-errors.js'
import type { OnnxFunction, OnnxGraph, OnnxModel, OnnxNode } from '../model.js'
import { isGraphDType } from './constant-data.js'
import { controlFlow } from './control-flow/index.js'
import { type Functions, subgraphsOf } from './functions.js'
import { nodePlace } from './node-place.js'
import { operatorOf } from './operators/index.js'

/** Versions of ONNX's operator set whose models are read. */
export const opsets = { oldest: 7, newest: 27 } as const

/** Operators that are no gap to be filled: every size is known before a run computes anything. */
const shapedByData: ReadonlySet<string> = new Set(['NonZero', 'Compress', 'Unique', 'NonMaxSuppression'])

/** Throws one `UnsupportedError` `onnx/unsupported` that names every gap. */
export function refuseGaps(model: OnnxModel, functions: Functions, opset: number): void {
  const ofModel = opsetGaps(opset, 'model')
  const gaps: Gap[] = [...ofModel]
  const { graph } = model
  const weights = new Set(graph.initializers.map((tensor) => tensor.name))
  for (const { name, type } of graph.inputs) {
    const where = `input ${quote(name)}`
    if (weights.has(name)) continue
    if (type.kind !== 'tensor') gaps.push({ where, what: `a value of kind ${type.kind}` })
    else if (!isGraphDType(type.dtype)) gaps.push({ where, what: `element type ${type.dtype}` })
    else if (type.shape === 'unknown') gaps.push({ where, what: 'a tensor of unknown rank' })
  }
  const entered = new Set<OnnxFunction>()
  const ofGraph = ({ nodes, initializers }: OnnxGraph, around: string): readonly Gap[] => {
    const used = new Set(nodes.flatMap((node) => node.inputs))
    const ofWeights = initializers.flatMap(({ name, dtype }) =>
      used.has(name) && !isGraphDType(dtype)
        ? [{ where: `${around}weight ${quote(name)}`, what: `element type ${dtype}` }]
        : [],
    )
    return [...ofWeights, ...ofNodes(nodes, around)]
  }
  const ofNodes = (nodes: readonly OnnxNode[], around: string): readonly Gap[] =>
    nodes.flatMap((node, i) => {
      const where = `${around}${nodePlace(node.name, i)}`
      const callee = functions(node)
      if (callee !== undefined) return ofFunction(callee)
      if (node.domain === '' && controlFlow.has(node.opType)) {
        return subgraphsOf(node).flatMap(([, inner]) => ofGraph(inner, `${where} › `))
      }
      if (operatorOf(node.opType, node.domain) !== undefined) return []
      const domain = node.domain === '' ? '' : `${node.domain}.`
      const why = shapedByData.has(domain + node.opType) ? ', the shape of whose result depends on data' : ''
      return [{ where, what: `operator ${quote(domain + node.opType)}${why}` }]
    })
  const ofFunction = (callee: OnnxFunction): readonly Gap[] => {
    if (entered.has(callee)) return []
    entered.add(callee)
    const where = `function ${quote(callee.name)}`
    const own = callee.opsetImports.find(({ domain }) => domain === '')?.version
    return [...(own === undefined ? [] : opsetGaps(own, where)), ...ofNodes(callee.nodes, `${where} › `)]
  }
  gaps.push(...ofGraph(graph, ''))
  if (gaps.length === 0) return
  throw new UnsupportedError({
    code: 'onnx/unsupported',
    message: [
      `the model needs ${gaps.length} ${gaps.length === 1 ? 'thing that is' : 'things that are'} not supported`,
      ...formatGaps(gaps),
    ].join('\n'),
    help:
      ofModel.length > 0
        ? 'convert the model to an operator set that is read (onnx.version_converter.convert_version)'
        : 'export the model without them, or cut it before them (onnx.utils.extract_model)',
    gaps,
  })
}

function opsetGaps(opset: number, where: string): readonly Gap[] {
  if (opset >= opsets.oldest && opset <= opsets.newest) return []
  return [{ where, what: `operator set ${opset}; ${opsets.oldest} to ${opsets.newest} are read` }]
}
