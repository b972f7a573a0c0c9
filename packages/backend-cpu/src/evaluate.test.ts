import { programOf } from '@tilewright/compiler'
import {
  add,
  binary,
  buffer,
  cast,
  compute,
  constant,
  definition,
  div,
  load,
  lt,
  mul,
  type RowStage,
  reduce,
  rows,
  scan,
  scatter,
  select,
  sort,
  unary,
  variable,
} from '@tilewright/ir'
import { evaluateDefinition, type TypedArray } from '@tilewright/simulator'
import { arbitraryGraph, propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evaluate } from './evaluate.js'

test('agrees with the simulator on random graphs', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(arbitraryGraph(), ({ graph, runs: [{ sizes, inputs }] }) => {
      const program = programOf(graph)
      const given = new Map([
        ...program.inputs.map(({ tensor, buffer }) => [buffer, inputs.get(tensor.name)!] as const),
        ...[...program.constants].map(([buffer, { data }]) => [buffer, data as Float32Array] as const),
      ])
      const meaning = definition('graph', [...given.keys()], [], program.equations)
      const [exact, compiled] = [evaluateDefinition(meaning, given, sizes), evaluate(meaning, given, sizes)]
      for (const { buffer } of program.outputs) expect(compiled.get(buffer)).toEqual(exact.get(buffer))
    }),
    { numRuns: propertyRuns() },
  )
})

test('agrees with the simulator on every kind of equation', () => {
  const [x, i] = [buffer('x', 'f32', [3, 5], 'storage'), buffer('i', 'i32', [3, 5], 'storage')]
  const at = (name: string, dtype: 'f32' | 'i32' | 'i8' | 'f16' | 'bool', shape = [3, 5]) =>
    buffer(name, dtype, shape, 'storage')
  const [soft, narrow, half, flags] = [at('soft', 'f32'), at('narrow', 'i8'), at('half', 'f16'), at('flags', 'bool')]
  const [best, where, sums, bins] = [
    at('best', 'f32', [3]),
    at('where', 'i32', [3]),
    at('sums', 'f32'),
    at('bins', 'i32', [4]),
  ]
  const [sorted, order, weights] = [at('sorted', 'f32'), at('order', 'i32'), at('weights', 'f32')]
  /** Two stages, one of them a tuple, over columns. */
  const weighed = () => {
    const [r, c] = [variable('r'), variable('c')]
    const [peak, place, total] = [variable('peak', 'f32'), variable('place'), variable('total', 'f32')]
    const [a, p, b, q] = [variable('a', 'f32'), variable('p'), variable('b', 'f32'), variable('q')]
    const [left, right] = [variable('left', 'f32'), variable('right', 'f32')]
    const own = load(x, [r, c])
    const first: RowStage = {
      results: [peak, place],
      value: [own, r],
      identity: [constant('f32', Number.NEGATIVE_INFINITY), constant('i32', -1)],
      left: [a, p],
      right: [b, q],
      combine: [select(lt(a, b), b, a), select(lt(a, b), q, p)],
      commutative: false,
    }
    const second: RowStage = {
      results: [total],
      value: [mul(add(own, peak), cast('f32', place))],
      identity: [constant('f32', 0)],
      left: [left],
      right: [right],
      combine: [add(left, right)],
      commutative: true,
    }
    return rows(weights, [r, c], [0], [first, second], add(mul(own, peak), total))
  }
  const equations = [
    compute(soft, (r, c) =>
      div(unary('tanh', load(x, [r!, c!])), add(unary('exp', load(x, [r!, c!])), unary('erf', load(x, [r!, c!])))),
    ),
    compute(narrow, (r, c) => mul(load(i, [r!, c!]), constant('i32', 77))),
    compute(half, (r, c) => mul(load(x, [r!, c!]), constant('f32', 1.0009765))),
    compute(flags, (r, c) => lt(load(x, [r!, c!]), cast('f32', load(i, [r!, c!])))),
    reduce({
      outputs: [best, where],
      domain: [{ hint: 'c', extent: 5 }],
      identity: [constant('f32', Number.NEGATIVE_INFINITY), constant('i32', -1)],
      value: ([r], [c]) => [load(x, [r!, c!]), c!],
      combine: ([a, p], [b, q]) => [select(lt(a!, b!), b!, a!), select(lt(a!, b!), q!, p!)],
      commutative: false,
    }),
    weighed(),
    scan(sums, 1, (r, c) => load(x, [r!, c!]), add),
    scatter(
      bins,
      (b) => mul(b!, constant('i32', 100)),
      [
        { hint: 'r', extent: 3 },
        { hint: 'c', extent: 5 },
      ],
      (r, c) => ({ index: [binary('bit-and', load(i, [r!, c!]), constant('i32', 3))], value: constant('i32', 1) }),
      add,
    ),
    sort(sorted, order, 1, (r, c) => load(x, [r!, c!]), true),
  ]
  const meaning = definition('all', [x, i], [], equations)
  const inputs = new Map<typeof x, Float32Array | Int32Array>([
    [x, Float32Array.from({ length: 15 }, (_, k) => ((k * 7) % 6) - 2.5)],
    [i, Int32Array.from({ length: 15 }, (_, k) => ((k * 11) % 7) - 3)],
  ])
  const [exact, compiled] = [evaluateDefinition(meaning, inputs), evaluate(meaning, inputs)]
  for (const buffer of [soft, narrow, flags, best, where, sums, bins, sorted, order, weights]) {
    expect(compiled.get(buffer), buffer.hint).toEqual(exact.get(buffer) satisfies TypedArray | undefined)
  }
  // Here f16 is held as values, in the simulator as bits.
  expect(Array.from(compiled.get(half)!.slice(0, 3), Number)).toEqual(
    [-2.501953125, -1.5009765625, -0.50048828125].map((v) => expect.closeTo(v, 3)),
  )
})

test('sorts NaN and infinities as the simulator does', () => {
  const [x, sorted, order] = [
    buffer('x', 'f32', [6], 'storage'),
    buffer('sorted', 'f32', [6], 'storage'),
    buffer('order', 'i32', [6], 'storage'),
  ]
  const { NaN: none, POSITIVE_INFINITY: most, NEGATIVE_INFINITY: least } = Number
  const inputs = new Map([[x, Float32Array.of(none, most, 1, none, least, most)]])
  for (const descending of [false, true]) {
    const meaning = definition('sort', [x], [sorted, order], [sort(sorted, order, 0, (i) => load(x, [i!]), descending)])
    const [exact, compiled] = [evaluateDefinition(meaning, inputs), evaluate(meaning, inputs)]
    expect([compiled.get(sorted), compiled.get(order)]).toEqual([exact.get(sorted), exact.get(order)])
  }
})
