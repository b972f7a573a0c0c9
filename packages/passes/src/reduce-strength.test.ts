import { buildKernel, type Kernel, printKernel } from '@tilewright/ir'
import { arbitraryKernel, propertyRuns, runGenerated } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { flattenIndices } from './flatten-indices.js'
import { lowerTaskMapping } from './lower-task-mapping.js'
import { reduceStrength } from './reduce-strength.js'
import { runPipeline } from './run-pipeline.js'

const lowered = (kernel: Kernel): Kernel => runPipeline(kernel, [lowerTaskMapping, flattenIndices])

test('divisions of what is not negative become shifts and masks', () => {
  const kernel = buildKernel({ name: 'k', threads: 64, workgroups: [1, 1, 1] }, (g) => {
    const x = g.param('x', 'i32', [64])
    g.loop('i', 4, (i) => x.set([g.thread.div(8).mul(8).add(i.mod(2))], g.thread.div(6)))
  })
  expect(printKernel(reduceStrength.run(lowered(kernel)))).toMatchInlineSnapshot(`
    "kernel k(x: i32[64]) threads 64 workgroups [1, 1, 1] {
      for i in 0..4 {
        x[(thread >> 3) * 8 + (i & 1)] = thread / 6
      }
    }"
  `)
})

test('leaves alone what may be negative, other divisors, and floats', () => {
  const kernel = buildKernel({ name: 'k', threads: 64, workgroups: [1, 1, 1] }, (g) => {
    const x = g.param('x', 'i32', [64])
    const y = g.param('y', 'f32', [64])
    x.set([g.thread], x.at(g.thread).div(8).add(g.thread.sub(3).mod(4)).add(g.thread.mod(6)))
    y.set([g.thread], y.at(g.thread).div(2))
  })
  const before = lowered(kernel)
  expect(reduceStrength.run(before)).toBe(before)
})

test('keeps what a kernel computes', () => {
  fc.assert(
    fc.property(arbitraryKernel(), (generated) => {
      const after = runPipeline(generated.kernel, [lowerTaskMapping, flattenIndices, reduceStrength], {
        validate: 'every-pass',
      })
      expect(runGenerated(generated, after)).toEqual(runGenerated(generated))
    }),
    { numRuns: propertyRuns() },
  )
}, 120_000)
