// A whole plan on a CUDA device, launched and replayed.
import { evaluate } from '@tilewright/backend-cpu/evaluate'
import { compile, programOf } from '@tilewright/compiler'
import { buildGraph, convOp, type Graph, gemmOp, maxPoolOp, reluOp, reshapeOp } from '@tilewright/graph'
import { size } from '@tilewright/ir'
import { createSession } from '@tilewright/runtime'
import { loadFakeDriver, openTestedCuda, testedCuda } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { buildFakeLibcuda } from '../emulated/node-fake-libcuda.js'
import { cuda } from '../index.js'

/** Conv, bias and Relu, MaxPool, Gemm: on whole numbers, so that no sum is rounded, in whatever order it is taken. */
function vision(): Graph {
  const g = buildGraph('vision')
  const rows = size('rows')
  const small = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => ((i * 7) % 11) - 5)
  const constant = (name: string, shape: readonly number[]) =>
    g.constant(name, { dtype: 'f32', shape, data: small(shape.reduce((a, b) => a * b)) })
  const x = g.input('x', { dtype: 'f32', shape: [rows, 3, 10, 10] })
  const [kernel, bias, w] = [constant('kernel', [8, 3, 3, 3]), constant('bias', [8]), constant('w', [200, 10])]
  const window = { strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], autoPad: 'NOTSET' } as const
  const conv = g.apply1(convOp(x, kernel, bias, { ...window, group: 1 }), [x, kernel, bias])
  const relu = g.apply1(reluOp(conv), [conv])
  const pooling = { ...window, kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], ceilMode: false } as const
  const pool = g.apply1(maxPoolOp(relu, { ...pooling, indices: false, columnMajor: false }), [relu])
  const flat = g.apply1(reshapeOp(pool, { shape: [rows, 200] }), [pool])
  const plain = { alpha: 1, beta: 1, transA: false, transB: false }
  return g.finish([{ name: 'y', tensor: g.apply1(gemmOp(flat, w, undefined, plain), [flat, w]) }])
}

test('a model on whole numbers has the bits of its definition, launched and replayed', async () => {
  const graph = vision()
  const program = programOf(graph)
  const [[input], [output]] = [program.inputs, program.outputs]
  const driver = testedCuda === 'cuda' ? undefined : await loadFakeDriver(await buildFakeLibcuda())
  driver?.reset()
  const device = await openTestedCuda()
  const session = await createSession({ ...compile(graph, { backend: cuda(), device }), device })
  for (const rows of [5, 1, 5, 1, 5, 1]) {
    const data = Float32Array.from({ length: rows * 300 }, (_, i) => ((i * 13 + rows) % 17) - 8)
    const given = new Map([
      [input!.buffer, data],
      ...[...program.constants].flatMap(([buffer, { data: values }]) =>
        values instanceof Float32Array ? [[buffer, values] as const] : [],
      ),
    ])
    const expected = evaluate(program, given, { rows }).get(output!.buffer)!
    const { outputs } = await session.run({ x: { dtype: 'f32', shape: [rows, 3, 10, 10], data } })
    expect(outputs.y?.data).toEqual(expected)
  }
  if (driver !== undefined) expect(driver.calls('cuGraphLaunch')).toBe(4)
  session.dispose()
  device.dispose()
  if (driver !== undefined) expect([driver.live(), driver.abandoned()]).toEqual([0, 0])
})
