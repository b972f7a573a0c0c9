import {
  add,
  type Buffer,
  binary,
  buffer,
  type Compute,
  compute,
  constant,
  type DType,
  definition,
  div,
  type Equation,
  type Expr,
  equationOutputs,
  int,
  load,
  matmul,
  mul,
  printDefinition,
  type Reduce,
  reduce,
  type SizeExpr,
  size,
  sub,
  unary,
} from '@tilewright/ir'
import { evaluateDefinition, type TypedArray } from '@tilewright/simulator'
import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { equationInputs } from '../group.js'
import { formRows as formRowsWithin } from './form-rows.js'

const formRows = (equations: readonly Equation[], results: ReadonlySet<Buffer>): readonly Equation[] =>
  formRowsWithin(equations, results, { storageBuffers: 8 })

const storage = (hint: string, shape: readonly SizeExpr[], dtype: DType = 'f32'): Buffer =>
  buffer(hint, dtype, shape, 'storage')
const f32 = (value: number): Expr => constant('f32', value)
const [n, c] = [size('n'), size('c')]

/** The fold of `from` over one dimension, which the result keeps with extent 1, or leaves out. */
function foldOver(op: 'max' | 'add', result: Buffer, from: Buffer, dimension: number): Reduce {
  const keeps = result.shape.length === from.shape.length
  return reduce({
    outputs: [result],
    domain: [{ hint: 'k', extent: from.shape[dimension] ?? 1 }],
    identity: [f32(op === 'max' ? Number.NEGATIVE_INFINITY : 0)],
    value: (axes, [k]) => {
      const others = keeps ? axes.toSpliced(dimension, 1) : axes
      return [load(from, others.toSpliced(dimension, 0, k!))]
    },
    combine: ([left], [right]) => [binary(op, left!, right!)],
    commutative: true,
  })
}

/** `of` at a point: its own dimensions, and 0 where it has extent 1; `dimension` is left out where it lacks it. */
function at(of: Buffer, axes: readonly Expr[], dimension: number): Expr {
  const own = of.shape.length === axes.length ? axes : axes.toSpliced(dimension, 1)
  return load(
    of,
    own.map((axis, d) => (of.shape[d] === 1 ? int(0) : axis)),
  )
}

function softmax(shape: readonly SizeExpr[], dimension: number, keeps: boolean) {
  const rowShape = keeps ? shape.with(dimension, 1) : shape.toSpliced(dimension, 1)
  const [x, m, e] = [storage('x', shape), storage('m', rowShape), storage('e', shape)]
  const [s, y] = [storage('s', rowShape), storage('y', shape)]
  const equations = [
    foldOver('max', m, x, dimension),
    compute(e, (...axes) => unary('exp', sub(load(x, axes), at(m, axes, dimension)))),
    foldOver('add', s, e, dimension),
    compute(y, (...axes) => div(load(e, axes), at(s, axes, dimension))),
  ]
  return { x, e, s, y, equations }
}

const text = (inputs: readonly Buffer[], outputs: readonly Buffer[], equations: readonly Equation[]): string =>
  printDefinition(definition('formed', inputs, outputs, equations))

test('a softmax is one equation; its exponent is at most 0', () => {
  const { x, y, equations } = softmax([n, c], 1, false)
  expect(text([x], [y], formRows(equations, new Set([y])))).toMatchInlineSnapshot(`
    "definition formed(x: f32[n, c]) -> (y: f32[n, c]) {
      y[i0, i1] = rows i1: result = max: x[i0, i1]; result_1 = sum: exp(-abs(x[i0, i1] - result)); exp(-abs(x[i0, i1] - result)) / result_1
    }"
  `)
})

test('the row may be any dimension, kept or not', () => {
  const { x, y, equations } = softmax([n, c, 7, 7], 1, true)
  expect(text([x], [y], formRows(equations, new Set([y])))).toMatchInlineSnapshot(`
    "definition formed(x: f32[n, c, 7, 7]) -> (y: f32[n, c, 7, 7]) {
      y[i0, i1, i2, i3] = rows i1: result = max: x[i0, i1, i2, i3]; result_1 = sum: exp(-abs(x[i0, i1, i2, i3] - result)); exp(-abs(x[i0, i1, i2, i3] - result)) / result_1
    }"
  `)
})

