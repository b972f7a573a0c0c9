/** Random ONNX models on the CPU device, against evaluation by definition, and that against onnxruntime. */
import { arbitraryModel, loadOnnxRuntime, propertyRuns, runtimeSkipReason } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compiledIsRight, definitionIsRight } from './fixtures/compare-model.js'
import { openDevice } from './open-device.js'

/** 300 in CI. */
const runs = Math.ceil(0.6 * propertyRuns())

test(`${runs} random models: compiled for the processor, they compute what their definitions say`, {
  timeout: 3_600_000,
}, async () => {
  const opened = await openDevice('cpu')
  const operators = new Set<string>()
  await fc.assert(
    fc.asyncProperty(arbitraryModel(), async (model) => {
      for (const { opType } of model.model.graph.nodes) operators.add(opType)
      expect(await compiledIsRight(model, opened)).toEqual([])
    }),
    { numRuns: runs },
  )
  opened.device.dispose()
  if (runs >= 300) expect(operators.size).toBeGreaterThan(80)
})

const reason = runtimeSkipReason()
if (reason !== undefined) console.log(`comparison with onnxruntime skipped: ${reason}`)

test.skipIf(reason !== undefined)(
  `${runs} random models: the definitions say what onnxruntime computes`,
  { timeout: 3_600_000 },
  async () => {
    const runner = loadOnnxRuntime()
    let refused = 0
    await fc.assert(
      fc.asyncProperty(arbitraryModel(), async (model) => {
        const { mismatches, refusals } = await definitionIsRight(model, runner)
        refused += refusals.length > 0 ? 1 : 0
        expect(mismatches).toEqual([])
      }),
      { numRuns: runs },
    )
    // Dilation with automatic padding, mostly.
    expect(refused).toBeLessThan(Math.max(5, runs / 20))
  },
)
