import { cpu } from '@tilewright/backend-cpu'
import {
  addOp,
  buildGraph,
  eluOp,
  type Graph,
  matmulOp,
  mulOp,
  reluOp,
  type Tensor,
  type TensorType,
} from '@tilewright/graph'
import { createSession } from '@tilewright/runtime'
import { expect, test } from 'vitest'
import { compile } from './compile.js'

/** Layers y = relu(x · w + b), each with tensors of its own. */
interface Layer {
  readonly width?: number
  readonly dtype?: 'f32' | 'f16'
  /** What is done with the bias. */
  readonly op?: 'add' | 'mul'
}

function network(layers: readonly Layer[]): Graph {
  const g = buildGraph('layers')
  const outputs: Tensor[] = []
  layers.forEach(({ width = 4, dtype = 'f32', op = 'add' }, i) => {
    const type = (...shape: readonly number[]): TensorType => ({ dtype, shape })
    const x = g.input(`x${i}`, type(3, width))
    const w = g.input(`w${i}`, type(width, width))
    const bias = g.input(`b${i}`, type(width))
    const product = g.apply1(matmulOp(x, w), [x, w])
    const moved = g.apply1((op === 'add' ? addOp : mulOp)(product, bias), [product, bias])
    outputs.push(g.apply1(reluOp(moved), [moved], `y${i}`))
  })
  return g.finish(outputs.map((tensor) => ({ name: tensor.name, tensor })))
}

/** How many kernels were emitted, and how many launches there are. */
function count(graph: Graph): { readonly emitted: number; readonly launches: number } {
  let emitted = 0
  const backend = cpu()
  const { plan } = compile(graph, {
    backend: {
      ...backend,
      emit: (kernel) => {
        emitted++
        return backend.emit(kernel)
      },
    },
  })
  return { emitted, launches: plan.steps.filter((step) => step.kind === 'launch').length }
}

test('equal groups are lowered once', () => {
  expect(count(network([{}, {}, {}]))).toEqual({ emitted: 1, launches: 3 })
})

test.each<readonly [string, Layer]>([
  ['shape', { width: 5 }],
  ['dtype', { dtype: 'f16' }],
  ['operator', { op: 'mul' }],
])('groups that differ in their %s are lowered each', (_, other) => {
  expect(count(network([{}, other, {}]))).toEqual({ emitted: 2, launches: 3 })
})

test('groups that differ in one constant, or in which buffers are the same, are lowered each', () => {
  const scaled = (by: number): Graph => {
    const g = buildGraph('scaled')
    const [a, b] = [g.input('a', { dtype: 'f32', shape: [4] }), g.input('b', { dtype: 'f32', shape: [4] })]
    const outputs = [
      g.apply1(eluOp(a, { alpha: 0.5 }), [a], 'y0'),
      g.apply1(eluOp(b, { alpha: by }), [b], 'y1'),
      g.apply1(addOp(a, b), [a, b], 'y2'),
      g.apply1(addOp(a, a), [a, a], 'y3'),
    ]
    return g.finish(outputs.map((tensor) => ({ name: tensor.name, tensor })))
  }
  expect(count(scaled(0.5)).emitted).toBe(3)
  expect(count(scaled(0.25)).emitted).toBe(4)
})

test('every launch has the buffers of its own group', async () => {
  const graph = network([{}, {}])
  const backend = cpu()
  const device = await backend.open()
  const session = await createSession({ ...compile(graph, { backend, device }), device })
  const filled = (shape: readonly number[], value: number) => ({
    dtype: 'f32' as const,
    shape,
    data: new Float32Array(shape.reduce((product, extent) => product * extent, 1)).fill(value),
  })
  const inputs = Object.fromEntries(
    graph.inputs.map(({ name, shape }) => [name, filled(shape.map(Number), name.endsWith('0') ? 1 : 2)]),
  )
  const { outputs } = await session.run(inputs)
  // 4 · 1 · 1 + 1 and 4 · 2 · 2 + 2.
  expect([...outputs.y0!.data].map(Number)).toEqual(Array(12).fill(5))
  expect([...outputs.y1!.data].map(Number)).toEqual(Array(12).fill(18))
})