test('a normalisation that an exporter took apart, with scale and bias', () => {
  const shape = [n, 16]
  const [x, scale, bias, y] = [storage('x', shape), storage('scale', [16]), storage('bias', [16]), storage('y', shape)]
  const [total, mean, variance] = [storage('total', [n, 1]), storage('mean', [n, 1]), storage('variance', [n, 1])]
  const [centred, squares, scaled] = [storage('centred', shape), storage('squares', shape), storage('scaled', shape)]
  const equations = [
    foldOver('add', total, x, 1),
    compute(mean, (i, j) => div(load(total, [i!, j!]), f32(16))),
    compute(centred, (i, j) => sub(load(x, [i!, j!]), load(mean, [i!, int(0)]))),
    compute(squares, (i, j) => mul(load(centred, [i!, j!]), load(centred, [i!, j!]))),
    foldOver('add', variance, squares, 1),
    compute(scaled, (i, j) => mul(div(load(centred, [i!, j!]), load(variance, [i!, int(0)])), load(scale, [j!]))),
    compute(y, (i, j) => add(load(scaled, [i!, j!]), load(bias, [j!]))),
  ]
  expect(text([x, scale, bias], [y], formRows(equations, new Set([y])))).toMatchInlineSnapshot(`
    "definition formed(x: f32[n, 16], scale: f32[16], bias: f32[16]) -> (y: f32[n, 16]) {
      y[i0, i1] = rows i1: result = sum: x[i0, i1]; result_1 = sum: (x[i0, i1] - result / 16) * (x[i0, i1] - result / 16); (x[i0, i1] - result / 16) / result_1 * scale[i1] + bias[i1]
    }"
  `)
})

describe('what is left alone', () => {
  const kinds = (equations: readonly Equation[]): readonly string[] => equations.map(({ kind }) => kind)

  test('an intermediate that others need stays in memory: the chain starts behind it', () => {
    const { e, y, s, equations } = softmax([n, c], 1, false)
    // Without e, the maximum goes with what shifts by it, and the sum with the quotient.
    expect(kinds(formRows(equations, new Set([y, e])))).toEqual(['rows', 'rows'])
    expect(kinds(formRows(equations, new Set([y, s])))).toEqual(['rows', 'reduce', 'compute'])
  })

  test('a product of matrices is no fold over rows, though its extents would fit', () => {
    const [a, b, p, y] = ['a', 'b', 'p', 'y'].map((hint) => storage(hint, hint === 'y' ? [4, 4, 4] : [4, 4]))
    const equations = [
      matmul(
        p!,
        4,
        (_, i, k) => load(a!, [i, k]),
        (_, k, j) => load(b!, [k, j]),
      ),
      compute(y!, (i, j, k) => add(load(p!, [j!, k!]), load(a!, [i!, j!]))),
    ]
    expect(formRows(equations, new Set([y!]))).toBe(equations)
  })

  test('a transposed reading of the results', () => {
    const [x, s, y] = [storage('x', [4, 4]), storage('s', [4]), storage('y', [4, 4])]
    const equations = [
      foldOver('add', s, x, 1),
      compute(y, (i, j) => mul(load(x, [i!, j!]), load(s, [binary('mod', add(i!, int(1)), int(4))]))),
    ]
    expect(formRows(equations, new Set([y]))).toBe(equations)
  })

  test('what is read elsewhere in its rows too', () => {
    const { x, e, s, equations } = softmax([4, 4], 1, false)
    const y = storage('y', [4, 4])
    const turned = ([i, j]: readonly Expr[]): readonly Expr[] => [i!, binary('mod', add(j!, int(1)), int(4))]
    const transposed = ([i, j]: readonly Expr[]): readonly Expr[] => [j!, i!]
    for (const elsewhere of [turned, transposed]) {
      const last = compute(y, (...axes) => div(add(load(e, axes), load(e, elsewhere(axes))), load(s, [axes[0]!])))
      const after = formRows([...equations.slice(0, -1), last], new Set([y]))
      expect(kinds(after)).toEqual(['rows', 'rows'])
      // Throws for what is read and not written.
      definition('after', [x], [y], after)
    }
  })

  test('the end of a chain that reads more buffers than a kernel may bind', () => {
    const { x, equations } = softmax([4, 4], 1, false)
    const residuals = Array.from({ length: 10 }, (_, i) => storage(`r${i}`, [4, 4]))
    const sums = residuals.map((_, i) => storage(`y${i}`, [4, 4]))
    const chain = sums.map((sum, i) => {
      const before = i === 0 ? equationOutputs(equations.at(-1)!)[0]! : sums[i - 1]!
      return compute(sum, (...axes) => add(load(before, axes), load(residuals[i]!, axes)))
    })
    const after = formRows([...equations, ...chain], new Set([sums.at(-1)!]))
    expect(kinds(after)).toEqual(['rows', ...Array.from({ length: 4 }, () => 'compute')])
    const [first] = after
    expect(equationInputs(first!)).toEqual([x, ...residuals.slice(0, 6)])
  })

  test('results that are stored in 8 bits', () => {
    const [x, s, y] = [storage('x', [4, 4], 'i8'), storage('s', [4], 'i8'), storage('y', [4, 4], 'i32')]
    const sum = reduce({
      outputs: [s],
      domain: [{ hint: 'k', extent: 4 }],
      identity: [int(0)],
      value: ([i], [k]) => [load(x, [i!, k!])],
      combine: ([left], [right]) => [add(left!, right!)],
      commutative: true,
    })
    const equations = [sum, compute(y, (i, j) => add(load(x, [i!, j!]), load(s, [i!])))]
    expect(formRows(equations, new Set([y]))).toBe(equations)
  })

  test('a few very long rows', () => {
    const { y, equations } = softmax([2, 100_000], 1, false)
    expect(formRows(equations, new Set([y]))).toBe(equations)
  })
})

