import { type ConvAttributes, convOp, convTransposeOp, type Operation, type TensorType } from '@tilewright/graph'
import {
  type Buffer,
  buffer,
  definition,
  type Equation,
  isRejection,
  loadsOf,
  type Problem,
  type Target,
} from '@tilewright/ir'
import { evaluateDefinition, runKernelAllWays } from '@tilewright/simulator'
import { propertyRuns, testTarget } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { registerTiledMatmul } from '../matmul/register-tiled.js'
import { workgroupTiledMatmul } from '../matmul/workgroup-tiled.js'
import { resolve } from '../resolve.js'
import { directConvolution } from './direct.js'

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })
const slow: Target = { ...testTarget, fastWorkgroupMemory: false }

interface Shape {
  readonly transposed: boolean
  readonly group: number
  readonly channels: number
  readonly features: number
  readonly batch: number
  /** One a spatial dimension. */
  readonly dims: readonly {
    extent: number
    kernel: number
    stride: number
    dilation: number
    begin: number
    end: number
  }[]
}

const dim = fc.record({
  extent: fc.integer({ min: 1, max: 6 }),
  kernel: fc.integer({ min: 1, max: 4 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  begin: fc.integer({ min: 0, max: 2 }),
  end: fc.integer({ min: 0, max: 2 }),
})
const shapes = fc.record({
  transposed: fc.boolean(),
  group: fc.integer({ min: 1, max: 3 }),
  channels: fc.integer({ min: 1, max: 3 }),
  features: fc.integer({ min: 1, max: 3 }),
  batch: fc.integer({ min: 0, max: 1 }),
  dims: fc.array(dim, { minLength: 1, maxLength: 2 }),
})

function operationOf({ transposed, group, channels, features, batch, dims }: Shape): Operation | undefined {
  const pick = (key: 'extent' | 'kernel' | 'stride' | 'dilation' | 'begin' | 'end') => dims.map((d) => d[key])
  const attributes: ConvAttributes = {
    group,
    strides: pick('stride'),
    dilations: pick('dilation'),
    pads: [...pick('begin'), ...pick('end')],
    autoPad: 'NOTSET',
  }
  const x = f32(batch, channels * group, ...pick('extent'))
  try {
    if (!transposed) return convOp(x, f32(features * group, channels, ...pick('kernel')), undefined, attributes)
    const w = f32(channels * group, features, ...pick('kernel'))
    const outputPadding = dims.map(({ stride }) => stride - 1)
    return convTransposeOp(x, w, undefined, { ...attributes, outputPadding, outputShape: undefined })
  } catch {
    return undefined // a window that does not fit
  }
}

/** The contraction of an operation, with operands of small integers. */
function problemOf(operation: Operation, { transposed, group, channels, features, batch, dims }: Shape) {
  const kernel = dims.map((d) => d.kernel)
  const weights = transposed ? [channels * group, features, ...kernel] : [features * group, channels, ...kernel]
  const x = buffer('x', 'f32', [batch, channels * group, ...dims.map((d) => d.extent)], 'storage')
  const w = buffer('w', 'f32', weights, 'storage')
  const out = buffer('y', 'f32', operation.outputs[0]!.shape, 'storage')
  const anchor: Equation = operation.define([x, w], [out])[0]!
  const integers = (of: Buffer, seed: number): Float32Array =>
    Float32Array.from(
      { length: of.shape.reduce<number>((n, e) => n * Number(e), 1) },
      (_, i) => ((i * 7 + seed) % 5) - 2,
    )
  const inputs = new Map([
    [x, integers(x, 1)],
    [w, integers(w, 3)],
  ])
  const problem: Problem = { anchor, computed: new Set() }
  return { problem, inputs }
}

function expectByDefinition(
  kernels: ReturnType<typeof resolve>['scheduled']['kernels'],
  { anchor }: Problem,
  inputs: ReadonlyMap<Buffer, Float32Array>,
): void {
  const out = anchor.kind === 'reduce' ? anchor.outputs[0]! : expect.fail('a contraction is a reduction')
  const expected = evaluateDefinition(definition('conv', [...inputs.keys()], [out], [anchor]), inputs, {}).get(out)!
  const got = new Float32Array(expected.length).fill(Number.NaN)
  for (const kernel of kernels) runKernelAllWays(kernel, { buffers: new Map([...inputs, [out, got]]) })
  // Sums of an empty domain are +0 by definition and in every schedule.
  expect(got).toEqual(expected)
}

test('every template that takes a convolution is its definition', () => {
  fc.assert(
    fc.property(shapes, fc.constantFrom(slow, testTarget), (shape, target) => {
      const operation = operationOf(shape)
      fc.pre(operation !== undefined)
      const { problem, inputs } = problemOf(operation, shape)
      for (const template of [directConvolution, registerTiledMatmul, workgroupTiledMatmul] as const) {
        if (!template.matches(problem.anchor)) continue
        const candidate = template.level0(problem, target)
        if (isRejection(candidate)) continue
        // Each template is given its own candidate.
        const { kernels } = template.build(candidate as never, problem, target)
        expectByDefinition(kernels, problem, inputs)
      }
    }),
    { numRuns: propertyRuns() },
  )
})

test('direct convolution is the definition for every candidate', () => {
  const candidates = fc.record({
    threads: fc.constantFrom(1, 8),
    ownM: fc.constantFrom(1, 2, 4),
    ownY: fc.constantFrom(1, 2, 4),
    ownX: fc.constantFrom(1, 2, 4, 8),
  })
  fc.assert(
    fc.property(shapes, candidates, (shape, candidate) => {
      const operation = operationOf(shape)
      fc.pre(operation !== undefined)
      const { problem, inputs } = problemOf(operation, shape)
      fc.pre(directConvolution.matches(problem.anchor))
      fc.pre(directConvolution.check(candidate, problem, slow) === undefined)
      expectByDefinition(directConvolution.build(candidate, problem, slow).kernels, problem, inputs)
    }),
    { numRuns: propertyRuns() },
  )
})

const conv = (channels: number, features: number, group: number, kernel: number, stride = 1) => {
  const shape: Shape = {
    transposed: false,
    group,
    channels: channels / group,
    features: features / group,
    batch: 1,
    dims: [0, 1].map(() => ({ extent: 56, kernel, stride, dilation: 1, begin: kernel >> 1, end: kernel >> 1 })),
  }
  return problemOf(operationOf(shape)!, shape).problem
}

test.each([
  { name: 'many channels', problem: conv(64, 64, 1, 3), fast: 'matmul/workgroup-tiled', other: 'conv/direct' },
  { name: 'few channels', problem: conv(3, 32, 1, 3, 2), fast: 'conv/direct', other: 'conv/direct' },
  { name: 'depthwise', problem: conv(96, 96, 96, 3), fast: 'conv/direct', other: 'conv/direct' },
  { name: 'one by one', problem: conv(64, 256, 1, 1), fast: 'matmul/workgroup-tiled', other: 'matmul/register-tiled' },
])('$name: which template, by whether workgroup memory pays', ({ problem, fast, other }) => {
  expect(resolve(problem, testTarget).template).toBe(fast)
  expect(resolve(problem, slow).template).toBe(other)
  expect(loadsOf(problem.anchor.kind === 'reduce' ? problem.anchor.value[0]! : expect.fail())).toHaveLength(2)
})
