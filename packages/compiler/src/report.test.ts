import { cpu } from '@tilewright/backend-cpu'
import {
  batchNormalizationOp,
  buildGraph,
  convOp,
  expOp,
  type Graph,
  matmulOp,
  mulOp,
  reluOp,
  softmaxOp,
  type Tensor,
  type TensorType,
  transposeOp,
} from '@tilewright/graph'
import { size } from '@tilewright/ir'
import { expect, test } from 'vitest'
import { type CompiledModel, compile } from './compile.js'

const f32 = (...shape: TensorType['shape']): TensorType => ({ dtype: 'f32', shape })

function graphOf(build: (g: ReturnType<typeof buildGraph>) => readonly Tensor[]): Graph {
  const g = buildGraph('small')
  return g.finish(build(g).map((tensor, i) => ({ name: `out${i}`, tensor })))
}

const compiled = (build: Parameters<typeof graphOf>[0]): CompiledModel => compile(graphOf(build), { backend: cpu() })
const operators = ({ groups }: CompiledModel): string[][] =>
  groups.map((group) => group.operators.map(({ node, role }) => (role === 'prologue' ? `(${node})` : node)))

test('a group is called after what it writes: both ends of a long name', () => {
  const g = buildGraph('small')
  const x = g.input('x', f32(4))
  const y = g.apply1(reluOp(x), [x], '/encoder/layers.11/attention/Relu_output_0')
  const { groups, plan } = compile(g.finish([{ name: 'y', tensor: y }]), { backend: cpu() })
  expect(groups.map(({ name, outputs }) => [name, outputs])).toEqual([
    ['encoder_laye…lu_output_0', ['/encoder/layers.11/attention/Relu_output_0']],
  ])
  expect(plan.steps).toMatchObject([{ kind: 'launch', name: 'encoder_laye…lu_output_0' }])
})

test('a remark names nodes, operators and tensors of the model', () => {
  const { remarks } = compiled((g) => {
    const x = g.input('x', f32(4, 4))
    const product = g.apply1(matmulOp(x, x), [x, x], 'product')
    const positive = g.apply1(reluOp(product), [product], 'positive')
    return [product, positive]
  })
  expect(remarks).toEqual([
    {
      kind: 'missed',
      from: { tensor: 'product', node: 'product', operator: 'MatMul' },
      to: { tensor: 'positive', node: 'positive', operator: 'Relu' },
      reason: 'it is an output of the model, so it must be in memory',
    },
  ])
})

test('operators that became one equation are all named', () => {
  const model = compiled((g) => {
    const x = g.input('x', f32(16, 8))
    const soft = g.apply1(softmaxOp(x, { axes: [1] }), [x])
    return [g.apply1(expOp(soft), [soft])]
  })
  expect(model.groups.map(({ anchor }) => anchor)).toEqual(['rows'])
  expect(operators(model)).toEqual([['Softmax', 'Exp']])
})

test('what two readers compute again is a prologue of both', () => {
  const model = compiled((g) => {
    const x = g.input('x', f32(4, 8))
    const turned = g.apply1(transposeOp(x, { perm: [1, 0] }), [x])
    return ['left', 'right'].map((name) => {
      const w = g.input(name, f32(4, 4))
      return g.apply1(matmulOp(turned, w), [turned, w], `${name}_product`)
    })
  })
  expect(operators(model)).toEqual([
    ['(Transpose)', 'left_product'],
    ['(Transpose)', 'right_product'],
  ])
})

test('variants say for which sizes they are, and which kernels they launch', () => {
  const n = size('n', { min: 1, max: 4096 })
  const { groups, plan } = compiled((g) => {
    const x = g.input('x', f32(n, 64))
    const w = g.constant('w', { dtype: 'f32', shape: [64, 64], data: new Float32Array(4096) })
    return [g.apply1(matmulOp(x, w), [x, w])]
  })
  const [group] = groups
  expect(group?.variants.at(-1)?.when).toEqual([])
  for (const { when } of group?.variants.slice(0, -1) ?? []) expect(when).toEqual([expect.stringMatching(/^n (<=|%) /)])
  for (const { kernel } of group?.variants.flatMap(({ launches }) => launches) ?? [])
    expect(plan.kernels[kernel]).toBeDefined()
})

test('equal groups are compared, and scheduled once', () => {
  const { times } = compiled((g) => {
    const [x, y] = [g.input('x', f32(4, 4)), g.input('y', f32(4, 4))]
    return [x, y].map((one) => g.apply1(matmulOp(one, one), [one, one]))
  })
  const done = Object.fromEntries(times.stages.map(({ stage, times }) => [stage, times]))
  expect(done).toMatchObject({
    define: 1,
    bytes: 1,
    partition: 2,
    refine: 1,
    compare: 2,
    schedule: 1,
    lower: 1,
    emit: 1,
    plan: 1,
  })
  expect(times.passes.length).toBe(cpu().pipeline(cpu().target).length)
  for (const pass of times.passes) expect(pass).toMatchObject({ times: 1, ms: expect.any(Number) })
})

test('what is computed once stands apart', () => {
  const model = compiled((g) => {
    const x = g.input('x', f32(8, 8))
    const w = g.constant('w', { dtype: 'f32', shape: [8, 8], data: new Float32Array(64) })
    const once = g.apply1(expOp(w), [w])
    return [g.apply1(mulOp(x, once), [x, once])]
  })
  expect(operators(model)).toEqual([['Mul']])
  expect(model.prepared.map((group) => group.operators.map(({ node }) => node))).toEqual([['Exp']])
})

test('a folded batch normalisation is part of the convolution, and what no result depends on is unused', () => {
  const model = compiled((g) => {
    const x = g.input('x', f32(1, 2, 5, 5))
    const constant = (name: string, ...shape: readonly number[]): Tensor => {
      const elements = shape.reduce((product, extent) => product * extent, 1)
      return g.constant(name, { dtype: 'f32', shape, data: new Float32Array(elements).fill(1) })
    }
    const w = constant('w', 3, 2, 3, 3)
    const attributes = { strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], autoPad: 'NOTSET', group: 1 } as const
    const conv = g.apply1(convOp(x, w, undefined, attributes), [x, w])
    const [scale, bias] = [constant('scale', 3), constant('bias', 3)]
    const [mean, variance] = [constant('mean', 3), constant('variance', 3)]
    const operation = batchNormalizationOp(conv, { scale, bias, mean, variance }, { epsilon: 1e-5 })
    const normal = g.apply1(operation, [conv, scale, bias, mean, variance])
    g.apply1(reluOp(normal), [normal])
    return [normal]
  })
  expect(model.groups.map((group) => group.operators)).toEqual([
    [{ node: 'Conv', operator: 'Conv + BatchNormalization', role: 'member' }],
  ])
  expect(model.unused).toEqual([{ node: 'Relu', operator: 'Relu' }])
})
