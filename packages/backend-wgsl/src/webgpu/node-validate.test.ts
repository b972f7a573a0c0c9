import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NodeGpu } from './node-dawn.js'
import { openNullGpu, validateWgsl } from './node-validate.js'

let gpu: NodeGpu
const uncaptured: string[] = []
beforeAll(async () => {
  gpu = await openNullGpu()
  gpu.device.addEventListener('uncapturederror', ({ error }) => uncaptured.push(error.message))
})
afterAll(() => gpu.dispose())

const double = `
@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@compute @workgroup_size(4)
fn main(@builtin(local_invocation_index) i: u32) { x[i] = x[i] * 2.0; }
`

test('has nothing against a good shader', async () => {
  expect(await validateWgsl(gpu, double)).toEqual([])
  expect(await validateWgsl(gpu, double, 'main')).toEqual([])
})

test('names the line and column of an error', async () => {
  expect(await validateWgsl(gpu, double.replace('2.0', '2u'), 'main')).toEqual([
    {
      severity: 'error',
      message: expect.stringContaining('no matching overload'),
      line: 4,
      column: expect.any(Number),
    },
  ])
  expect(uncaptured).toEqual([])
})

test('checks uniformity', async () => {
  const divergent = double.replace('{ x[i]', '{ if (x[i] > 0.0) { workgroupBarrier(); } x[i]')
  const [error] = await validateWgsl(gpu, divergent)
  expect(error).toMatchObject({ severity: 'error', line: 4 })
  expect(error!.message).toContain("'workgroupBarrier' must only be called from uniform control flow")
})

test('checks the entry point and the limits when it is named', async () => {
  expect(await validateWgsl(gpu, double, 'other')).toMatchObject([{ severity: 'error', line: 0 }])
  const huge = `var<workgroup> tile: array<f32, 20000>;\n${double.replace('* 2.0', '* tile[i]')}`
  expect(await validateWgsl(gpu, huge)).toEqual([])
  const [error] = await validateWgsl(gpu, huge, 'main')
  expect(error!.message).toContain('workgroup storage')
  expect(uncaptured).toEqual([])
})

test('knows f16 and subgroups', async () => {
  const source = `enable f16;\nenable subgroups;\n${double.replace('* 2.0', '* f32(subgroupAdd(1.0h))')}`
  expect(await validateWgsl(gpu, source, 'main')).toEqual([])
})
