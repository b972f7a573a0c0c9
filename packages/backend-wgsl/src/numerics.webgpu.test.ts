import type { Device } from '@tilewright/backend'
import {
  type BufferHandle,
  binary,
  buildKernel,
  computeType,
  constant,
  type DType,
  type Expr,
  floatFunctions,
  type KernelBuilder,
  load,
  store,
  unary,
} from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { runOnDevice } from '@tilewright/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { wgslPipeline } from './pipeline.js'
import { emitWgsl } from './print-wgsl.js'
import { openNode } from './webgpu/node.js'

let device: Device
beforeAll(async () => {
  device = await openNode({ software: true })
})
afterAll(() => device.dispose())

const threads = 64

/** What a kernel writes to `y`, whose words are of `type`, given `x`: f32, whole workgroups. */
async function run(
  x: Float32Array,
  dtype: DType,
  author: (g: KernelBuilder, x: BufferHandle, y: BufferHandle) => void,
  subgroupSize?: number,
): Promise<ArrayLike<number>> {
  const options = { name: 'map', threads, workgroups: [x.length / threads, 1, 1] } as const
  const kernel = buildKernel(subgroupSize === undefined ? options : { ...options, subgroupSize }, (g) =>
    author(g, g.param('x', 'f32', [x.length]), g.param('y', dtype, [x.length])),
  )
  const lowered = runPipeline(kernel, wgslPipeline(device.target))
  const floats = computeType(dtype) === 'f32'
  const y = floats ? new Float32Array(x.length) : new Int32Array(x.length)
  const [, result] = await runOnDevice(device, emitWgsl(lowered), {
    params: lowered.params,
    contents: [x, y],
    sizes: {},
  })
  return result!
}

const map =
  (of: (x: Expr) => Expr) =>
  (g: KernelBuilder, x: BufferHandle, y: BufferHandle): void => {
    const at = g.workgroup.x.mul(threads).add(g.thread).expr
    g.emit(store(y.buffer, [at], of(load(x.buffer, [at]))))
  }

const sweep = (from: number, to: number): Float32Array =>
  Float32Array.from({ length: 2 ** 16 }, (_, i) => from + ((to - from) * i) / (2 ** 16 - 1))

test.each([
  ['tanh', sweep(-12, 12)],
  ['tanh', sweep(-0.01, 0.01)],
  ['erf', sweep(-5, 5)],
  ['erf', sweep(-0.01, 0.01)],
  ['exp', sweep(-30, 20)],
  ['exp', sweep(20, 88.72)],
  ['sqrt', sweep(0, 1e6)],
  ['sqrt', sweep(1e-3, 2)],
  ['log', sweep(1e-3, 3)],
  ['log', sweep(1e-30, 1e-3)],
  ['log', sweep(1, 1e30)],
  ['floor', sweep(-100, 100)],
  ['ceil', sweep(-1e9, 1e9)],
  ['round', sweep(-1e9, 1e9)],
  ['round', Float32Array.from({ length: 2 ** 10 }, (_, i) => i / 2 - 256)],
  ['sin', sweep(-10, 10)],
  ['cos', sweep(-10, 10)],
  ['asin', sweep(-1, 1)],
  ['acos', sweep(-1, 1)],
  ['atan', sweep(-10, 10)],
  ['sinh', sweep(-10, 89)],
  ['cosh', sweep(-10, 89)],
  ['asinh', sweep(-10, 10)],
  ['asinh', sweep(-1e30, 1e30)],
  ['acosh', sweep(1, 10)],
  ['acosh', sweep(1, 1e30)],
  ['atanh', sweep(-0.9999, 0.9999)],
] as const)('%s keeps the bound of the IR', async (op, x) => {
  const truth = floatFunctions[op]
  const y = await run(
    x,
    'f32',
    map((value) => unary(op, value)),
  )
  const absolute = ['log', 'asinh', 'acosh', 'atanh'].includes(op) ? 1e-6 : 1e-7
  const errors = x.map((value, i) => Math.abs(y[i]! - truth(value)) / (absolute + 1e-6 * Math.abs(truth(value))))
  expect(Math.max(...errors)).toBeLessThan(1)
})

