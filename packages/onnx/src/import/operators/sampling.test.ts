import { runOperation, thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { attribute, graphBuilder, modelOf } from '../../graph-builder.js'
import type { OnnxAttributeValue } from '../../model.js'
import { importGraph } from '../import-model.js'

type Attributes = Readonly<Record<string, OnnxAttributeValue>>

/** The region [1, 1, 2, 2] of an image 0, 1, 2, … of 4×4. */
function regionOf(opset: number, attributes: Attributes): readonly number[] {
  const graph = graphBuilder('regions')
  const operands = [graph.input('x', 'f32', [1, 1, 4, 4]), graph.input('rois', 'f32', [1, 4])]
  graph.output(graph.node('RoiAlign', [...operands, graph.input('images', 'i64', [1])], { attributes }), 'f32')
  const [node] = importGraph(modelOf(graph.build(), { opset })).nodes
  const [x, rois, images] = [
    Float32Array.from({ length: 16 }, (_, i) => i),
    Float32Array.of(1, 1, 2, 2),
    Int32Array.of(0),
  ]
  const data = [x, rois, images]
  const operation = node!.operation
  return Array.from(
    runOperation(
      operation,
      node!.inputs.map((type, i) => ({ type, data: data[i]! })),
    )[0] ?? [],
    Number,
  )
}

const one = { sampling_ratio: attribute.int(1) }

test('RoiAlign takes halves for the middle of elements from operator set 16 on, unless told otherwise', () => {
  expect(regionOf(10, one)).toEqual([1.5 * 4 + 1.5])
  expect(regionOf(16, one)).toEqual([1 * 4 + 1])
  const mode = attribute.string('output_half_pixel')
  expect(regionOf(22, { ...one, coordinate_transformation_mode: mode })).toEqual([7.5])
})

test('RoiAlign reads its extents, its scale and its mode', () => {
  const rows = { ...one, output_height: attribute.int(2), spatial_scale: attribute.float(2) }
  // Rows and columns 2 to 4: the lower middle is beside the last row.
  expect(regionOf(10, rows)).toEqual([2.5 * 4 + 3, 15])
  expect(regionOf(10, { ...one, mode: attribute.string('max') })).toEqual([10 / 4])
})

test('RoiAlign with as many samples as a region is large takes means, and refuses maxima', () => {
  expect(regionOf(10, { spatial_scale: attribute.float(1.5) })[0]).toBeCloseTo(2.25 * 4 + 2.25, 5)
  expect(thrownBy(() => regionOf(16, { mode: attribute.string('max') }))).toMatchObject({
    code: 'onnx/operator',
    help: 'export the model with a fixed sampling_ratio, such as 2',
  })
})
