import {
  type Buffer,
  buffer,
  cast,
  compute,
  type DType,
  definition,
  type Equation,
  type Expr,
  equationOutputs,
  int,
  load,
  lt,
  matmul,
  printDefinition,
  select,
  size,
  sub,
} from '@tilewright/ir'
import { evaluateDefinition, type TypedArray } from '@tilewright/simulator'
import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { byteProduct } from './byte-product.js'

type Zero = 'none' | 'number' | 'own' | 'one'

interface Shape {
  readonly types: readonly ['i8' | 'u8', 'i8' | 'u8']
  readonly zeros: readonly [Zero, Zero]
  /** Elements of k that the left factor has: what lacks is zero. */
  readonly inside: number
  readonly extents: readonly [m: number, n: number, k: number]
}

const k = size('k')

/** A product of factors less zero points, which are given as tensors of one element or of one a row or column. */
function productOf({ types, zeros, inside, extents: [m, n] }: Shape) {
  const inputs: Buffer[] = []
  const given = (hint: string, dtype: DType, shape: Buffer['shape']): Buffer => {
    const made = buffer(hint, dtype, shape, 'storage')
    inputs.push(made)
    return made
  }
  const whole = (load: Expr): Expr => cast('i32', load)
  const less = (which: 0 | 1, own: number, shape: Buffer['shape']) => {
    const [type, zero] = [types[which], zeros[which]]
    const bytes = given('xw'[which] ?? '', type, shape)
    const points = zero === 'own' || zero === 'one' ? given('zv'[which] ?? '', type, [zero === 'own' ? own : 1]) : bytes
    const made = buffer(`${bytes.hint}_less`, 'i32', shape, 'storage')
    return compute(made, (...axes) => {
      const value = whole(load(bytes, axes))
      if (zero === 'none') return value
      const at = zero === 'own' ? (axes[which] ?? int(0)) : int(0)
      return sub(value, zero === 'number' ? int(7) : whole(load(points, [at])))
    })
  }
  const left = less(0, m, [m, k])
  const right = less(1, n, [k, n])
  const y = buffer('y', 'i32', [m, n], 'storage')
  const product = matmul(
    y,
    k,
    (_, i, kk) => select(lt(kk, int(inside)), load(left.output, [i, kk]), int(0)),
    (_, kk, j) => load(right.output, [kk, j]),
  )
  return { inputs, y, equations: [left, right, product] as const, product }
}

const producersOf = (equations: readonly Equation[]) => (wanted: Buffer) =>
  equations.find((equation) => equationOutputs(equation).includes(wanted))

test('zero points are subtracted from the sum; what pads is one', () => {
  const shape: Shape = { types: ['u8', 'i8'], zeros: ['number', 'own'], inside: 5, extents: [3, 4, 6] }
  const { inputs, y, equations, product } = productOf(shape)
  const formed = byteProduct(product, producersOf(equations))
  expect(printDefinition(definition('bytes', inputs, [y], formed ?? []))).toMatchInlineSnapshot(`
    "definition bytes(x: u8[3, k], w: i8[k, 4], v: i8[4]) -> (y: i32[3, 4]) {
      storage product: i32[3, 4]
      product[i0, i1] = sum k_1 in 0..k: select(k_1 < 5, i32(x[i0, k_1]), 7) * w[k_1, i1]
      storage sums: i32[3]
      sums[i0] = sum k_1 in 0..k: select(k_1 < 5, i32(x[i0, k_1]), 7)
      storage sums_1: i32[4]
      sums_1[i0] = sum k_1 in 0..k: w[k_1, i0]
      y[i0, i1] = product[i0, i1] - v[i1] * sums[i0] - 7 * (sums_1[i1] - k * v[i1])
    }"
  `)
})

const zero = fc.constantFrom<Zero>('none', 'number', 'own', 'one')
const type = fc.constantFrom('i8', 'u8')
const shapes: fc.Arbitrary<Shape> = fc.record({
  types: fc.tuple(type, type),
  zeros: fc.tuple(zero, zero),
  inside: fc.integer({ min: 0, max: 6 }),
  extents: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 5 })),
})

test('has the bits of what it stands for', () => {
  fc.assert(
    fc.property(shapes, fc.infiniteStream(fc.nat(255)), (shape, bytes) => {
      const { inputs, y, equations, product } = productOf(shape)
      const sizes = { k: shape.extents[2] }
      const contents = new Map<Buffer, TypedArray>(
        inputs.map((input) => {
          const count = input.shape.reduce<number>((all, one) => all * (typeof one === 'number' ? one : sizes.k), 1)
          const own = Array.from({ length: count }, () => bytes.next().value)
          return [input, input.dtype === 'i8' ? Int8Array.from(own) : Uint8Array.from(own)]
        }),
      )
      const meaning = (of: readonly Equation[]) =>
        evaluateDefinition(definition('bytes', inputs, [y], of), contents, sizes).get(y)
      const formed = byteProduct(product, producersOf(equations)) ?? []
      expect(formed[0]?.kind).toBe('reduce')
      expect(meaning(formed)).toEqual(meaning(equations))
    }),
    { numRuns: propertyRuns() },
  )
})

test('what is no product of bytes stays', () => {
  const [bytes, words] = [buffer('x', 'u8', [4, 4], 'storage'), buffer('w', 'i32', [4, 4], 'storage')]
  const [points, y] = [buffer('z', 'u8', [4], 'storage'), buffer('y', 'i32', [4, 4], 'storage')]
  const of = (left: (i: Expr, kk: Expr) => Expr, right: (kk: Expr, j: Expr) => Expr) =>
    byteProduct(
      matmul(
        y,
        4,
        (_, i, kk) => left(i, kk),
        (_, kk, j) => right(kk, j),
      ),
      () => undefined,
    )
  const byte = (i: Expr, j: Expr): Expr => cast('i32', load(bytes, [i, j]))
  expect(of(byte, byte)?.length).toBe(1)
  expect(of(byte, (kk, j) => load(words, [kk, j]))).toBeUndefined()
  // A zero point that changes along k, and what is subtracted twice.
  expect(of(byte, (kk, j) => sub(byte(kk, j), cast('i32', load(points, [kk]))))).toBeUndefined()
  expect(of(byte, (kk, j) => sub(sub(byte(kk, j), int(1)), cast('i32', load(points, [j]))))).toBeUndefined()
  expect(of(byte, (kk, j) => select(lt(kk, int(2)), byte(kk, j), int(1)))).toBeUndefined()
})
