import { expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { makeDevice, wgsl, wgslTarget } from './index.js'
import { openNode } from './webgpu/node.js'

test('the backend is frozen data, with the minima of WebGPU', () => {
  const backend = wgsl()
  expect(Object.isFrozen(backend)).toBe(true)
  expect(backend.meta).toEqual({ name: 'wgsl', version: manifest.version, api: 1 })
  expect(backend.target).toBe(wgslTarget)
})

test('the passes run in this order', () => {
  const names = wgsl().pipeline(wgslTarget)
  expect(names.map(({ name }) => name)).toMatchInlineSnapshot(`
    [
      "flatten-indices",
      "lower-async-copies",
      "lower-task-mapping",
      "flatten-indices",
      "simplify",
      "unroll-loops",
      "simplify",
      "scalarize-private",
      "merge-guards",
      "vectorize-accesses",
      "simplify",
      "fold-launch",
      "hoist-invariants",
      "reduce-strength",
      "lower-approximations",
    ]
  `)
})

test.each([undefined, {}, Promise.resolve()])('%o is no GPUDevice to make a device of', (given) => {
  expect(() => Reflect.apply(makeDevice, undefined, [given])).toThrow(
    expect.objectContaining({ code: 'device/no-webgpu', help: expect.any(String) }),
  )
})

test('an option that devices do not have is refused before any is opened', async () => {
  const asked = { code: 'device/option', help: 'write software: its options are software' }
  await expect(Reflect.apply(openNode, undefined, [{ softwre: true }])).rejects.toMatchObject(asked)
})
