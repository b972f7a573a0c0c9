import {
  add,
  type Buffer,
  binary,
  buildKernel,
  cast,
  constant,
  div,
  type Expr,
  type FloatFunction,
  floatFunctions,
  type Kernel,
  load,
  printKernel,
  store,
  unary,
} from '@tilewright/ir'
import { runKernel } from '@tilewright/simulator'
import { describe, expect, test } from 'vitest'
import { lowerApproximations } from './lower-approximations.js'

/** y[i] = f(x[i]), one thread. */
function elementwise(length: number, of: (x: Expr) => Expr, dtype: 'f32' | 'i32' | 'u32' = 'f32'): Kernel {
  return buildKernel({ name: 'map', threads: 1, workgroups: [1, 1, 1] }, (g) => {
    const x = g.param('x', 'f32', [length])
    const y = g.param('y', dtype, [length])
    g.loop('i', length, (i) => g.emit(store(y.buffer, [i.expr], of(load(x.buffer, [i.expr])))))
  })
}

function lowered(values: Float32Array, of: (x: Expr) => Expr): Float32Array {
  const kernel = lowerApproximations.run(elementwise(values.length, of))
  const [x, y] = kernel.params
  const result = new Float32Array(values.length)
  runKernel(kernel, {
    buffers: new Map([
      [x!, values],
      [y!, result],
    ]),
    sizes: {},
  })
  return result
}

/** The largest error, in units of the bound of the IR. */
function worst(values: Float32Array, actual: Float32Array, truth: (x: number) => number): number {
  return values.reduce((max, x, i) => {
    const wanted = truth(x)
    return Math.max(max, Math.abs(actual[i]! - wanted) / (1e-7 + 1e-6 * Math.abs(wanted)))
  }, 0)
}

const sweep = (from: number, to: number, count: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1))

/** Sweeps of arguments and what the error may be. */
const circularAndHyperbolic: readonly (readonly [FloatFunction, readonly (readonly [number, number])[]])[] = [
  [
    'asin',
    [
      [-1, 1],
      [-1e-3, 1e-3],
      [0.99, 1],
    ],
  ],
  [
    'acos',
    [
      [-1, 1],
      [-1e-3, 1e-3],
      [0.99, 1],
    ],
  ],
  [
    'atan',
    [
      [-10, 10],
      [-1e-3, 1e-3],
      [-3e38, 3e38],
    ],
  ],
  [
    'sinh',
    [
      [-20, 20],
      [-1e-3, 1e-3],
      [80, 89.4],
    ],
  ],
  [
    'cosh',
    [
      [-20, 20],
      [-1e-3, 1e-3],
      [-89.4, -80],
    ],
  ],
  [
    'asinh',
    [
      [-20, 20],
      [-1e-3, 1e-3],
      [1000, 2000],
      [-3e38, 3e38],
    ],
  ],
  [
    'acosh',
    [
      [1, 20],
      [1, 1.001],
      [1000, 2000],
      [1, 3e38],
    ],
  ],
  [
    'atanh',
    [
      [-0.9999, 0.9999],
      [-1e-3, 1e-3],
    ],
  ],
]

