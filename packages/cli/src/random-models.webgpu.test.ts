/** Random ONNX models on WebGPU, against evaluation by definition. */
import { arbitraryModel, propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compiledIsRight } from './fixtures/compare-model.js'
import { openDevice } from './open-device.js'

/** 25 in CI: pipelines compile slowly in software. */
const runs = Math.ceil(propertyRuns() / 20)

test(`${runs} random models: compiled for WebGPU, they compute what their definitions say`, async () => {
  const opened = await openDevice('webgpu')
  const property = fc.asyncProperty(arbitraryModel(), async (model) => {
    expect(await compiledIsRight(model, opened)).toEqual([])
  })
  await fc.assert(property, { numRuns: runs })
  opened.device.dispose()
})
