import { evaluate } from '@tilewright/backend-cpu/evaluate'
import {
  add,
  attention,
  type Buffer,
  binary,
  buffer,
  builtin,
  cast,
  compute,
  constant,
  type Definition,
  type DType,
  definition,
  div,
  int,
  load,
  lt,
  matmul,
  mul,
  type Reduce,
  reduce,
  rows,
  type SizeExpr,
  scan,
  scatter,
  select,
  size,
  sizeValue,
  sort,
  sub,
  unary,
  type Var,
  variable,
} from '@tilewright/ir'
import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { numberToHalf, type TypedArray } from './elements.js'
import { evaluateDefinition } from './evaluate-definition.js'

const storage = (hint: string, dtype: DType, shape: readonly SizeExpr[]): Buffer =>
  buffer(hint, dtype, shape, 'storage')

const f32 = (value: number) => constant('f32', value)
const first = <T>(items: readonly T[]): T => items[0]!

describe('compute', () => {
  test('output[axes] = value, with sizes', () => {
    const n = size('N')
    const [x, y] = [storage('x', 'f32', [n, 2]), storage('y', 'f32', [2, n])]
    const transpose = definition('transpose', [x], [y], [compute(y, (i, j) => load(x, [j!, i!]))])
    const input = Float32Array.of(1, 2, 3, 4, 5, 6)
    expect(evaluateDefinition(transpose, new Map([[x, input]]), { N: 3 }).get(y)).toEqual(
      Float32Array.of(1, 3, 5, 2, 4, 6),
    )
    expect(evaluateDefinition(transpose, new Map([[x, new Float32Array(0)]]), { N: 0 }).get(y)).toHaveLength(0)
  })

  test('of rank 0, and rounded to the dtype', () => {
    const y = storage('y', 'f16', [])
    const third = definition('third', [], [y], [compute(y, () => f32(1 / 3))])
    expect(evaluateDefinition(third, new Map()).get(y)).toEqual(Uint16Array.of(numberToHalf(1 / 3)))
  })

  test('reads what an earlier equation wrote, as it was stored; all buffers are in the result', () => {
    const [x, y, z] = [storage('x', 'i32', [3]), storage('y', 'i8', [3]), storage('z', 'i32', [3])]
    const equations = [compute(y, (i) => load(x, [i!])), compute(z, (i) => add(load(y, [i!]), int(1)))]
    const results = evaluateDefinition(
      definition('chain', [x], [z], equations),
      new Map([[x, Int32Array.of(1, 200, -129)]]),
    )
    expect(results.get(y)).toEqual(Int8Array.of(1, -56, 127))
    expect(results.get(z)).toEqual(Int32Array.of(2, -55, 128))
  })
})

