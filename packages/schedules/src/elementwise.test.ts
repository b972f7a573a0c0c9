import {
  add,
  buffer,
  type Compute,
  compute,
  type Expr,
  int,
  load,
  mod,
  mul,
  type Problem,
  printKernel,
  type SizeExpr,
  size,
} from '@tilewright/ir'
import { loweringPasses, runPipeline } from '@tilewright/passes'
import { byDefinition, propertyRuns, runScheduled, testTarget as target } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { elementwise } from './elementwise.js'

const candidates = fc.record({
  threads: fc.constantFrom(1, 32, 64),
  lanes: fc.constantFrom(1, 2, 4),
  vectors: fc.constantFrom(1, 2, 4),
})

interface Shape {
  readonly rows: number
  readonly columns: number
  readonly symbolic: boolean
  readonly aligned: boolean
}

const shapes: fc.Arbitrary<Shape> = fc
  .record({
    rows: fc.constantFrom(0, 1, 2, 7, 13),
    columns: fc.constantFrom(0, 1, 3, 4, 8, 17, 20),
    symbolic: fc.boolean(),
  })
  .map((shape) => ({ ...shape, aligned: shape.columns % 4 === 0 }))

/** y[i, j] = x[i, j] · v[j] + t[j, i] + x[i, (j + 1) mod columns]: at its place, broadcast, transposed, turned. */
function mixed({ rows, columns, symbolic, aligned }: Shape) {
  const extents: readonly [SizeExpr, SizeExpr] = symbolic
    ? [size('rows'), size('columns', { multipleOf: aligned ? 4 : 1 })]
    : [rows, columns]
  const [m, n] = extents
  const [x, t] = [buffer('x', 'f32', [m, n], 'storage'), buffer('t', 'f32', [n, m], 'storage')]
  const [v, y] = [buffer('v', 'f32', [n], 'storage'), buffer('y', 'f32', [m, n], 'storage')]
  const width: Expr = typeof n === 'number' ? int(n) : { kind: 'size', dtype: 'i32', size: n }
  const anchor = compute(y, (i, j) =>
    add(add(mul(load(x, [i!, j!]), load(v, [j!])), load(t, [j!, i!])), load(x, [i!, mod(add(j!, int(1)), width)])),
  )
  const integers = (count: number, seed: number): Float32Array =>
    Float32Array.from({ length: count }, (_, i) => ((i * 7 + seed) % 11) - 5)
  const inputs = new Map([
    [x, integers(rows * columns, 1)],
    [t, integers(rows * columns, 2)],
    [v, integers(columns, 3)],
  ])
  return { anchor, inputs, sizes: { rows, columns } }
}

const problemOf = (anchor: Compute): Problem => ({ anchor, computed: new Set() })

test('is the definition, at every size, candidate and layout, before and after lowering', () => {
  fc.assert(
    fc.property(candidates, shapes, (candidate, shape) => {
      const { anchor, ...data } = mixed(shape)
      const scheduled = elementwise.build(candidate, problemOf(anchor), target)
      const expected = byDefinition(anchor, data.inputs, data.sizes)
      expect(runScheduled({ anchor, scheduled, ...data })).toEqual(expected)
      const lower = (kernel: (typeof scheduled.kernels)[number]) => runPipeline(kernel, loweringPasses(target))
      expect(runScheduled({ anchor, scheduled, ...data, lower })).toEqual(expected)
    }),
    { numRuns: propertyRuns() },
  )
})

test('a result of rank 0 has one element', () => {
  const [x, y] = [buffer('x', 'f32', [], 'storage'), buffer('y', 'f32', [], 'storage')]
  const anchor = compute(y, () => mul(load(x, []), load(x, [])))
  const scheduled = elementwise.build({ threads: 32, lanes: 4, vectors: 2 }, problemOf(anchor), target)
  expect(runScheduled({ anchor, scheduled, inputs: new Map([[x, Float32Array.of(3)]]) })).toEqual([Float32Array.of(9)])
})