// Random programs over full buffers [3, 4] and row buffers [3] and [3, 1].
const kinds = ['max', 'add', 'shift', 'scale', 'square', 'exp', 'turn'] as const
const programs = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    first: fc.nat({ max: 5 }),
    second: fc.nat({ max: 5 }),
    isResult: fc.boolean(),
    keeps: fc.boolean(),
  }),
  { minLength: 2, maxLength: 10 },
)

test('random chains keep their meaning', () => {
  let formed = 0
  fc.assert(
    fc.property(programs, (steps) => {
      const x = storage('x', [3, 4])
      const [full, perRow] = [[x], [] as Buffer[]]
      const results = new Set<Buffer>()
      const equations = steps.map((step, i): Equation => {
        const from = full.at(-1 - (step.first % full.length)) ?? x
        const row = perRow.at(-1 - (step.second % Math.max(1, perRow.length)))
        if (step.kind === 'max' || step.kind === 'add') {
          const result = storage(`r${i}`, step.keeps ? [3, 1] : [3])
          perRow.push(result)
          return foldOver(step.kind, result, from, 1)
        }
        const output = storage(`t${i}`, [3, 4])
        const value = (axes: readonly Expr[]): Expr => {
          const own = load(from, axes)
          const other = row === undefined ? own : at(row, axes, 1)
          switch (step.kind) {
            case 'shift':
              return sub(own, other)
            case 'scale':
              return mul(own, mul(other, f32(0.5)))
            case 'exp':
              return unary('exp', binary('min', own, f32(1)))
            case 'turn':
              return load(from, [axes[0]!, binary('mod', add(axes[1]!, int(1)), int(4))])
            default:
              return mul(own, own)
          }
        }
        const made: Compute = compute(output, (...axes) => value(axes))
        full.push(output)
        if (step.isResult || i === steps.length - 1) results.add(output)
        return made
      })
      const last = equations.at(-1)
      if (last !== undefined) for (const output of equationOutputs(last)) results.add(output)
      const after = formRows(equations, results)
      formed += after.filter(({ kind }) => kind === 'rows').length
      const inputs = new Map<Buffer, TypedArray>([
        [x, Float32Array.from({ length: 12 }, (_, i) => Math.fround(Math.sin(i)))],
      ])
      const values = (of: readonly Equation[]) =>
        evaluateDefinition(definition('random', [x], [...results], of), inputs)
      const [expected, actual] = [values(equations), values(after)]
      for (const result of results) expect(actual.get(result), result.hint).toEqual(expected.get(result))
    }),
    { numRuns: propertyRuns() },
  )
  expect(formed).toBeGreaterThan(0)
})

describe('what is looked into is bounded', () => {
  test('a long chain of what is elementwise', () => {
    const [input, ...rest] = Array.from({ length: 3_500 }, (_, i) => storage(`t${i}`, [4, 4]))
    const equations = rest.map((output, i) =>
      compute(output, (...axes) => unary('exp', load(rest[i - 1] ?? input!, axes))),
    )
    expect(formRows(equations, new Set(rest.slice(-1)))).toBe(equations)
  })

  test('equations that read several places of the one before', () => {
    const [input, ...rest] = Array.from({ length: 40 }, (_, i) => storage(`t${i}`, [4, 4, 4]))
    const equations = rest.map((output, d) => {
      const before = (...at: readonly Expr[]): Expr => load(rest[d - 1] ?? input!, at)
      return compute(output, (i, j, k) => add(before(i!, j!, k!), add(before(j!, k!, i!), before(k!, i!, j!))))
    })
    expect(formRows(equations, new Set(rest.slice(-1)))).toBe(equations)
  })
})
