import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type NodeGpu, openNullGpu, validateWgsl } from './webgpu/node.js'

let gpu: NodeGpu
beforeAll(async () => {
  gpu = await openNullGpu()
})
afterAll(() => gpu.dispose())

const goldens = join(import.meta.dirname, '../goldens')

test.each(readdirSync(goldens))('%s is valid', async (name) => {
  expect(await validateWgsl(gpu, readFileSync(join(goldens, name), 'utf8'), 'main')).toEqual([])
})

test('what is not valid is told', async () => {
  expect(await validateWgsl(gpu, '@compute @workgroup_size(1) fn main() { let for = 1; }', 'main')).toMatchObject([
    { severity: 'error', line: 1 },
  ])
})
