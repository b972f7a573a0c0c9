import {
  add,
  type Buffer,
  binary,
  buffer,
  compute,
  constant,
  type Equation,
  type Expr,
  equationOutputs,
  int,
  load,
  matmul,
  mul,
  reduce,
  scan,
  scatter,
  select,
  sort,
  unary,
} from '@tilewright/ir'
import { describe, expect, test } from 'vitest'
import type { FusionGroup } from './group.js'
import { partition } from './partition.js'

const storage = (hint: string, ...shape: number[]): Buffer => buffer(hint, 'f32', shape, 'storage')
const square = (hint: string): Buffer => storage(hint, 4, 4)

// Equations over 4×4 buffers, each named like its result.
const product = (to: Buffer, a: Buffer, b: Buffer): Equation =>
  matmul(
    to,
    4,
    (_, m, k) => load(a, [m, k]),
    (_, k, n) => load(b, [k, n]),
  )
const map = (to: Buffer, from: Buffer, f: (x: Expr) => Expr = (x) => unary('exp', x)): Equation =>
  compute(to, (i, j) => f(load(from, [i!, j!])))
const sum = (to: Buffer, a: Buffer, b: Buffer): Equation =>
  compute(to, (i, j) => add(load(a, [i!, j!]), load(b, [i!, j!])))
const transpose = (to: Buffer, from: Buffer): Equation => compute(to, (i, j) => load(from, [j!, i!]))

const show = ({ anchor, prologues, epilogues }: FusionGroup): string => {
  const names = (equations: readonly Equation[]): string =>
    equations.map((equation) => equationOutputs(equation)[0]!.hint).join(' ')
  return `${names(prologues)} [${names([anchor])}] ${names(epilogues)}`.trim()
}

/** Groups as `prologues [anchor] epilogues`, then the remarks. */
function grouped(equations: readonly Equation[], results: readonly Buffer[], storageBuffers = 8): string {
  const { groups, remarks } = partition(equations, new Set(results), { storageBuffers })
  return [
    ...groups.map(show),
    ...remarks.map(({ kind, from, to, reason }) => `${kind}: ${from.hint} → ${to.hint}: ${reason}`),
  ].join('\n')
}

const [x, w, a, b, c, d, y] = ['x', 'w', 'a', 'b', 'c', 'd', 'y'].map(square) as [
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
  Buffer,
]

describe('computing again', () => {
  const wide = (hint: string, rows: number): Buffer => storage(hint, rows, 4)
  /** y = f(x)·w, where every element of x is read `reads` times in sums of products. */
  const read = (reads: number, f: (value: Expr) => Expr): string => {
    const [from, before, weights] = [wide('from', 8), wide('before', 8), storage('weights', 4, reads * 8)]
    const to = storage('to', 8, reads * 8)
    return grouped([map(before, from, f), product(to, before, weights)], [to])
  }

  test('cheap values, however often they are read', () => {
    expect(read(64, (value) => binary('max', value, constant('f32', 0)))).toMatchInlineSnapshot(`
      "before [to]
      applied: before → to: prologue"
    `)
  })

  test('dear values while they are read a few times', () => {
    expect(read(8, (value) => unary('exp', value))).toMatchInlineSnapshot(`
      "before [to]
      applied: before → to: prologue"
    `)
    expect(read(64, (value) => unary('exp', value))).toMatchInlineSnapshot(`
      "[before]
      [to]
      missed: before → to: computing it at each of 64 reads costs more than memory
      missed: before → to: the reader is a reduction, which starts a kernel of its own"
    `)
  })
})

