import type { Kernel, Pass } from '@tilewright/ir'
import { arbitraryKernel, propertyRuns, runGenerated } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { flattenIndices } from './flatten-indices.js'
import { foldLaunch } from './fold-launch.js'
import { lowerTaskMapping } from './lower-task-mapping.js'
import { mergeGuards } from './merge-guards.js'
import { runPipeline } from './run-pipeline.js'
import { scalarizePrivate } from './scalarize-private.js'
import { unrollLoops } from './unroll-loops.js'
import { vectorizeAccesses } from './vectorize-accesses.js'

/** Many kernels are simulated where CI asks for many runs. */
const timeout = 120_000

const chains: Readonly<Record<string, readonly Pass[]>> = {
  'the whole chain, vectors of 4': [
    lowerTaskMapping,
    flattenIndices,
    unrollLoops(),
    scalarizePrivate,
    mergeGuards({ lanes: 4 }),
    vectorizeAccesses({ lanes: 4 }),
    foldLaunch({ workgroupsPerDimension: 100 }),
  ],
  'vectors of 2, registers left in arrays': [
    flattenIndices,
    lowerTaskMapping,
    unrollLoops({ maxStatements: 40 }),
    mergeGuards({ lanes: 2 }),
    vectorizeAccesses({ lanes: 2 }),
    scalarizePrivate,
  ],
  'unrolling first': [unrollLoops(), lowerTaskMapping, unrollLoops(), flattenIndices],
}

describe('the simulator gives the same before and after each pass', () => {
  test.each(Object.entries(chains))('%s', { timeout }, (_, passes) => {
    fc.assert(
      fc.property(arbitraryKernel(), (generated) => {
        const kernels: Kernel[] = []
        runPipeline(generated.kernel, passes, {
          validate: 'every-pass',
          trace: ({ changed, after }) => {
            if (changed) kernels.push(after)
          },
        })
        const expected = runGenerated(generated)
        for (const kernel of kernels) expect(runGenerated(generated, kernel)).toEqual(expected)
      }),
      { numRuns: propertyRuns() },
    )
  })
})
