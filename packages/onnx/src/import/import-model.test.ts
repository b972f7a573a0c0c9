import { formatSize } from '@tilewright/ir'
import { expect, test } from 'vitest'
import { graphBuilder, modelOf } from '../graph-builder.js'
import { importGraph } from './import-model.js'

test('dimensions of one name have one size; those without a name are sizes of their own, whatever stands for a name', () => {
  const b = graphBuilder('g')
  const x = b.input('x', 'f32', ['n', 'n', undefined, '?', '?', '…', 'größe', '3d'])
  b.output(b.node('Relu', [x]), 'f32')
  const [input] = importGraph(modelOf(b.build(), { opset: 17 })).inputs
  expect(input?.shape.map(formatSize)).toEqual(['n', 'n', 'x.2', 'x.3', 'x.4', 'x.5', 'größe', '3d'])
})
