/** The model that runs when none is named: a small digit classifier, written by our own ONNX writer with seeded weights. */
import { attribute, encodeModel, graphBuilder, modelOf, type TensorData } from '@tilewright/onnx'
import { randomNumbers } from './random-numbers.js'

/**
 * The bytes of the model: two convolutions with Relu and MaxPool, then a dense layer.
 * `image` f32 [batch, 1, 28, 28] → `scores` f32 [batch, 10].
 */
export function demoModel(): Uint8Array {
  const random = randomNumbers(28)
  const weights = (dims: readonly number[], inputs: number): TensorData => {
    const elements = dims.reduce((product, extent) => product * extent, 1)
    // Uniform with variance 2 / inputs, so that activations keep their size from layer to layer.
    const bound = Math.sqrt(6 / inputs)
    return { dtype: 'f32', dims, data: Float32Array.from({ length: elements }, () => (2 * random() - 1) * bound) }
  }
  const g = graphBuilder('digits')
  const parameter = (name: string, dims: readonly number[], inputs: number): string =>
    g.initializer(name, weights(dims, inputs))

  const conv = (x: string, layer: string, from: number, to: number): string => {
    const inputs = [
      x,
      parameter(`${layer}_weight`, [to, from, 5, 5], from * 25),
      parameter(`${layer}_bias`, [to], from * 25),
    ]
    const product = g.node('Conv', inputs, {
      name: layer,
      attributes: { kernel_shape: attribute.ints([5, 5]), pads: attribute.ints([2, 2, 2, 2]) },
    })
    return g.node('Relu', [product], { name: `${layer}_relu` })
  }
  const pool = (x: string, name: string, side: number): string =>
    g.node('MaxPool', [x], {
      name,
      attributes: { kernel_shape: attribute.ints([side, side]), strides: attribute.ints([side, side]) },
    })

  const image = g.input('image', 'f32', ['batch', 1, 28, 28])
  const first = pool(conv(image, 'conv1', 1, 8), 'pool1', 2)
  const second = pool(conv(first, 'conv2', 8, 16), 'pool2', 3)
  const flat = g.node(
    'Reshape',
    [second, g.initializer('flat_shape', { dtype: 'i64', dims: [2], data: BigInt64Array.of(0n, -1n) })],
    { name: 'flatten' },
  )
  const scores = g.node('Gemm', [flat, parameter('dense_weight', [256, 10], 256), parameter('dense_bias', [10], 256)], {
    name: 'dense',
    outputs: ['scores'],
  })
  g.output(scores, 'f32', ['batch', 10])
  return encodeModel(modelOf(g.build(), { opset: 17 }))
}
