import { runOperation, thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import type { TensorType } from '../tensor.js'
import { rotaryEmbeddingOp } from './rotary-embedding.js'

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })
const filled = (type: TensorType, of: (i: number) => number) => {
  const count = type.shape.reduce<number>((product, extent) => product * Number(extent), 1)
  return { type, data: Float32Array.from({ length: count }, (_, i) => of(i)) }
}
const [batch, heads, sequence, size] = [2, 3, 2, 6]

/** Element (n, h, s, d) of the result by the formula. */
function expected(
  x: (n: number, h: number, s: number, d: number) => number,
  angle: (n: number, s: number, pair: number) => number,
  interleaved: boolean,
  turned: number,
) {
  const at = (n: number, h: number, s: number, d: number): number => {
    if (d >= turned) return x(n, h, s, d)
    const half = turned / 2
    const pair = interleaved ? Math.floor(d / 2) : d % half
    const [first, second] = interleaved ? [2 * pair, 2 * pair + 1] : [pair, pair + half]
    const [a, b, turn] = [x(n, h, s, first), x(n, h, s, second), angle(n, s, pair)]
    return d === first ? a * Math.cos(turn) - b * Math.sin(turn) : a * Math.sin(turn) + b * Math.cos(turn)
  }
  return at
}

const value = (n: number, h: number, s: number, d: number): number => Math.sin(1 + d + 7 * s + 17 * h + 51 * n)
const points = [...Array(batch * heads * sequence * size).keys()].map((i) => {
  const d = i % size
  const s = Math.floor(i / size) % sequence
  const h = Math.floor(i / size / sequence) % heads
  return [Math.floor(i / size / sequence / heads), h, s, d] as const
})

test.each([
  [false, 0, 'rank 4'],
  [true, 0, 'rank 4'],
  [false, 4, 'rank 4'],
  [true, 4, 'rank 3'],
  [false, 0, 'rank 3'],
] as const)('interleaved %s, %d dimensions, %s', (interleaved, dimensions, rank) => {
  const turned = dimensions === 0 ? size : dimensions
  const most = 5
  const ids = { type: { dtype: 'i64', shape: [batch, sequence] }, data: Int32Array.of(4, 1, 0, 2) } as const
  const table = (of: (angle: number) => number) =>
    filled(f32(most, turned / 2), (i) => of(Math.floor(i / (turned / 2)) * ((i % (turned / 2)) + 1)))
  const isFlat = rank === 'rank 3'
  const place = ([n, h, s, d]: readonly [number, number, number, number]): number =>
    isFlat ? ((n * sequence + s) * heads + h) * size + d : ((n * heads + h) * sequence + s) * size + d
  const x = filled(isFlat ? f32(batch, sequence, heads * size) : f32(batch, heads, sequence, size), () => 0)
  for (const point of points) x.data[place(point)] = value(...point)
  const [cosines, sines] = [table(Math.cos), table(Math.sin)]
  const attributes = { interleaved, heads, dimensions }
  const operation = rotaryEmbeddingOp(x.type, cosines.type, sines.type, ids.type, attributes)
  const [result] = runOperation(operation, [x, cosines, sines, ids])
  const angle = (n: number, s: number, pair: number) => (ids.data[n * sequence + s] ?? 0) * (pair + 1)
  const wanted = expected(value, angle, interleaved, turned)
  for (const point of points) expect(result?.[place(point)]).toBeCloseTo(wanted(...point), 5)
})

test('without positions each one has its own angles', () => {
  const x = filled(f32(1, 1, 2, 2), (i) => i + 1)
  const angles = f32(1, 2, 1)
  const [cosines, sines] = [filled(angles, (i) => i), filled(angles, (i) => 1 - i)]
  const attributes = { interleaved: false, heads: 0, dimensions: 0 }
  const operation = rotaryEmbeddingOp(x.type, angles, angles, undefined, attributes)
  expect(runOperation(operation, [x, cosines, sines])[0]).toEqual(Float32Array.of(-2, 1, 3, 4))
})

test('what does not fit', () => {
  const attributes = { interleaved: false, heads: 0, dimensions: 0 }
  const rotary = (x: TensorType, angles: TensorType) => () =>
    rotaryEmbeddingOp(x, angles, angles, undefined, attributes)
  expect(thrownBy(rotary(f32(1, 2, 8), f32(1, 2, 4))).message).toBe('RotaryEmbedding: 0 heads of [1, 2, 8]')
  expect(thrownBy(rotary(f32(1, 1, 2, 8), f32(1, 2, 3))).message).toContain('cosines are [1, 2, 3], not [1, 2, 4]')
  expect(thrownBy(rotary(f32(1, 1, 2, 7), f32(1, 2, 3))).message).toContain('7 elements to turn')
})
