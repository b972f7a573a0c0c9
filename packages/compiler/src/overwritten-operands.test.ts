import { chooseSteps, planMemory } from '@tilewright/backend'
import { cpu } from '@tilewright/backend-cpu'
import { addOp, buildGraph, type Graph, matmulOp, type Tensor } from '@tilewright/graph'
import { createSession } from '@tilewright/runtime'
import { expect, test } from 'vitest'
import { compile } from './compile.js'

/** Matrices of which all elements are equal, so that results are easily told. */
const width = 4
const filled = (value: number): Float32Array => new Float32Array(width * width).fill(value)

function graphOf(build: (x: Tensor, g: ReturnType<typeof buildGraph>) => readonly Tensor[]): Graph {
  const g = buildGraph('residual')
  const x = g.input('x', { dtype: 'f32', shape: [width, width] })
  return g.finish(build(x, g).map((tensor) => ({ name: tensor.name, tensor })))
}

async function run(graph: Graph) {
  const backend = cpu()
  const device = await backend.open()
  const compiled = compile(graph, { backend, device })
  const session = await createSession({ ...compiled, device })
  const { outputs } = await session.run({ x: { dtype: 'f32', shape: [width, width], data: filled(1) } })
  session.dispose()
  const { launches } = chooseSteps(compiled.plan.steps, new Map())
  return {
    values: Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data[0]])),
    overwrites: compiled.groups.map(({ name, overwrites }) => [name, overwrites]),
    // Intermediates that are alive at once.
    most: planMemory(compiled.plan, launches, new Map(), device.target).bound / filled(0).byteLength,
  }
}

/** A network x -> a -> b -> c + (what is added) -> out, each a product with a matrix of quarters: the value stays 1. */
function residual(added: 'a' | 'b' | 'x', isResult = false): Graph {
  return graphOf((x, g) => {
    const weights = g.constant('w', { dtype: 'f32', shape: [width, width], data: filled(1 / width) })
    const product = (of: Tensor, name?: string): Tensor => g.apply1(matmulOp(of, weights), [of, weights], name)
    const a = product(x, 'a')
    const b = product(a, 'b')
    const c = product(b)
    const other = { a, b, x }[added]
    const sum = g.apply1(addOp(c, other), [c, other], 'sum')
    return [product(sum, 'out'), ...(isResult ? [other] : [])]
  })
}

test('a residual sum takes the place of what it adds', async () => {
  const { values, overwrites, most } = await run(residual('a'))
  expect(values).toEqual({ out: 2 })
  expect(overwrites).toEqual([
    ['a', undefined],
    ['b', undefined],
    ['sum', 'a'],
    ['out', undefined],
  ])
  expect(most).toBe(2)
})

test.each([
  ['what the anchor reads', residual('b')],
  ['an input of the model', residual('x')],
  ['a result of the model', residual('a', true)],
])('not of %s', async (_, graph) => {
  const { values, overwrites } = await run(graph)
  expect(values.out).toBe(2)
  expect(overwrites.map(([, operand]) => operand)).toEqual([undefined, undefined, undefined, undefined])
})

test('nor of what a later group reads: of two equal groups the last one overwrites', async () => {
  const graph = graphOf((x, g) => {
    const weights = g.constant('w', { dtype: 'f32', shape: [width, width], data: filled(1 / width) })
    const product = (of: Tensor): Tensor => g.apply1(matmulOp(of, weights), [of, weights])
    const layer = (from: Tensor, other: Tensor): Tensor => {
      const next = product(from)
      return g.apply1(addOp(next, other), [next, other])
    }
    const first = product(x)
    const second = product(first)
    const kept = layer(second, first)
    const last = layer(kept, first)
    return [product(last)]
  })
  const { values, overwrites } = await run(graph)
  expect(Object.values(values)).toEqual([3])
  expect(overwrites.map(([, operand]) => operand)).toEqual([undefined, undefined, undefined, 'MatMul', undefined])
})
