import { attribute, encodeModel, graphBuilder, modelOf, type OnnxModel, tensorData } from '@tilewright/onnx'
import { describe, expect, test } from 'vitest'
import { withGaussianWeights } from './gaussian-weights.js'

/** Conv, BatchNormalization, Softmax, with weights as the ONNX test suite writes them. */
function lightModel(): OnnxModel {
  const graph = graphBuilder('light')
  const constant = (name: string, dims: readonly number[]): string => {
    const shape = graph.initializer(`${name}__SHAPE`, {
      dtype: 'i64',
      dims: [dims.length],
      data: BigInt64Array.from(dims, BigInt),
    })
    graph.input(shape, 'i64', [dims.length])
    const value = { dtype: 'f32', dims: [1], data: Float32Array.of(0.02) } as const
    return graph.node('ConstantOfShape', [shape], { attributes: { value: attribute.tensor(value) }, outputs: [name] })
  }
  const x = graph.input('x', 'f32', [1, 32, 8, 8])
  const conv = graph.node('Conv', [x, constant('w', [64, 32, 3, 3]), constant('b', [64])])
  const channels = [64]
  const normalized = graph.node('BatchNormalization', [
    conv,
    constant('scale', channels),
    constant('offset', channels),
    constant('mean', channels),
    constant('variance', channels),
  ])
  graph.node('Softmax', [normalized], { outputs: ['y'] })
  graph.output('y', 'f32', [1, 64, 6, 6])
  return modelOf(graph.build(), { opset: 9 })
}

describe('withGaussianWeights', () => {
  const { graph } = withGaussianWeights(lightModel(), 1)
  const values = (name: string): readonly number[] => {
    const tensor = graph.initializers.find((item) => item.name === name)
    return tensor === undefined ? [] : Array.from(tensorData(tensor).data, Number)
  }
  const mean = (numbers: readonly number[]): number => numbers.reduce((sum, value) => sum + value, 0) / numbers.length
  const deviation = (numbers: readonly number[]): number =>
    Math.sqrt(mean(numbers.map((value) => (value - mean(numbers)) ** 2)))

  test('an initializer takes the place of each ConstantOfShape, and of what told its shape', () => {
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(['Conv', 'BatchNormalization', 'Softmax'])
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x'])
    expect(graph.initializers.map(({ name, dims }) => [name, dims])).toEqual([
      ['w', [64, 32, 3, 3]],
      ['b', [64]],
      ['scale', [64]],
      ['offset', [64]],
      ['mean', [64]],
      ['variance', [64]],
    ])
  })

  test('weights have the deviation of He, variances are positive, no two tensors are alike', () => {
    expect(mean(values('w'))).toBeCloseTo(0, 2)
    expect(deviation(values('w'))).toBeCloseTo(Math.sqrt(2 / (32 * 3 * 3)), 3)
    expect(mean(values('scale'))).toBeCloseTo(1, 1)
    expect(Math.min(...values('variance'))).toBeGreaterThanOrEqual(1)
    expect(values('offset')).not.toEqual(values('mean'))
  })

  test('what goes into a last Softmax is an output too', () => {
    expect(graph.outputs.map(({ name }) => name)).toEqual(['y', 'light/BatchNormalization_7'])
  })

  test('the same seed gives the same bytes', () => {
    const bytes = (seed: number): Uint8Array => encodeModel(withGaussianWeights(lightModel(), seed))
    expect(bytes(1)).toEqual(bytes(1))
    expect(bytes(1)).not.toEqual(bytes(2))
  })

  test('leaves alone what is no f32 or has a computed shape', () => {
    const builder = graphBuilder('other')
    const shape = builder.input('shape', 'i64', [1])
    builder.node('ConstantOfShape', [shape], { outputs: ['computed'] })
    const fixed = builder.initializer('fixed', { dtype: 'i64', dims: [1], data: BigInt64Array.of(2n) })
    const value = { dtype: 'i64', dims: [1], data: BigInt64Array.of(3n) } as const
    builder.node('ConstantOfShape', [fixed], { attributes: { value: attribute.tensor(value) }, outputs: ['integers'] })
    const rewritten = withGaussianWeights(modelOf(builder.build(), { opset: 9 }), 1)
    expect(rewritten.graph.nodes).toHaveLength(2)
    expect(rewritten.graph.initializers.map(({ name }) => name)).toEqual(['fixed'])
  })
})
