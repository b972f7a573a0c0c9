/**
 * Nodes in order, each as the values of its outputs: an operator's operation, the body of a function, the branch of a
 * condition, the steps of a loop.
 */
import type { GraphBuilder, Tensor } from '@tilewright/graph'
import { atPlace, UnsupportedError } from '@tilewright/ir'
import type { OnnxNode } from '../model.js'
import { checkExtents } from './check-extents.js'
import { checkSchema } from './check-schema.js'
import { controlFlow } from './control-flow/index.js'
import { bodyOf, type Functions, namesRead } from './functions.js'
import { evaluateOperation } from './host-values/evaluate-operation.js'
import type { Importer } from './importer.js'
import { nodeContext } from './node-context.js'
import { operatorOf } from './operators/index.js'
import { type Scope, scopeIn } from './scope.js'
import { sortNodes } from './sort-nodes.js'

/** Nodes of a graph once functions and loops are taken apart. */
const mostNodes = 2 ** 17

/** Imports nodes into a graph. */
export function importerFor(builder: GraphBuilder, functions: Functions, opset: number): Importer {
  let nodes = 0
  return {
    functions,
    opset,
    count: (where) => {
      nodes += 1
      if (nodes <= mostNodes) return
      const what = `more than ${mostNodes} nodes in functions and loops`
      throw new UnsupportedError({
        code: 'onnx/expansion',
        message: `the model becomes ${what}`,
        where,
        help: 'export the model with fewer steps',
        gaps: [{ where, what }],
      })
    },
    apply: (operation, operands, { node, outputs }) => {
      checkExtents(operation)
      // What follows from shapes and constants is known here, and no node of the graph.
      const known = evaluateOperation(operation, operands, outputs)
      return known ?? builder.apply(operation, operands, { ...(node === '' ? {} : { node }), outputs })
    },
    nodes: importNodes,
  }
}

function importNodes(nodes: readonly OnnxNode[], scope: Scope, importer: Importer, around: string): void {
  const given = new Set(nodes.flatMap(namesRead).filter(scope.has))
  for (const { node, where } of sortNodes(nodes, given, around)) {
    importer.count(where)
    const operands = node.inputs.map((name) => (name === '' ? undefined : scope.lookup(name, where)))
    const made = atPlace(where, () => importNode(node, operands, scope, importer, where))
    node.outputs.forEach((name, o) => {
      const tensor = made[o]
      if (name === '') return
      if (tensor === undefined) {
        throw new UnsupportedError({
          code: 'onnx/output',
          message: `output ${o} of ${node.opType} is not supported`,
          where,
          gaps: [{ where, what: `output ${o} of ${node.opType}` }],
        })
      }
      scope.define(name, tensor, where)
    })
  }
}

function importNode(
  node: OnnxNode,
  operands: readonly (Tensor | undefined)[],
  scope: Scope,
  importer: Importer,
  where: string,
): readonly Tensor[] {
  const callee = importer.functions(node)
  if (callee !== undefined) {
    const inside = scopeIn(undefined)
    callee.inputs.forEach((name, i) => {
      const operand = operands[i]
      if (operand !== undefined) inside.define(name, operand, where)
    })
    const opset = callee.opsetImports.find(({ domain }) => domain === '')?.version ?? importer.opset
    importNodes(bodyOf(callee, node), inside, { ...importer, opset }, `${where} › `)
    return callee.outputs.map((name) => inside.lookup(name, where))
  }
  if (node.domain === '') checkSchema(node, importer.opset, where)
  const structure = node.domain === '' ? controlFlow.get(node.opType) : undefined
  if (structure !== undefined) return structure({ node, operands, scope, importer, where })
  const imported = operatorOf(node.opType, node.domain)?.import(nodeContext(node, importer.opset, where, operands))
  if (imported === undefined) return []
  if (imported.kind === 'tensors') return imported.tensors
  return importer.apply(imported.operation, imported.operands, { node: node.name, outputs: node.outputs })
}
