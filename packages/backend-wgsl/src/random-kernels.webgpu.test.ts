import type { Device } from '@tilewright/backend'
import { runPipeline } from '@tilewright/passes'
import { arbitraryKernel, type GeneratedKernel, propertyRuns, runGenerated, runOnDevice } from '@tilewright/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { wgslPipeline } from './pipeline.js'
import { emitWgsl } from './print-wgsl.js'
import { openNode } from './webgpu/node.js'

let device: Device
beforeAll(async () => {
  device = await openNode({ software: true })
})
afterAll(() => device.dispose())

/** Kernels that one case runs together: their pipelines are compiled side by side. */
const batch = 10
const cases = Math.min(30, Math.ceil(propertyRuns() / batch))

async function onDevice(generated: GeneratedKernel): Promise<readonly ArrayLike<number>[]> {
  const lowered = runPipeline(generated.kernel, wgslPipeline(device.target))
  const { contents, sizes } = generated
  return runOnDevice(device, emitWgsl(lowered), { params: lowered.params, contents, sizes })
}

/** WGSL does not promise the sign of a zero. */
const unsignedZeros = (arrays: readonly ArrayLike<number>[]): readonly (readonly number[])[] =>
  arrays.map((array) => Array.from(array, (value) => (value === 0 ? 0 : value)))

test(`${cases * batch} random kernels give the bits of the simulator`, { timeout: 240_000 }, async () => {
  const kernels = fc.array(arbitraryKernel(), { minLength: batch, maxLength: batch })
  const agree = async (generated: readonly GeneratedKernel[]): Promise<void> => {
    const results = await Promise.all(generated.map(onDevice))
    expect(results.map(unsignedZeros)).toEqual(generated.map((one) => unsignedZeros(runGenerated(one))))
  }
  // What takes too long fails, with the smallest kernels found so far.
  const limits = { interruptAfterTimeLimit: 200_000, markInterruptAsFailure: true }
  await fc.assert(fc.asyncProperty(kernels, agree), { numRuns: cases, ...limits })
})
