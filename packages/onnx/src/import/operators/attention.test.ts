import { thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { attribute, graphBuilder, modelOf } from '../../graph-builder.js'
import type { OnnxAttributeValue } from '../../model.js'
import { importGraph } from '../import-model.js'

/** The types of the outputs of an Attention of 2 heads over packed operands. */
function typesOf(attributes: Readonly<Record<string, OnnxAttributeValue>>, outputs: readonly string[] = ['y']) {
  const graph = graphBuilder('one')
  const inputs = ['q', 'k', 'v'].map((name) => graph.input(name, 'f32', ['B', 3, 8]))
  const heads = { q_num_heads: attribute.int(2), kv_num_heads: attribute.int(2) }
  graph.node('Attention', inputs, { attributes: { ...heads, ...attributes }, outputs })
  graph.output('y', 'f32')
  return importGraph(modelOf(graph.build(), { opset: 24 })).nodes[0]?.operation.outputs
}

test('Attention gives as many outputs as are wanted', () => {
  expect(typesOf({})).toHaveLength(1)
  expect(typesOf({}, ['y', '', '', 'scores'])?.map(({ shape }) => shape.slice(1))).toEqual([
    [3, 8],
    [2, 3, 4],
    [2, 3, 4],
    [2, 3, 3],
  ])
})

test('Attention refuses precisions and modes that there are not', () => {
  expect(typesOf({ softmax_precision: attribute.int(10) })).toHaveLength(1)
  expect(thrownBy(() => typesOf({ softmax_precision: attribute.int(11) }))).toMatchObject({ code: 'onnx/operator' })
  expect(thrownBy(() => typesOf({ qk_matmul_output_mode: attribute.int(4) }))).toMatchObject({ code: 'onnx/attribute' })
})
