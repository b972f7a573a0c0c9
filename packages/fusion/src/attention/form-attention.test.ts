import {
  type Attention,
  add,
  type Buffer,
  buffer,
  cast,
  compute,
  constant,
  definition,
  type Equation,
  type Expr,
  equationOutputs,
  int,
  load,
  lt,
  mul,
  printDefinition,
  rewriteExpr,
  select,
  size,
  sumOfProducts,
} from '@tilewright/ir'
import { type AttentionEquations, type AttentionShape, attentionEquations } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { formRows } from '../rows/form-rows.js'
import { formAttention } from './form-attention.js'

const facts = { storageBuffers: 8 }
const plain: AttentionShape = {
  ...{ dtype: 'f32', batch: 2, groups: 3, queries: 16, keys: 40, depth: 8, columns: 5 },
  ...{ keysByDepth: true, mask: 'none' },
}

function formed(equations: readonly Equation[], results: readonly Buffer[], isSchedulable = (_: Attention) => true) {
  const needed = new Set(results)
  return formAttention(formRows(equations, needed, facts), needed, facts, isSchedulable)
}

const replaced = (expr: Expr, from: Buffer, to: Buffer): Expr =>
  rewriteExpr(expr, (node) => (node.kind === 'load' && node.buffer === from ? load(to, node.index) : node))

const kinds = (equations: readonly Equation[]): readonly string[] => equations.map(({ kind }) => kind)
const kindsOf = ({ equations, output }: AttentionEquations): readonly string[] => kinds(formed(equations, [output]))
const unformed = ['reduce', 'compute', 'rows', 'reduce']

test('two products around a softmax become one equation', () => {
  const { inputs, output, equations } = attentionEquations({ ...plain, mask: 'guarded' })
  expect(printDefinition(definition('attend', inputs, [output], formed(equations, [output])))).toMatchInlineSnapshot(`
    "definition attend(q: f32[2, 3, 16, 8], k: f32[2, 40, 8], v: f32[2, 40, 5], bias: f32[16, 40]) -> (y: f32[2, 3, 16, 5]) {
      y[i0, i1, i2, i3] = attention over j in 0..40; dot = sum d in 0..8: q[i0, i1, i2, d] * k[i0, j, d]; score dot * 0.25 + bias[i2, j]; value v[i0, j, i3]; (result, result_1, sum) => select(result < -1e+38, 0, sum / result_1)
    }"
  `)
})

describe('is formed', () => {
  test('for any number of queries', () => {
    expect(kindsOf(attentionEquations({ ...plain, queries: 1, groups: 1 }))).toEqual(['attention'])
    expect(kindsOf(attentionEquations({ ...plain, queries: size('queries') }))).toEqual(['attention'])
  })

  test.each(['none', 'causal', 'added', 'guarded'] as const)('with mask %s', (mask) => {
    expect(kindsOf(attentionEquations({ ...plain, mask }))).toEqual(['attention'])
  })

  test('through what moves or scales weights, but not what changes some of them', () => {
    const { output, weights, equations } = attentionEquations(plain)
    const moved = buffer('moved', 'f32', weights.shape, 'storage')
    const [last] = equations.slice(-1).filter((equation) => equation.kind === 'reduce')
    const behind = (through: Equation): readonly Equation[] => [
      ...equations.slice(0, -1),
      through,
      { ...last!, value: last!.value.map((value) => replaced(value, weights, moved)) },
    ]
    const kindsBehind = (value: (...axes: readonly Expr[]) => Expr): readonly string[] =>
      kinds(formed(behind(compute(moved, value)), [output]))
    expect(kindsBehind((...axes) => load(weights, axes))).toEqual(['attention'])
    expect(kindsBehind((...axes) => mul(load(weights, axes), constant('f32', 2)))).toEqual(['attention'])
    expect(kindsBehind((...axes) => select(lt(axes[3]!, int(3)), constant('f32', 0), load(weights, axes)))).toEqual(
      unformed,
    )
  })
})

describe('is not formed', () => {
  test('of one that is formed already, whose parts are gone', () => {
    const first = attentionEquations({ ...plain, columns: 8 })
    const second = attentionEquations({ ...plain, keys: 8, columns: 5 })
    const [dots] = second.equations.flatMap(equationOutputs)
    // The scores of the second are what the first gives.
    const [, ...after] = second.equations.map(
      (equation): Equation =>
        equation.kind === 'compute' ? { ...equation, value: replaced(equation.value, dots!, first.output) } : equation,
    )
    const all = formed([...first.equations, ...after], [second.output])
    expect(kinds(all)).toEqual(['attention', 'compute', 'rows', 'reduce'])
    const inputs = [...first.inputs, second.value]
    expect(() => definition('both', inputs, [second.output], all)).not.toThrow()
  })

  test('of integer products, which are cast to scores', () => {
    const { query, key, scores, output, equations } = attentionEquations({ ...plain, mask: 'none' })
    const [q, k] = [query, key].map(({ hint, shape }) => buffer(hint, 'i8', shape, 'storage'))
    const dots = buffer('dots', 'i32', scores.shape, 'storage')
    const products = sumOfProducts(dots, [{ hint: 'd', extent: 8 }], ([b, g, i, j], [d]) => [
      load(q!, [b!, g!, i!, d!]),
      load(k!, [b!, j!, d!]),
    ])
    const scaled = compute(scores, (...axes) => cast('f32', load(dots, axes)))
    expect(kinds(formed([products, scaled, ...equations.slice(2)], [output]))).toEqual(unformed)
  })

  test('where something in between is read by others, or a result', () => {
    const { output, scores, weights, equations } = attentionEquations(plain)
    expect(kinds(formed(equations, [output, weights]))).toEqual(unformed)
    expect(kinds(formed(equations, [output, scores]))).toEqual(unformed)
    const other = buffer('other', 'f32', scores.shape, 'storage')
    const reader = compute(other, (...axes) => add(load(weights, axes), constant('f32', 1)))
    expect(kinds(formed([...equations, reader], [output, other]))).toEqual([...unformed, 'compute'])
  })

  test('where no template takes it, or it reads more buffers than a kernel binds', () => {
    const { output, equations } = attentionEquations(plain)
    expect(kinds(formed(equations, [output], () => false))).toEqual(unformed)
    const results = new Set([output])
    const few = formAttention(formRows(equations, results, facts), results, { storageBuffers: 3 }, () => true)
    expect(kinds(few)).toEqual(unformed)
  })
})
