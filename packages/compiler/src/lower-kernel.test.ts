import { defineBackend } from '@tilewright/backend'
import { wgsl } from '@tilewright/backend-wgsl'
import { buildGraph, reluOp } from '@tilewright/graph'
import { CompileError, definePass, type Pass } from '@tilewright/ir'
import { loweringPasses } from '@tilewright/passes'
import { thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { compile } from './compile.js'

const g = buildGraph('one')
const x = g.input('x', { dtype: 'f32', shape: [8] })
const [tensor = x] = g.apply(reluOp(x), [x])
const graph = g.finish([{ name: 'y', tensor }])
const base = wgsl()

/** What compiling throws with passes that are put in front of those of WGSL, or behind them. */
function fault(place: 'first' | 'last', pass: Pass): CompileError {
  const backend = defineBackend({
    ...base,
    pipeline: (target) => (place === 'first' ? [pass, ...base.pipeline(target)] : [...base.pipeline(target), pass]),
  })
  return thrownBy(() => compile(graph, { backend }))
}

test.each(['first', 'last'] as const)('an own pass, as the %s one, that leaves no kernel is named', (place) => {
  const broken: Pass = Reflect.apply(definePass, undefined, [
    'broken',
    {},
    (given: object) => ({ ...given, body: { kind: 'nope' } }),
  ])
  const error = fault(place, broken)
  expect(error).toBeInstanceOf(CompileError)
  expect(error).toMatchObject({ code: 'ir/pass-result', help: expect.any(String) })
  expect(error.message).toContain('pass "broken" made an invalid kernel')
})

test('an own pass before what it needs is named', () => {
  const early = definePass('early', { requires: ['flat-indices'] }, (kernel) => kernel)
  expect(fault('first', early)).toMatchObject({
    code: 'ir/pass-order',
    message: 'pass "early" needs what no pass before it has established: flat-indices',
    help: expect.stringContaining('loweringPasses'),
  })
  expect(loweringPasses(base.target).some(({ establishes }) => establishes.includes('flat-indices'))).toBe(true)
})