describe('reduce', () => {
  test('a matmul sums f32 over k in order, each operation rounded', () => {
    const shape = fc.record({
      m: fc.integer({ min: 0, max: 4 }),
      n: fc.integer({ min: 0, max: 4 }),
      k: fc.integer({ min: 0, max: 6 }),
    })
    const [m, n, k] = [size('M'), size('N'), size('K')]
    const [a, b, c] = [storage('a', 'f32', [m, k]), storage('b', 'f32', [k, n]), storage('c', 'f32', [m, n])]
    const product = matmul(
      c,
      k,
      (_, i, kk) => load(a, [i, kk]),
      (_, kk, j) => load(b, [kk, j]),
    )
    const program = definition('matmul', [a, b], [c], [product])
    const values = (length: number): Float32Array =>
      Float32Array.from({ length }, (_, i) => Math.fround(Math.sin(i + length)))
    fc.assert(
      fc.property(shape, (s) => {
        const [left, right] = [values(s.m * s.k), values(s.k * s.n)]
        const inputs = new Map([
          [a, left],
          [b, right],
        ])
        const expected = Float32Array.from({ length: s.m * s.n }, (_, at) => {
          let sum = 0
          for (let kk = 0; kk < s.k; kk++) {
            const term = Math.fround(left[Math.floor(at / s.n) * s.k + kk]! * right[kk * s.n + (at % s.n)]!)
            sum = Math.fround(sum + term)
          }
          return sum
        })
        expect(evaluateDefinition(program, inputs, { M: s.m, N: s.n, K: s.k }).get(c)).toEqual(expected)
      }),
      { numRuns: propertyRuns() },
    )
  })

  /** Largest value of each row and the first place where it stands. */
  function argmax(x: Buffer, [best, place]: readonly [Buffer, Buffer]): Reduce {
    return reduce({
      outputs: [best, place],
      domain: [{ hint: 'k', extent: first(x.shape.slice(-1)) }],
      identity: [f32(Number.NEGATIVE_INFINITY), int(-1)],
      value: (axes, [k]) => [load(x, [...axes, k!]), k!],
      combine: ([value, at], [newValue, newAt]) => {
        const keep = binary('le', newValue!, value!)
        return [select(keep, value!, newValue!), select(keep, at!, newAt!)]
      },
      commutative: false,
    })
  }

  test('a tuple state is assigned as one', () => {
    const x = storage('x', 'f32', [2, 4])
    const outputs = [storage('best', 'f32', [2]), storage('place', 'i32', [2])] as const
    const program = definition('argmax', [x], outputs, [argmax(x, outputs)])
    const results = evaluateDefinition(program, new Map([[x, Float32Array.of(3, 9, 9, 1, -5, -7, -2, -2)]]))
    expect(results.get(outputs[0])).toEqual(Float32Array.of(9, -2))
    expect(results.get(outputs[1])).toEqual(Int32Array.of(1, 2))
  })

  test('an empty domain gives the identity, to outputs of rank 0 too', () => {
    const x = storage('x', 'f32', [0])
    const outputs = [storage('best', 'f32', []), storage('place', 'i32', [])] as const
    const program = definition('argmax', [x], outputs, [argmax(x, outputs)])
    const results = evaluateDefinition(program, new Map([[x, new Float32Array(0)]]))
    expect([...results.values()]).toEqual([Float32Array.of(Number.NEGATIVE_INFINITY), Int32Array.of(-1)])
  })

  test('a domain of two dimensions is folded row-major', () => {
    const y = storage('y', 'i32', [])
    const digits = reduce({
      outputs: [y],
      domain: [
        { hint: 'i', extent: 2 },
        { hint: 'j', extent: 3 },
      ],
      identity: [int(0)],
      value: (_, [i, j]) => [add(mul(i!, int(3)), j!)],
      combine: ([left], [right]) => [add(mul(left!, int(10)), right!)],
      commutative: false,
    })
    expect(evaluateDefinition(definition('digits', [], [y], [digits]), new Map()).get(y)).toEqual(Int32Array.of(12345))
  })
})

test('rows fold their stages in order, along the dimensions they are made of', () => {
  const [x, y] = [storage('x', 'f32', [2, 2, 2]), storage('y', 'f32', [2, 2, 2])]
  const axes = [variable('i'), variable('j'), variable('k')]
  const own = load(x, axes)
  const [left, right] = [variable('left', 'f32'), variable('right', 'f32')]
  const [peak, total] = [variable('peak', 'f32'), variable('total', 'f32')]
  const fold = { left: [left], right: [right], identity: [constant('f32', 0)], commutative: true }
  const stages = [
    { ...fold, results: [peak], value: [own], combine: [binary('max', left, right)] },
    { ...fold, results: [total], value: [sub(peak, own)], combine: [add(left, right)] },
  ]
  const values = new Map([[x, Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)]])
  const along = (dimensions: readonly number[]) => {
    const equation = rows(y, axes, dimensions, stages, add(mul(total, constant('f32', 10)), own))
    return evaluateDefinition(definition('rows', [x], [y], [equation]), values).get(y)
  }
  // Of each row: the distances to its maximum, added up; times ten, plus the element.
  expect(along([2])).toEqual(Float32Array.of(11, 12, 13, 14, 15, 16, 17, 18))
  expect(along([0])).toEqual(Float32Array.of(41, 42, 43, 44, 45, 46, 47, 48))
  expect(along([0, 2])).toEqual(Float32Array.of(101, 102, 103, 104, 105, 106, 107, 108))
})

test('attention weighs values by the softmax of their scores', () => {
  const [q, k, v, y] = [
    [1, 2],
    [2, 2],
    [2, 1],
    [1, 1],
  ].map((shape, i) => storage('qkvy'.charAt(i), 'f32', shape))
  const [i, e, j, d] = ['i', 'e', 'j', 'd'].map((hint) => variable(hint, 'i32'))
  const [dot, largest, total, sum] = ['dot', 'largest', 'total', 'sum'].map((hint) => variable(hint, 'f32'))
  const equation = attention({
    ...{ output: y!, axes: [i!, e!], key: { var: j!, extent: 2 }, depth: [{ var: d!, extent: 2 }] },
    product: mul(load(q!, [i!, d!]), load(k!, [j!, d!])),
    score: mul(dot!, constant('f32', 0.5)),
    value: load(v!, [j!, e!]),
    ...{ dot: dot!, largest: largest!, total: total!, sum: sum! },
    result: add(div(sum!, total!), mul(largest!, constant('f32', 100))),
  })
  const inputs = new Map([
    [q!, Float32Array.of(2, 4)],
    [k!, Float32Array.of(1, 0, 0, 1)],
    [v!, Float32Array.of(10, 20)],
  ])
  const program = definition('attention', [q!, k!, v!], [y!], [equation])
  // Scores are 1 and 2: weights e^-1 and 1.
  const weight = Math.exp(-1)
  const [result] = evaluateDefinition(program, inputs).get(y!) ?? []
  expect(result).toBeCloseTo((10 * weight + 20) / (weight + 1) + 200, 4)
  expect(evaluate(program, inputs).get(y!)?.[0]).toBeCloseTo(result ?? 0, 4)
})

