import { thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { formatError, InternalError } from './errors.js'
import { type Kernel, kernel } from './kernel.js'
import { definePass } from './pass.js'
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
  expect(error).toBeInstanceOf(InternalError)
  expect(formatError(error)).toMatchInlineSnapshot(`
    "error[internal/invariant]: pass flatten-indices needs folded-launch
      at    k
      help  this is a bug in Tilewright: please report it with the model or kernel"
  `)
})