describe('epilogues', () => {
  test('a chain of consumers', () => {
    expect(grouped([product(a, x, w), map(b, a), sum(y, b, x)], [y])).toMatchInlineSnapshot(`
      "[a] b y
      applied: a → b: epilogue
      applied: b → y: epilogue"
    `)
  })

  test('one that reads its input twice', () => {
    expect(grouped([product(a, x, w), map(y, a, (v) => mul(v, v))], [y])).toMatchInlineSnapshot(`
      "[a] y
      applied: a → y: epilogue"
    `)
  })

  test('not a result of the model', () => {
    expect(grouped([product(a, x, w), map(y, a)], [a, y])).toMatchInlineSnapshot(`
      "[a]
      [y]
      missed: a → y: it is an output of the model, so it must be in memory"
    `)
  })

  test('not several consumers that would stand in the text too often', () => {
    const doubled = Array.from({ length: 10 }, (_, i) => square(`t${i}`))
    const doublings = doubled.map((t, i) => map(t, doubled[i - 1] ?? a, (v) => add(v, v)))
    const groups = grouped([product(a, x, w), ...doublings, sum(y, doubled[9]!, a)], [y])
    expect(groups).toContain("missed: a → t0: the reader's formula has it 1025 times; 64 are the most")
  })

  test('several consumers that meet again', () => {
    expect(grouped([product(a, x, w), map(b, a), map(c, a), sum(y, b, c)], [y])).toMatchInlineSnapshot(`
      "[a] y
      applied: a → b: epilogue
      applied: a → c: epilogue
      applied: a → y: epilogue"
    `)
  })

  test('an activation that reads its operand at both ends of a chain', () => {
    const silu = [map(b, a), map(c, b, (v) => add(v, constant('f32', 1))), sum(d, a, c), map(y, d)]
    expect(grouped([product(a, x, w), ...silu], [y])).toMatchInlineSnapshot(`
      "[a] d y
      applied: a → b: epilogue
      applied: a → c: epilogue
      applied: a → d: epilogue
      applied: d → y: epilogue"
    `)
  })

  test('not several consumers that meet in an anchor, or of which one is a result', () => {
    expect(grouped([product(a, x, w), map(b, a), map(c, a), product(y, b, c)], [y])).toMatchInlineSnapshot(`
      "[a]
      b c [y]
      missed: a → b: its 2 readers have no result in common
      applied: c → y: prologue
      applied: b → y: prologue"
    `)
    expect(grouped([product(a, x, w), map(b, a), map(c, a), sum(y, b, c)], [b, y])).toMatchInlineSnapshot(`
      "[a]
      [b]
      c [y]
      missed: a → b: its 2 readers have no result in common
      applied: c → y: prologue
      missed: b → y: others read it too: computing it for each costs more than memory
      missed: b → y: it is an output of the model, so it must be in memory"
    `)
  })

  test('not a consumer that moves elements where no inverse is known', () => {
    expect(grouped([product(a, x, w), transpose(y, a)], [y])).toMatchInlineSnapshot(`
      "[a]
      [y]
      missed: a → y: the reader takes an element of it to several places, or to none"
    `)
  })

  test('not one that reads a transposed copy too', () => {
    const symmetric = compute(y, (i, j) => add(load(a, [i!, j!]), load(a, [j!, i!])))
    expect(grouped([product(a, x, w), symmetric], [y])).toMatchInlineSnapshot(`
      "[a]
      [y]
      missed: a → y: the reader takes an element of it to several places, or to none"
    `)
  })

  test('not an anchor', () => {
    expect(grouped([product(a, x, w), product(y, a, w)], [y])).toMatchInlineSnapshot(`
      "[a]
      [y]
      missed: a → y: the reader is a reduction, which starts a kernel of its own"
    `)
  })

  test('not of a scatter', () => {
    const where = buffer('where', 'i32', [4], 'storage')
    const update = scatter(
      storage('placed', 4),
      () => constant('f32', 0),
      [{ hint: 'p', extent: 4 }],
      (p) => ({ index: [load(where, [p!])], value: load(storage('updates', 4), [p!]) }),
      (old, update) => add(old, update),
    )
    const after = compute(storage('after', 4), (i) => unary('exp', load(update.output, [i!])))
    expect(grouped([update, after], [after.output])).toMatchInlineSnapshot(`
      "[placed]
      [after]
      missed: placed → after: a scatter may write an element more than once"
    `)
  })

  test('not of an anchor with several results', () => {
    const [best, where] = [storage('best', 4), buffer('where', 'i32', [4], 'storage')]
    const argmax = reduce({
      outputs: [best, where],
      domain: [{ hint: 'k', extent: 4 }],
      identity: [constant('f32', -1), int(0)],
      value: ([i], [k]) => [load(x, [i!, k!]), k!],
      combine: ([l, p], [r, q]) => [binary('max', l!, r!), select(binary('lt', l!, r!), q!, p!)],
      commutative: false,
    })
    const after = compute(storage('after', 4), (i) => unary('exp', load(best, [i!])))
    expect(grouped([argmax, after], [after.output])).toMatchInlineSnapshot(`
      "[best]
      [after]
      missed: best → after: what writes it has several results"
    `)
  })

  test('of two products that meet, one takes the sum and reads the other', () => {
    expect(grouped([product(a, x, w), product(b, w, x), sum(y, a, b)], [y])).toMatchInlineSnapshot(`
      "[b]
      [a] y
      applied: a → y: epilogue
      missed: b → y: the reader is in another kernel already"
    `)
  })

  test('not beyond the storage buffers of a kernel', () => {
    expect(grouped([product(a, x, w), sum(b, a, c), sum(y, b, d)], [y], 4)).toMatchInlineSnapshot(`
      "[a] b
      [y]
      applied: a → b: epilogue
      missed: b → y: the kernel would bind more than 4 buffers"
    `)
  })
})

