import { thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { CompileError, formatError } from './errors.js'
import { type Kernel, kernel } from './kernel.js'
import { definePass, type Pass } from './pass.js'
import { barrier, seq } from './stmt.js'

const made = kernel({ name: 'k', params: [], threads: 64, workgroups: [1, 1, 1], body: barrier() })
const same = (of: Kernel): Kernel => of

test('a pass that changes nothing gives back the same object', () => {
  expect(definePass('nothing', {}, same).run(made)).toBe(made)
})

test('what a pass establishes is added once', () => {
  const lower = definePass('lower-task-mapping', { establishes: ['no-for-task'] }, (of) => ({ ...of, body: seq([]) }))
  const lowered = lower.run(made)
  expect(lowered.properties).toEqual(['no-for-task'])
  expect(made.properties).toEqual([])
  const again = definePass('again', { establishes: ['no-for-task'] }, same)
  expect(again.run(lowered)).toBe(lowered)
  expect(definePass('flatten', { establishes: ['flat-indices'] }, same).run(lowered).properties).toEqual([
    'no-for-task',
    'flat-indices',
  ])
})

test('a pass refuses a kernel that lacks what it needs', () => {
  const flatten = definePass('flatten-indices', { requires: ['no-for-task', 'folded-launch'] }, same)
  expect(flatten).toMatchObject({
    name: 'flatten-indices',
    requires: ['no-for-task', 'folded-launch'],
    establishes: [],
  })
  const error = thrownBy(() => flatten.run({ ...made, properties: ['no-for-task'] }))
  expect(error).toBeInstanceOf(CompileError)
  expect(formatError(error)).toMatchInlineSnapshot(`
    "error[ir/pass-order]: pass "flatten-indices" needs what no pass before it has established: folded-launch
      at    kernel "k"
      help  put it behind the passes that do: the common ones are in loweringPasses(target)"
  `)
})

test('what is no pass is refused', () => {
  const define = (...given: readonly unknown[]): unknown => thrownBy(() => Reflect.apply(definePass, undefined, given))
  expect(define(undefined, {}, same)).toMatchObject({ code: 'ir/argument' })
  expect(define('x', same)).toMatchObject({
    code: 'ir/argument',
    message: 'what pass "x" does is a function, behind its facts, not undefined',
    help: "write definePass('my-pass', { requires: ['flat-indices'] }, (kernel) => kernel)",
  })
  expect(define('x', 3, same)).toMatchObject({ code: 'ir/option', message: 'the options of definePass are 3' })
  expect(define('x', { require: [] }, same)).toMatchObject({
    code: 'ir/option',
    message: 'definePass has no option "require"',
    help: 'write requires: its options are requires, establishes',
  })
  expect(define('x', { requires: 'flat-indices' }, same)).toMatchObject({
    code: 'ir/argument',
    message: 'what pass "x" requires is an array, not the text "flat-indices"',
  })
})

test('a pass that gives no kernel is named', () => {
  const nothing: Pass = Reflect.apply(definePass, undefined, ['nothing', {}, () => undefined])
  expect(thrownBy(() => nothing.run(made))).toMatchObject({
    name: 'CompileError',
    code: 'ir/pass-result',
    message: 'what pass "nothing" gives is a kernel, not undefined',
  })
})
