import { cpu } from '@tilewright/backend-cpu'
import { addOp, buildGraph, type Graph, type Tensor } from '@tilewright/graph'
import { size, sizeMul } from '@tilewright/ir'
import { createSession, type RunResult } from '@tilewright/runtime'
import { expect, test } from 'vitest'
import { compile } from './compile.js'

async function run(graph: Graph, ...lengths: readonly number[]): Promise<RunResult> {
  const backend = cpu()
  const device = await backend.open()
  const session = await createSession({ ...compile(graph, { backend, device }), device })
  const inputs = graph.inputs.map(({ name }, i) => {
    const length = lengths[i]!
    return [name, { dtype: 'f32', shape: [length], data: new Float32Array(length).fill(1) }] as const
  })
  return session.run(Object.fromEntries(inputs))
}

const n = size('n')

test('a value that follows from sizes is data where a kernel or a result needs it', async () => {
  const b = buildGraph('g')
  b.input('x', { dtype: 'f32', shape: [n] })
  const sizes = [n, 3, sizeMul(n, 2)]
  const known: Tensor = { kind: 'tensor', name: 'shape', dtype: 'i64', shape: [3], constant: undefined, sizes }
  const twice = b.apply1(addOp(known, known), [known, known])
  const graph = b.finish([
    { name: 'shape', tensor: known },
    { name: 'twice', tensor: twice },
  ])
  const { outputs } = await run(graph, 5)
  expect(outputs.shape?.data).toEqual(BigInt64Array.of(5n, 3n, 10n))
  expect(outputs.twice?.data).toEqual(BigInt64Array.of(10n, 6n, 20n))
})

test('a run compares the sizes that a node takes for equal, and names the node', async () => {
  const b = buildGraph('g')
  const x = b.input('x', { dtype: 'f32', shape: [n] })
  const y = b.input('y', { dtype: 'f32', shape: [size('m')] })
  const graph = b.finish([{ name: 'sum', tensor: b.apply1(addOp(x, y), [x, y], 'add_7') }])
  expect((await run(graph, 3, 3)).outputs.sum?.data).toEqual(Float32Array.of(2, 2, 2))
  await expect(run(graph, 3, 4)).rejects.toMatchObject({
    code: 'run/shape',
    where: 'node "add_7"',
    message: 'n is 3 and m is 4, which must be equal',
  })
})

test('a constant may be a result that nothing else reads', async () => {
  const b = buildGraph('g')
  b.input('x', { dtype: 'f32', shape: [n] })
  const c = b.constant('c', { dtype: 'f32', shape: [2], data: Float32Array.of(7, 8) })
  expect((await run(b.finish([{ name: 'y', tensor: c }]), 1)).outputs.y?.data).toEqual(Float32Array.of(7, 8))
})
