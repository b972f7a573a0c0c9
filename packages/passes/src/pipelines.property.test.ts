import { type Kernel, walkStmts } from '@tilewright/ir'
import { arbitraryKernel, propertyRuns, runGenerated, testTarget } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loweringPasses } from './pipelines.js'
import { runPipeline } from './run-pipeline.js'

/** Many kernels are simulated where CI asks for many runs. */
const timeout = 120_000

describe('the lowering passes', () => {
  test.each([4, 1])('with %i lanes keep what a kernel computes, bit by bit', { timeout }, (vectorLanes) => {
    const limits = { ...testTarget.limits, workgroupsPerDimension: 100 }
    const passes = loweringPasses({ vectorLanes, limits })
    fc.assert(
      fc.property(arbitraryKernel(), (generated) => {
        const lowered = runPipeline(generated.kernel, passes, { validate: 'every-pass' })
        expect(runGenerated(generated, lowered)).toEqual(runGenerated(generated))
        expect(lowered.properties).toEqual(['no-for-task', 'flat-indices', 'folded-launch'])
        if (vectorLanes === 1) expect(hasVectors(lowered)).toBe(false)
      }),
      { numRuns: propertyRuns() },
    )
  })
})

function hasVectors(kernel: Kernel): boolean {
  let found = false
  walkStmts(kernel.body, (stmt) => {
    found ||= stmt.kind === 'load-vector' || stmt.kind === 'store-vector'
  })
  return found
}