describe('lower-approximations', () => {
  test.each(circularAndHyperbolic)('%s keeps the bound of the IR', (op, ranges) => {
    for (const [from, to] of ranges) {
      const values = sweep(from, to, 20_001)
      const actual = lowered(values, (x) => unary(op, x))
      expect(worst(values, actual, floatFunctions[op])).toBeLessThan(1)
    }
  })

  test.each(['sin', 'cos', 'tan'] as const)('%s is that of a number within 1e-7', (op) => {
    for (const bound of [1e-3, 10, 1000, 2 ** 15]) {
      const values = sweep(-bound, bound, 20_001)
      const actual = lowered(values, (x) => unary(op, x))
      const misses = values.filter((x, i) => {
        const near = [-1e-7, 0, 1e-7].map((shift) => floatFunctions[op](x + shift))
        const slack = 1e-6 * Math.max(...near.map(Math.abs))
        const value = Number(actual[i])
        return !(value >= Math.min(...near) - slack && value <= Math.max(...near) + slack)
      })
      expect([...misses]).toEqual([])
    }
  })

  test('sin and cos of large numbers stay in -1..1', () => {
    const values = sweep(-3e38, 3e38, 1001)
    for (const op of ['sin', 'cos'] as const) {
      expect(Math.max(...lowered(values, (x) => unary(op, x)).map(Math.abs))).toBeLessThanOrEqual(1)
    }
  })

  test('ends of the circular and hyperbolic functions', () => {
    const of = (op: FloatFunction, ...values: readonly number[]) => [
      ...lowered(Float32Array.from(values), (x) => unary(op, x)),
    ]
    expect(of('atan', -Infinity, Infinity)).toEqual([-Math.PI / 2, Math.PI / 2].map(Math.fround))
    expect(of('acos', -1, 1)).toEqual([Math.fround(Math.PI), 0])
    expect(of('asin', 1.5, -1.5)).toEqual([Number.NaN, Number.NaN])
    expect(of('acosh', 0.5, 1, Infinity)).toEqual([Number.NaN, 0, Infinity])
    expect(of('atanh', -1, 1, 2)).toEqual([-Infinity, Infinity, Number.NaN])
    expect(of('asinh', Infinity, -Infinity)).toEqual([Infinity, -Infinity])
    expect(of('sinh', 90, -90)).toEqual([Infinity, -Infinity])
    expect(of('cosh', 90, -90)).toEqual([Infinity, Infinity])
    expect(of('tan', 0)).toEqual([0])
  })

  test.each(['tanh', 'erf'] as const)('%s keeps the bound of the IR everywhere', (op) => {
    const tiny = Float32Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 1 : -1) * 2 ** (-i / 2))
    for (const values of [sweep(-12, 12, 20_001), sweep(-0.7, 0.7, 20_001), sweep(-3e38, 3e38, 101), tiny]) {
      const actual = lowered(values, (x) => unary(op, x))
      expect(worst(values, actual, floatFunctions[op])).toBeLessThan(1)
    }
  })

  test('exp keeps the bound of the IR up to the largest f32', () => {
    const values = sweep(-110, 88.72, 40_001)
    const actual = lowered(values, (x) => unary('exp', x))
    expect(worst(values, actual, Math.exp)).toBeLessThan(0.5)
  })

  test('pow: whole exponents of negative bases, fractions, zero', () => {
    const bases = Float32Array.of(-3, -2, -0.5, 0, 0.25, 1, 4)
    const near = (values: readonly number[]) => values.map((value) => (value === 0 ? 0 : expect.closeTo(value, 3)))
    const powers = (y: number) => [...lowered(bases, (x) => binary('pow', x, constant('f32', y)))]
    for (const y of [3, -2, 1, 4]) {
      const expected = [...bases].map((x) => x ** y)
      expect(powers(y)).toEqual(
        y < 0 ? [...near(expected.slice(0, 3)), Infinity, ...near(expected.slice(4))] : near(expected),
      )
    }
    expect(powers(0.5)).toEqual([NaN, NaN, NaN, 0, ...near([0.5, 1, 2])])
    expect(powers(0)).toEqual([1, 1, 1, 1, 1, 1, 1])
  })

  test('exp beyond the range of f32', () => {
    const values = Float32Array.of(-Infinity, -1e30, 88.73, 100, 1e30, Infinity)
    expect([...lowered(values, (x) => unary('exp', x))]).toEqual([0, 0, Infinity, Infinity, Infinity, Infinity])
  })

  test('log of zero and below', () => {
    const values = Float32Array.of(0, -1, -Infinity, NaN, 1, Infinity)
    expect([...lowered(values, (x) => unary('log', x))]).toEqual([-Infinity, NaN, NaN, NaN, 0, Infinity])
  })

  test('a logistic function keeps the bound with the exponential that is built in', () => {
    const logistic = (x: Expr): Expr => div(constant('f32', 1), add(constant('f32', 1), unary('exp', unary('neg', x))))
    const kernel = lowerApproximations.run(elementwise(4, logistic))
    expect(printKernel(kernel)).toContain('y[i] = 1 / (1 + exp(-x[i]))')
    // As loose as WGSL allows: 3 + 2·|x| units in the last place.
    const looseExp = (x: number): number => Math.exp(x) * (1 + (3 + 2 * Math.abs(x)) * 2 ** -23)
    for (const x of sweep(-90, 90, 10_001)) {
      const truth = 1 / (1 + Math.exp(-x))
      expect(Math.abs(1 / (1 + looseExp(-x)) - truth)).toBeLessThan(1e-7 + 1e-6 * truth)
    }
  })

  test('an exponential that is used besides is reduced', () => {
    const both = (x: Expr): Expr => {
      const power = unary('exp', x)
      return add(div(constant('f32', 1), add(constant('f32', 1), power)), power)
    }
    const values = sweep(0, 88, 101)
    const actual = lowered(values, both)
    expect(worst(values, actual, (x) => Math.exp(x) + 1 / (1 + Math.exp(x)))).toBeLessThan(1)
    expect(printKernel(lowerApproximations.run(elementwise(4, both)))).not.toContain('exp(x[i])')
  })

  test('an argument that is at most 1 is not reduced', () => {
    for (const small of [
      (x: Expr) => binary('min', x, constant('f32', 0)),
      (x: Expr) => unary('neg', unary('abs', x)),
    ]) {
      const kernel = elementwise(4, (x) => unary('exp', small(x)))
      expect(lowerApproximations.run(kernel).body).toBe(kernel.body)
    }
  })

  test('a kernel without approximated functions is left alone', () => {
    const kernel = elementwise(4, (x) => x)
    expect(lowerApproximations.run(kernel)).toBe(kernel)
  })

  test('an operand in an arm of select is guarded by its condition', () => {
    // Reading x[4] would be an error.
    const kernel = buildKernel({ name: 'guarded', threads: 1, workgroups: [1, 1, 1] }, (g) => {
      const x = g.param('x', 'f32', [4])
      const y = g.param('y', 'f32', [8])
      g.loop('i', 8, (i) => y.set([i], i.lt(4).select(x.at(i).tanh(), 5)))
    })
    const { params } = kernel
    const result = new Float32Array(8)
    const buffers = new Map([
      [params[0]!, new Float32Array(4)],
      [params[1]!, result],
    ])
    runKernel(lowerApproximations.run(kernel), { buffers, sizes: {} })
    expect([...result]).toEqual([0, 0, 0, 0, 5, 5, 5, 5])
  })

  test('conversions to integers clamp', () => {
    const kernel = lowerApproximations.run(elementwise(3, (x) => cast('i32', x), 'i32'))
    const result = new Int32Array(3)
    const buffers = new Map<Buffer, Float32Array | Int32Array>([
      [kernel.params[0]!, Float32Array.of(3e9, -3e9, -1.9)],
      [kernel.params[1]!, result],
    ])
    runKernel(kernel, { buffers, sizes: {} })
    expect([...result]).toEqual([2 ** 31 - 1, -(2 ** 31), -1])
  })

  test('a u32 is the sum of its halves as an f32, unless it is evidently small', () => {
    const toFloat = (of: (word: Expr) => Expr): Kernel =>
      buildKernel({ name: 'float', threads: 1, workgroups: [3, 1, 1] }, (g) => {
        const [x, y] = [g.param('x', 'u32', [3]), g.param('y', 'f32', [3])]
        y.set([g.workgroup.x], cast('f32', of(x.at(g.workgroup.x).expr)))
      })
    const plain = toFloat((word) => word)
    const kernel = lowerApproximations.run(plain)
    expect(kernel).not.toBe(plain)
    const result = new Float32Array(3)
    const buffers = new Map<Buffer, Uint32Array | Float32Array>([
      [kernel.params[0]!, Uint32Array.of(2 ** 32 - 129, 2 ** 32 - 128, 7)],
      [kernel.params[1]!, result],
    ])
    runKernel(kernel, { buffers })
    expect([...result]).toEqual([2 ** 32 - 256, 2 ** 32, 7])
    const small = toFloat((word) => binary('shr', word, constant('u32', 1)))
    expect(lowerApproximations.run(small)).toBe(small)
    expect(lowerApproximations.run(kernel)).toBe(kernel)
  })
})
