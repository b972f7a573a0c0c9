import { assertValid, type Kernel, type Pass } from '@tilewright/ir'
import { arbitraryKernel, deepFreeze, propertyRuns, runGenerated } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { flattenIndices } from './flatten-indices.js'
import { foldLaunch } from './fold-launch.js'
import { hoistInvariants } from './hoist-invariants.js'
import { lowerTaskMapping } from './lower-task-mapping.js'
import { mergeGuards } from './merge-guards.js'
import { runPipeline } from './run-pipeline.js'
import { scalarizePrivate } from './scalarize-private.js'
import { simplify } from './simplify.js'
import { unrollLoops } from './unroll-loops.js'
import { vectorizeAccesses } from './vectorize-accesses.js'

const vectors = [mergeGuards({ lanes: 4 }), vectorizeAccesses({ lanes: 4 })]

/** Where `simplify` has run, a second run of the last pass must change nothing. */
const pipelines: Readonly<Record<string, readonly Pass[]>> = {
  simplify: [simplify],
  'hoist-invariants': [lowerTaskMapping, flattenIndices, hoistInvariants],
  'hoist-invariants, then simplify': [lowerTaskMapping, simplify, hoistInvariants, simplify],
  'all passes': [
    lowerTaskMapping,
    flattenIndices,
    simplify,
    unrollLoops(),
    simplify,
    scalarizePrivate,
    ...vectors,
    simplify,
    foldLaunch({ workgroupsPerDimension: 100 }),
    hoistInvariants,
  ],
}

test.each(Object.entries(pipelines))('%s: the simulator gives the same before and after', (_, passes) => {
  fc.assert(
    fc.property(arbitraryKernel(), (generated) => {
      const checked = passes.map((pass): Pass => ({ ...pass, run: (kernel) => valid(pass.run(kernel), pass.name) }))
      const after = runPipeline(deepFreeze(generated.kernel), checked)
      expect(runGenerated(generated, after)).toEqual(runGenerated(generated))
      if (passes.includes(simplify)) expect(passes.at(-1)?.run(after)).toBe(after)
    }),
    { numRuns: propertyRuns() },
  )
})

function valid(kernel: Kernel, pass: string): Kernel {
  assertValid(kernel, { pass })
  return kernel
}