describe('what the accesses become', () => {
  const loweredText = (shape: readonly SizeExpr[], index: (axes: readonly Expr[]) => readonly Expr[]): string => {
    const x = buffer('x', 'f32', shape, 'storage')
    const y = buffer('y', 'f32', shape, 'storage')
    const anchor = compute(y, (...axes) => add(load(x, axes), load(x, index(axes))))
    const { kernels } = elementwise.build({ threads: 64, lanes: 4, vectors: 1 }, problemOf(anchor), target)
    return kernels.map((kernel) => printKernel(runPipeline(kernel, loweringPasses(target)))).join('\n')
  }
  const itself = (axes: readonly Expr[]): readonly Expr[] => axes

  test('rows of whole vectors: one load, one store, no coordinates', () => {
    expect(loweredText([8, 64], itself)).toMatchInlineSnapshot(`
      "kernel elementwise(x: f32[512], y: f32[512]) threads 64 workgroups [2, 1, 1] {
        let x_base: i32 = workgroup.x * 256 + thread * 4
        let (x_1, x_2, x_3, x_4): f32 = vector x[x_base]
        vector y[x_base] = (x_1 + x_1, x_2 + x_2, x_3 + x_3, x_4 + x_4)
      }"
    `)
  })

  test('short rows: vectors of the whole output', () => {
    expect(loweredText([4, 7, 7], itself)).toMatchInlineSnapshot(`
      "kernel elementwise(x: f32[196], y: f32[196]) threads 64 workgroups [1, 1, 1] {
        if thread < 49 {
          let t: i32 = thread * 4
          let (x_1, x_2, x_3, x_4): f32 = vector x[t]
          vector y[t] = (x_1 + x_1, x_2 + x_2, x_3 + x_3, x_4 + x_4)
        }
      }"
    `)
  })

  test('rows of a symbolic length that is a multiple of 4', () => {
    expect(loweredText([size('m'), size('n', { multipleOf: 4 })], itself)).toMatchInlineSnapshot(`
      "kernel elementwise(x: f32[m * n], y: f32[m * n]) threads 64 workgroups [min(m * n / 4 /^ 64, 65535), m * n / 4 /^ 64 /^ 65535, 1] {
        size n: multiple of 4
        if workgroup.y * 65535 + workgroup.x < m * n / 4 /^ 64 {
          let group: i32 = workgroup.y * 4194240 + workgroup.x * 64 + thread
          if group < m * n / 4 {
            let x_base: i32 = group % max(n / 4, 1) * 4 + group / max(n / 4, 1) * n
            let (x_1, x_2, x_3, x_4): f32 = vector x[x_base]
            vector y[x_base] = (x_1 + x_1, x_2 + x_2, x_3 + x_3, x_4 + x_4)
          }
        }
      }"
    `)
  })

  test('a transposed operand stays scalar, beside a vector store', () => {
    expect(loweredText([16, 16], ([i, j]) => [j!, i!])).toMatchInlineSnapshot(`
      "kernel elementwise(x: f32[256], y: f32[256]) threads 64 workgroups [1, 1, 1] {
        let t: i32 = thread * 4
        let (x_1, x_2, x_3, x_4): f32 = vector x[t]
        let x_base: i32 = (thread & 3) * 64 + (thread >> 2)
        vector y[t] = (x_1 + x[x_base], x_2 + x[x_base + 16], x_3 + x[x_base + 32], x_4 + x[x_base + 48])
      }"
    `)
  })
})

test('symbolic rows are worth a variant for multiples of 4', () => {
  const { anchor } = mixed({ rows: 2, columns: 3, symbolic: true, aligned: false })
  expect(elementwise.refinements(anchor)).toEqual([{ param: anchor.output.shape[1], facts: { multipleOf: 4 } }])
  const { anchor: known } = mixed({ rows: 2, columns: 4, symbolic: true, aligned: true })
  expect(elementwise.refinements(known)).toEqual([])
})

test('refuses more threads than the target has; a target of one thread gets one', () => {
  const { anchor } = mixed({ rows: 2, columns: 3, symbolic: false, aligned: false })
  const single = { ...target, vectorLanes: 1, limits: { ...target.limits, threads: 1 } }
  expect(elementwise.check({ threads: 64, lanes: 4, vectors: 1 }, problemOf(anchor), single)).toEqual({
    reason: '64 threads; the target allows 1',
  })
  expect(elementwise.level0(problemOf(anchor), single)).toEqual({ threads: 1, lanes: 1, vectors: 1 })
})