test('what has no logarithm', async () => {
  const x = new Float32Array(threads).fill(1)
  x.set([0, -0, -1, -1e30, -Infinity, NaN, Infinity])
  const y = await run(
    x,
    'f32',
    map((value) => unary('log', value)),
  )
  expect(Array.from(y).slice(0, 8)).toEqual([-Infinity, -Infinity, NaN, NaN, NaN, NaN, Infinity, 0])
})

test.each([10, 1000, 2 ** 15])('sin, cos and tan up to %d are those of a number within 1e-7', async (end) => {
  const x = sweep(-end, end)
  for (const op of ['sin', 'cos', 'tan'] as const) {
    const y = await run(
      x,
      'f32',
      map((value) => unary(op, value)),
    )
    const misses = [...x].filter((value, i) => {
      const near = [-1e-7, 0, 1e-7].map((shift) => floatFunctions[op](value + shift))
      const slack = 1e-6 * Math.max(...near.map(Math.abs))
      return !(y[i]! >= Math.min(...near) - slack && y[i]! <= Math.max(...near) + slack)
    })
    expect(misses).toEqual([])
  }
})

test.each([-3, -0.5, 0, 2, 2.5, 7])('powers of exponent %d keep the bound of the IR', async (exponent) => {
  const x = sweep(-20, 20)
  const y = await run(
    x,
    'f32',
    map((value) => binary('pow', value, constant('f32', exponent))),
  )
  const errors = x.map((value, i) => {
    const truth = value ** exponent
    if (Number.isNaN(truth)) return Number.isNaN(y[i]) ? 0 : 2
    const bound = 1e-7 + 1e-6 * (1 + Math.abs(exponent) * (1 + Math.abs(Math.log(Math.abs(value))))) * Math.abs(truth)
    return Math.abs(y[i]! - truth) / bound
  })
  expect(Math.max(...errors)).toBeLessThan(1)
})

test('ends of the circular and hyperbolic functions', async () => {
  const ends = [
    ['atan', [-Infinity, Infinity], [-Math.PI / 2, Math.PI / 2]],
    ['asin', [1.5, -1.5, 1], [Number.NaN, Number.NaN, Math.PI / 2]],
    ['acos', [-1, 1, 2], [Math.PI, 0, Number.NaN]],
    ['acosh', [0.5, -3, 1, Infinity], [Number.NaN, Number.NaN, 0, Infinity]],
    ['atanh', [-1, 1, 2], [-Infinity, Infinity, Number.NaN]],
    ['asinh', [Infinity, -Infinity, 3e38], [Infinity, -Infinity, Math.asinh(3e38)]],
    ['sinh', [90, -90], [Infinity, -Infinity]],
    ['cosh', [90, -90], [Infinity, Infinity]],
  ] as const
  for (const [op, arguments_, expected] of ends) {
    const x = new Float32Array(threads).fill(1)
    x.set(arguments_)
    const y = await run(
      x,
      'f32',
      map((value) => unary(op, value)),
    )
    const near = (value: number) => (Number.isFinite(value) ? expect.closeTo(value, 5) : value)
    expect([op, ...Array.from(y).slice(0, expected.length)]).toEqual([op, ...expected.map(near)])
  }
})

test('lane and subgroup are the position in the subgroup and of it', async () => {
  const y = await run(
    new Float32Array(threads),
    'i32',
    (g, _, out) => out.set([g.thread], g.subgroup.mul(100).add(g.lane)),
    4,
  )
  expect(Array.from(y)).toEqual(Array.from({ length: threads }, (_, i) => Math.floor(i / 4) * 100 + (i % 4)))
})
