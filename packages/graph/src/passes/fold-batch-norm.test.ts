import { programOf } from '@tilewright/compiler'
import { type Buffer, definition } from '@tilewright/ir'
import { evaluateDefinition, type TypedArray } from '@tilewright/simulator'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildGraph } from '../build-graph.js'
import type { Graph } from '../graph.js'
import { convOp } from '../ops/conv.js'
import { convTransposeOp } from '../ops/conv-transpose.js'
import { batchNormalizationOp } from '../ops/normalize.js'
import { foldBatchNorm } from './fold-batch-norm.js'

const noise = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin((i + 1) * 12.9898 + seed * 78.233))

interface Shape {
  readonly kind: 'conv' | 'transposed'
  readonly group: number
  readonly bias: boolean
  /** Whether something else reads the convolution too. */
  readonly shared: boolean
  readonly constant: boolean
}

function graphOf({ kind, group, bias, shared, constant }: Shape): Graph {
  const g = buildGraph('folded')
  const x = g.input('x', { dtype: 'f32', shape: [2, 4, 5, 3] })
  const parameter = (name: string, shape: readonly number[], seed: number, least = 0) => {
    const data = noise(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ).map((value) => (least > 0 ? Math.abs(value) + least : value))
    return constant || name !== 'w'
      ? g.constant(name, { dtype: 'f32', shape, data })
      : g.input(name, { dtype: 'f32', shape })
  }
  const w = parameter('w', kind === 'conv' ? [6, 4 / group, 2, 3] : [4, 6 / group, 2, 3], 1)
  const b = bias ? parameter('b', [6], 2) : undefined
  const attributes = { group, strides: [2, 1], dilations: [1, 1], pads: [1, 1, 0, 1], autoPad: 'NOTSET' } as const
  const operation =
    kind === 'conv'
      ? convOp(x, w, b, attributes)
      : convTransposeOp(x, w, b, { ...attributes, outputPadding: [0, 0], outputShape: undefined })
  const conv = g.apply1(operation, b === undefined ? [x, w] : [x, w, b], 'conv')
  const [scale, shift, mean] = [3, 4, 5].map((seed) => parameter(`p${seed}`, [6], seed))
  const statistics = { scale: scale!, bias: shift!, mean: mean!, variance: parameter('v', [6], 6, 0.5) }
  const norm = batchNormalizationOp(conv, statistics, { epsilon: 1e-3 })
  const y = g.apply1(norm, [conv, scale!, shift!, mean!, statistics.variance], 'norm')
  return g.finish([{ name: 'y', tensor: y }, ...(shared ? [{ name: 'conv', tensor: conv }] : [])])
}

function results(graph: Graph): readonly TypedArray[] {
  const program = programOf(graph)
  const given = new Map<Buffer, TypedArray>(
    program.inputs.map(({ tensor, buffer }, i) => {
      const count = tensor.shape.reduce<number>((n, extent) => n * Number(extent), 1)
      return [buffer, noise(count, 10 + i)]
    }),
  )
  for (const [buffer, { data }] of program.constants) given.set(buffer, data as Float32Array)
  const values = evaluateDefinition(definition('graph', [...given.keys()], [], program.equations), given, {})
  return program.outputs.map(({ buffer }) => values.get(buffer)!)
}

test('a folded convolution is the normalised one, up to rounding', () => {
  const shapes = fc.record({
    kind: fc.constantFrom('conv', 'transposed'),
    group: fc.constantFrom(1, 2),
    bias: fc.boolean(),
    shared: fc.constant(false),
    constant: fc.constant(true),
  })
  fc.assert(
    fc.property(shapes, (shape) => {
      const graph = graphOf(shape)
      const folded = foldBatchNorm(graph)
      expect(folded.nodes.map((node) => node.operation.name)).toEqual(
        shape.kind === 'transposed' && shape.group === 2
          ? ['ConvTranspose', 'BatchNormalization']
          : [`${shape.kind === 'conv' ? 'Conv' : 'ConvTranspose'} + BatchNormalization`],
      )
      const [[want], [got]] = [results(graph), results(folded)]
      const largest = Math.max(...Array.from(want!, (value) => Math.abs(Number(value))))
      const errors = Array.from(got!, (value, i) => Math.abs(Number(value) - Number(want![i])))
      expect(Math.max(...errors)).toBeLessThan(1e-5 * largest)
    }),
    { numRuns: 20 },
  )
})

test('is left alone where the convolution is read by others, or its weights come with each run', () => {
  const plain: Shape = { kind: 'conv', group: 1, bias: false, shared: false, constant: true }
  for (const shape of [
    { ...plain, shared: true },
    { ...plain, constant: false },
  ]) {
    const graph = graphOf(shape)
    expect(foldBatchNorm(graph)).toBe(graph)
  }
})
