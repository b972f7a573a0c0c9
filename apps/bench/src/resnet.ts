// The convolutions of ResNet-50 with biases in place of normalisations: what a compiler is given, weights all zero.
import {
  addOp,
  buildGraph,
  convOp,
  type Graph,
  type GraphBuilder,
  maxPoolOp,
  reluOp,
  type Tensor,
  type TensorData,
} from '@tilewright/graph'

/** Width, blocks and stride of each stage. */
const stages = [
  [64, 3, 1],
  [128, 4, 2],
  [256, 6, 2],
  [512, 3, 2],
] as const

/** 53 convolutions on one image of 224 × 224; equal layers have equal shapes, as in the original. */
export function resnet(): Graph {
  const g = buildGraph('resnet')
  const relu = (x: Tensor): Tensor => g.apply1(reluOp(x), [x])
  const image = g.input('image', { dtype: 'f32', shape: [1, 3, 224, 224] })
  const stem = relu(convolution(g, image, 64, 7, 2))
  const pool = maxPoolOp(stem, {
    kernel: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    dilations: [1, 1],
    autoPad: 'NOTSET',
    ceilMode: false,
    indices: false,
    columnMajor: false,
  })
  let x = g.apply1(pool, [stem])
  for (const [width, blocks, stride] of stages) {
    for (let block = 0; block < blocks; block++) {
      const step = block === 0 ? stride : 1
      const inner = relu(convolution(g, relu(convolution(g, x, width, 1, 1)), width, 3, step))
      const y = convolution(g, inner, 4 * width, 1, 1)
      const skip = block === 0 ? convolution(g, x, 4 * width, 1, step) : x
      x = relu(g.apply1(addOp(y, skip), [y, skip]))
    }
  }
  return g.finish([{ name: 'features', tensor: x }])
}

function convolution(g: GraphBuilder, x: Tensor, features: number, extent: number, stride: number): Tensor {
  const pad = Math.floor(extent / 2)
  const w = g.constant('w', zeros([features, Number(x.shape[1]), extent, extent]))
  const bias = g.constant('b', zeros([features]))
  const attributes = {
    group: 1,
    strides: [stride, stride],
    dilations: [1, 1],
    pads: [pad, pad, pad, pad],
    autoPad: 'NOTSET',
  } as const
  return g.apply1(convOp(x, w, bias, attributes), [x, w, bias])
}

/** The largest weight's zeros, which all share: 94 MB of weights take 9. */
const shared = new Float32Array(512 * 512 * 9)

function zeros(shape: readonly number[]): TensorData {
  const count = shape.reduce((product, extent) => product * extent, 1)
  return { dtype: 'f32', shape, data: shared.subarray(0, count) }
}