describe('prologues', () => {
  test('a chain of producers', () => {
    expect(grouped([map(a, x), transpose(b, a), product(y, b, w)], [y])).toMatchInlineSnapshot(`
      "a b [y]
      applied: b → y: prologue
      applied: a → y: prologue"
    `)
  })

  test('of an epilogue', () => {
    expect(grouped([map(a, w), product(b, x, w), sum(y, b, a)], [y])).toMatchInlineSnapshot(`
      "a [b] y
      applied: b → y: epilogue
      applied: a → y: prologue"
    `)
  })

  test('read by the anchor and by its epilogue', () => {
    expect(grouped([map(a, x), product(b, a, w), sum(y, b, a)], [y])).toMatchInlineSnapshot(`
      "a [b] y
      applied: b → y: epilogue
      applied: a → y: prologue"
    `)
  })

  test('of a scan', () => {
    const running = scan(y, 1, (i, j) => load(a, [i!, j!]), add)
    expect(grouped([map(a, x), running], [y])).toMatchInlineSnapshot(`
      "a [y]
      applied: a → y: prologue"
    `)
  })

  test('of a sort, what moves elements but computes none', () => {
    const order = buffer('order', 'i32', [4, 4], 'storage')
    const sorted = sort(y, order, 1, (i, j) => load(b, [i, j]), false)
    expect(grouped([map(a, x), transpose(b, a), sorted], [y, order])).toMatchInlineSnapshot(`
      "[a]
      b [y]
      applied: b → y: prologue
      missed: a → y: a sort compares values with themselves
      missed: a → b: the reader is in another kernel already"
    `)
  })

  test('not one that is a result', () => {
    expect(grouped([map(a, x), product(y, a, w)], [a, y])).toMatchInlineSnapshot(`
      "[a]
      [y]
      missed: a → y: others read it too: computing it for each costs more than memory
      missed: a → y: the reader is a reduction, which starts a kernel of its own"
    `)
  })

  test('not one that others read', () => {
    expect(grouped([map(a, x), product(b, a, w), product(y, w, a)], [b, y])).toMatchInlineSnapshot(`
      "[a]
      [b]
      [y]
      missed: a → b: others read it too: computing it for each costs more than memory
      missed: a → y: others read it too: computing it for each costs more than memory
      missed: a → b: its 2 readers have no result in common"
    `)
  })

  test('an index map, whoever else reads it, and even when it is a result', () => {
    expect(grouped([transpose(a, x), product(b, a, w), product(y, w, a)], [b, y])).toMatchInlineSnapshot(`
      "a [b]
      a [y]
      applied: a → b: prologue
      applied: a → y: prologue"
    `)
    expect(grouped([transpose(a, x), product(y, a, w)], [a, y])).toMatchInlineSnapshot(`
      "a [y]
      [a]
      applied: a → y: prologue
      missed: a → y: the reader is a reduction, which starts a kernel of its own"
    `)
  })

  test('an index map that is repeated does not take along what it reads', () => {
    expect(grouped([map(a, x), transpose(b, a), product(c, b, w), product(y, w, b)], [c, y])).toMatchInlineSnapshot(`
      "[a]
      b [c]
      b [y]
      applied: b → c: prologue
      missed: a → c: others read it too: computing it for each costs more than memory
      applied: b → y: prologue
      missed: a → y: others read it too: computing it for each costs more than memory
      missed: a → b: another kernel reads it, so it must be in memory"
    `)
  })

  test('not an anchor, nor an epilogue', () => {
    expect(grouped([product(a, x, w), map(b, a), product(y, b, w)], [y])).toMatchInlineSnapshot(`
      "[a] b
      [y]
      applied: a → b: epilogue
      missed: b → y: the reader is a reduction, which starts a kernel of its own"
    `)
  })

  test('not beyond the storage buffers of a kernel', () => {
    expect(grouped([sum(a, b, c), sum(d, a, x), product(y, d, w)], [y], 4)).toMatchInlineSnapshot(`
      "[a]
      d [y]
      applied: d → y: prologue
      missed: a → y: the kernel would bind more than 4 buffers
      missed: a → d: the reader is in another kernel already"
    `)
  })

  test('not as often as a chain of doublings would have it', () => {
    const links = Array.from({ length: 6 }, (_, i) => square(`t${i}`))
    const doubled = links.map((to, i) => sum(to, links[i - 1] ?? x, links[i - 1] ?? x))
    const { groups, remarks } = partition(doubled, new Set(links.slice(-1)), { storageBuffers: 8 })
    expect(groups.map(show)).toEqual(['t0 [t1]', 't2 t3 t4 [t5]'])
    expect(remarks.filter(({ kind }) => kind === 'missed').map(({ reason }) => reason)).toContain(
      'its formula would stand 16 times in the kernel; 8 are the most',
    )
  })
})

