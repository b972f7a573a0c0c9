import type { Device } from '@tilewright/backend'
import { openNode } from '@tilewright/backend-wgsl/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { baselineForms, baselineKernel } from './baselines.js'
import { openMatmul } from './matmul-workload.js'

let device: Device
beforeAll(async () => {
  device = await openNode({ software: true })
})
afterAll(() => device.dispose())

const whole = [
  { m: 64, n: 64, k: 64 },
  { m: 128, n: 64, k: 8 },
]
const odd = [
  { m: 61, n: 61, k: 61 },
  { m: 3, n: 130, k: 7 },
  { m: 67, n: 5, k: 1021 },
]

describe.each(baselineForms)('%s', (form) => {
  test('multiplies', async () => {
    for (const size of form.endsWith('scalar') ? odd : whole) {
      const workload = openMatmul(device, size)
      const prepared = await workload.prepare(await baselineKernel(form, size))
      expect(await prepared.error(), JSON.stringify(size)).toBeLessThan(1e-5)
      expect(await prepared.run()).toBeGreaterThan(0)
      workload.dispose()
    }
  })

  test('refuses sizes that it cannot do', async () => {
    await expect(baselineKernel(form, { m: 64, n: 64, k: 0 })).rejects.toMatchObject({ code: 'bench/size' })
    if (form.endsWith('scalar')) return
    await expect(baselineKernel(form, { m: 64, n: 61, k: 64 })).rejects.toMatchObject({ code: 'bench/size' })
  })
})

test('a wrong kernel shows in the error', async () => {
  const size = { m: 64, n: 64, k: 64 }
  const workload = openMatmul(device, size)
  const right = await baselineKernel('register', size)
  const skipping = right.kernel.source.replace('var k4 = 0u', 'var k4 = 1u')
  const lastRow = right.kernel.source.replace('c[out + 7u * N4 + 1u] =', '_ =')
  expect(skipping).not.toBe(right.kernel.source)
  expect(lastRow).not.toBe(right.kernel.source)
  const errorOf = async (source: string): Promise<number> => {
    const prepared = await workload.prepare({ ...right, kernel: { ...right.kernel, source } })
    return prepared.error()
  }
  expect(await errorOf(skipping)).toBeGreaterThan(0.01)
  expect(await errorOf(lastRow)).toBeNaN()
  workload.dispose()
})
