import { expect, test } from 'vitest'
import { attribute, type GraphBuilder, graphBuilder, modelOf } from '../graph-builder.js'
import { hostInputs } from './host-inputs.js'

const hostInputsOf = (make: (b: GraphBuilder) => void): readonly string[] => {
  const b = graphBuilder('g')
  make(b)
  return hostInputs(modelOf(b.build(), { opset: 13 }))
}

test('an input that is read as a host value, or that one is computed from, is a host input', () => {
  const found = hostInputsOf((b) => {
    const [x, axes] = [b.input('x', 'f32', ['n', 4]), b.input('axes', 'i64', [1])]
    const rows = b.node('Cast', [b.input('rows', 'i32', [1])], { attributes: { to: attribute.int(7) } })
    const one = b.initializer('one', { dtype: 'i64', dims: [1], data: BigInt64Array.of(1n) })
    const shape = b.node('Concat', [rows, one], { attributes: { axis: attribute.int(0) } })
    b.output(b.node('ReduceSum', [b.node('Reshape', [x, shape]), axes]), 'f32')
  })
  expect(found).toEqual(['axes', 'rows'])
})

test('an input whose shape alone is read is none', () => {
  const found = hostInputsOf((b) => {
    const [x, y] = [b.input('x', 'f32', ['n', 4]), b.input('y', 'f32', [4, 'n'])]
    b.output(b.node('Reshape', [x, b.node('Shape', [y])]), 'f32')
  })
  expect(found).toEqual([])
})