describe('what is left', () => {
  test('is grouped around its last consumer', () => {
    expect(grouped([map(a, x), map(b, w), sum(y, a, b)], [y])).toMatchInlineSnapshot(`
      "a b [y]
      applied: b → y: prologue
      applied: a → y: prologue"
    `)
  })

  test('a consumer that only moves elements is the anchor', () => {
    expect(grouped([map(a, x), transpose(y, a)], [y])).toMatchInlineSnapshot(`
      "a [y]
      applied: a → y: prologue"
    `)
  })

  test('equations that no result depends on are in no group, and do not count as readers', () => {
    expect(grouped([product(a, x, w), map(y, a), map(b, a), product(c, b, w)], [y])).toMatchInlineSnapshot(`
      "[a] y
      applied: a → y: epilogue"
    `)
  })

  test('what only constants of a combine read is an input all the same', () => {
    const scale = storage('scale', 1)
    const weighted = reduce({
      outputs: [storage('weighted', 4)],
      domain: [{ hint: 'k', extent: 4 }],
      identity: [constant('f32', 0)],
      value: ([i], [k]) => [load(x, [i!, k!])],
      combine: ([l], [r]) => [add(l!, mul(r!, load(scale, [int(0)])))],
      commutative: false,
    })
    const makeScale = reduce({
      outputs: [scale],
      domain: [{ hint: 'k', extent: 4 }],
      identity: [constant('f32', 0)],
      value: (_, [k]) => [load(w, [k!, k!])],
      combine: ([l], [r]) => [add(l!, r!)],
      commutative: true,
    })
    const { groups } = partition([makeScale, weighted], new Set(weighted.outputs), { storageBuffers: 8 })
    expect(groups.map(({ anchor }) => anchor)).toEqual([makeScale, weighted])
  })
})
