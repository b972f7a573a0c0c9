import { cpu } from '@tilewright/backend-cpu'
import { wgsl } from '@tilewright/backend-wgsl'
import { compile } from '@tilewright/compiler'
import { defined, UnsupportedError } from '@tilewright/ir'
import { importModel } from '@tilewright/onnx'
import { describe, expect, test } from 'vitest'
import { tilewrightOn } from '../contestants/tilewright.js'
import { benchCases, chooseCases } from './index.js'
import { kernelCases } from './kernel-cases.js'

/** The graph, or which operators are missing for it: such a case is reported as missing. */
function importOrGap(model: Uint8Array): ReturnType<typeof importModel> | string {
  try {
    return importModel(model)
  } catch (error) {
    if (error instanceof UnsupportedError) return error.gaps.map(({ what }) => what).join(', ')
    throw error
  }
}

describe.each(kernelCases)('$name', ({ load }) => {
  test('imports and compiles', ({ skip }) => {
    const { model, inputs } = load()
    const graph = importOrGap(model)
    if (typeof graph === 'string') return skip(graph)
    expect(graph.inputs.map(({ name, shape }) => [name, shape])).toEqual(
      Object.entries(inputs).map(([name, { shape }]) => [name, shape]),
    )
    const { plan } = compile(graph, { backend: wgsl() })
    expect(plan.kernels.length).toBeGreaterThan(0)
  })
})

test('a case computes what it says', async () => {
  const backend = cpu()
  const device = await backend.open()
  const [row] = chooseCases(['matmul-row'])
  const workload = defined(row, 'the case is there').load()
  const outputs = await (await tilewrightOn(backend, device).prepare(workload))()
  const { computation, inputs } = workload
  const weight = computation?.kind === 'matmul' ? computation.weight.data : new Float32Array()
  const x = inputs.x?.data ?? new Float32Array()
  const exact = x.reduce((sum, value, k) => sum + value * (weight[k * 4096 + 4095] ?? Number.NaN), 0)
  expect(outputs.y?.shape).toEqual([1, 4096])
  expect(outputs.y?.data[4095]).toBeCloseTo(exact, 3)
  device.dispose()
})

describe('chooseCases', () => {
  test('takes names and groups, and keeps the order of the list', () => {
    const names = (chosen: readonly string[]): readonly string[] => chooseCases(chosen).map(({ name }) => name)
    expect(names([])).toEqual([])
    expect(names(['softmax-1024', 'matmul-512', 'matmul-512'])).toEqual(['matmul-512', 'softmax-1024'])
    expect(names(['kernels', 'models'])).toEqual(benchCases.map(({ name }) => name))
  })

  test('refuses a name that there is not', () => {
    expect(() => chooseCases(['matmul-513'])).toThrowError(expect.objectContaining({ code: 'bench/case' }))
  })
})

test('names are unique', () => {
  expect(new Set(benchCases.map(({ name }) => name)).size).toBe(benchCases.length)
})