describe('scan', () => {
  const n = size('N')
  const [x, y] = [storage('x', 'f32', [2, n, 2]), storage('y', 'f32', [2, n, 2])]
  const running = scan(
    y,
    1,
    (i, j, k) => load(x, [i!, j!, k!]),
    (left, right) => add(mul(left, f32(2)), right),
  )
  const program = definition('running', [x], [y], [running])

  test('folds along one dimension, inclusive', () => {
    const input = Float32Array.from({ length: 12 }, (_, i) => i + 1)
    expect(evaluateDefinition(program, new Map([[x, input]]), { N: 3 }).get(y)).toEqual(
      Float32Array.of(1, 2, 5, 8, 15, 22, 7, 8, 23, 26, 57, 64),
    )
  })

  test('of nothing is nothing', () => {
    expect(evaluateDefinition(program, new Map([[x, new Float32Array(0)]]), { N: 0 }).get(y)).toHaveLength(0)
  })
})

describe('scatter', () => {
  const [x, at, updates, y] = [
    storage('x', 'i32', [4]),
    storage('at', 'i32', [3]),
    storage('updates', 'i32', [3]),
    storage('y', 'i32', [4]),
  ]
  const program = (combine: (left: Var, right: Var) => ReturnType<typeof add>): Definition =>
    definition(
      'scatter',
      [x, at, updates],
      [y],
      [
        scatter(
          y,
          (i) => load(x, [i!]),
          [{ hint: 'p', extent: 3 }],
          (p) => ({ index: [load(at, [p!])], value: load(updates, [p!]) }),
          combine,
        ),
      ],
    )
  const inputs = (places: readonly number[]): ReadonlyMap<Buffer, TypedArray> =>
    new Map([
      [x, Int32Array.of(10, 20, 30, 40)],
      [at, Int32Array.from(places)],
      [updates, Int32Array.of(1, 2, 3)],
    ])

  test('combines updates with old elements in order', () => {
    const sum = program((left, right) => add(mul(left, int(10)), right))
    expect(evaluateDefinition(sum, inputs([2, 0, 2])).get(y)).toEqual(Int32Array.of(102, 20, 3013, 40))
    const last = program((_, right) => right)
    expect(evaluateDefinition(last, inputs([2, 0, 2])).get(y)).toEqual(Int32Array.of(2, 20, 3, 40))
  })

  test('an index outside is an error', () => {
    expect(() => evaluateDefinition(program(add), inputs([0, 4, 0]))).toThrow(
      expect.objectContaining({
        code: 'sim/out-of-bounds',
        message: 'index 4 in dimension 0 of y, shape [4]',
        where: 'scatter equation of "y" in "scatter"',
      }),
    )
  })
})

describe('sort', () => {
  const run = (rows: number, columns: number, along: number, descending: boolean, input: Float32Array) => {
    const [x, values, positions] = [
      storage('x', 'f32', [rows, columns]),
      storage('values', 'f32', [rows, columns]),
      storage('positions', 'i32', [rows, columns]),
    ]
    const program = definition(
      'sort',
      [x],
      [values, positions],
      [sort(values, positions, along, (i, j) => load(x, [i!, j!]), descending)],
    )
    return [...evaluateDefinition(program, new Map([[x, input]])).values()]
  }

  test('is stable, ascending and descending, along either dimension', () => {
    const input = Float32Array.of(2, 1, 2, 1, 3, 2)
    expect(run(2, 3, 1, false, input)).toEqual([Float32Array.of(1, 2, 2, 1, 2, 3), Int32Array.of(1, 0, 2, 0, 2, 1)])
    expect(run(2, 3, 1, true, input)).toEqual([Float32Array.of(2, 2, 1, 3, 2, 1), Int32Array.of(0, 2, 1, 1, 2, 0)])
    expect(run(3, 2, 0, false, input)).toEqual([Float32Array.of(2, 1, 2, 1, 3, 2), Int32Array.of(0, 0, 1, 1, 2, 2)])
    expect(run(3, 2, 0, true, input)).toEqual([Float32Array.of(3, 2, 2, 1, 2, 1), Int32Array.of(2, 2, 0, 0, 1, 1)])
  })

  test('orders infinities', () => {
    const input = Float32Array.of(Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
    expect(run(1, 4, 1, false, input)[1]).toEqual(Int32Array.of(3, 1, 0, 2))
    expect(run(0, 4, 1, false, new Float32Array(0))).toEqual([new Float32Array(0), new Int32Array(0)])
  })

  test('takes NaN for larger than every number', () => {
    const input = Float32Array.of(Number.NaN, 1, Number.POSITIVE_INFINITY, Number.NaN, -1)
    expect(run(1, 5, 1, false, input)[1]).toEqual(Int32Array.of(4, 1, 2, 0, 3))
    expect(run(1, 5, 1, true, input)[1]).toEqual(Int32Array.of(0, 3, 2, 1, 4))
  })
})

describe('errors', () => {
  const [x, y] = [storage('x', 'i32', [3]), storage('y', 'i32', [3])]
  const input = new Map([[x, Int32Array.of(1, 2, 0)]])

  test('a load outside', () => {
    const shifted = definition('shifted', [x], [y], [compute(y, (i) => load(x, [add(i!, int(1))]))])
    expect(() => evaluateDefinition(shifted, input)).toThrow('index 3 in dimension 0 of x, shape [3]')
  })

  test('a load outside in the arm that is not taken is none', () => {
    const padded = definition(
      'padded',
      [x],
      [y],
      [
        compute(y, (i) => {
          const next = add(i!, int(1))
          return select(lt(next, sizeValue(3)), load(x, [next]), int(-1))
        }),
      ],
    )
    expect(evaluateDefinition(padded, input).get(y)).toEqual(Int32Array.of(2, 0, -1))
  })

  test('a division by zero', () => {
    const inverse = definition('inverse', [x], [y], [compute(y, (i) => binary('div', int(6), load(x, [i!])))])
    expect(() => evaluateDefinition(inverse, input)).toThrow(
      expect.objectContaining({ code: 'sim/division-by-zero', where: 'compute equation of "y" in "inverse"' }),
    )
  })

  test('a buffer that is written later', () => {
    const z = storage('z', 'i32', [3])
    const equations = [compute(y, (i) => load(z, [i!])), compute(z, (i) => load(x, [i!]))]
    const backwards: Definition = { kind: 'definition', name: 'backwards', inputs: [x], outputs: [y], equations }
    expect(() => evaluateDefinition(backwards, input)).toThrow(
      expect.objectContaining({ code: 'sim/uninitialised-read', message: 'z is read before it is written' }),
    )
  })

  test('an input that is missing or of another length', () => {
    const copy = definition('copy', [x], [y], [compute(y, (i) => load(x, [i!]))])
    expect(() => evaluateDefinition(copy, new Map())).toThrow(expect.objectContaining({ code: 'sim/invalid-buffer' }))
    expect(() => evaluateDefinition(copy, new Map([[x, new Int32Array(2)]]))).toThrow('is given Int32Array of 2')
  })

  test('a builtin has no meaning in a definition', () => {
    const threads = definition('threads', [], [y], [compute(y, () => builtin('thread'))])
    expect(() => evaluateDefinition(threads, new Map())).toThrow('a definition has no builtin thread')
  })
})

test('a softmax of several equations', () => {
  const [x, y] = [storage('x', 'f32', [2, 3]), storage('y', 'f32', [2, 3])]
  const sums = storage('sums', 'f32', [2])
  const exps = storage('exps', 'f32', [2, 3])
  const program = definition(
    'softmax',
    [x],
    [y],
    [
      compute(exps, (i, j) => unary('exp', load(x, [i!, j!]))),
      reduce({
        outputs: [sums],
        domain: [{ hint: 'j', extent: 3 }],
        identity: [cast('f32', int(0))],
        value: ([i], [j]) => [load(exps, [i!, j!])],
        combine: ([left], [right]) => [add(left!, right!)],
        commutative: true,
      }),
      compute(y, (i, j) => binary('div', load(exps, [i!, j!]), load(sums, [i!]))),
    ],
  )
  const got = evaluateDefinition(program, new Map([[x, Float32Array.of(0, 0, 0, 1, 2, 3)]])).get(y)!
  const third = Math.fround(1 / 3)
  expect([...got.slice(0, 3)]).toEqual([third, third, third])
  expect(got[5]).toBeCloseTo(Math.E ** 2 / (1 + Math.E + Math.E ** 2), 6)
})
