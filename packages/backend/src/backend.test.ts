import { cpu } from '@tilewright/backend-cpu'
import { cuda } from '@tilewright/backend-cuda'
import { expect, expectTypeOf, test } from 'vitest'
import { type Backend, type backendApi, defineBackend } from './backend.js'
import type { Device } from './device.js'

test('a backend keeps its type: one with a device opens it without a question, one that generates code has none', async () => {
  expectTypeOf(cpu().open).returns.resolves.toEqualTypeOf<Device>()
  expectTypeOf(cuda()).not.toHaveProperty('open')
  expectTypeOf(cuda()).toExtend<Backend>()
  expect('open' in cuda()).toBe(false)
  const device = await cpu().open()
  expect(device.info.backend).toBe('cpu')
  device.dispose()
})

test('a descriptor is frozen, and one for another contract is refused', () => {
  const backend = cpu()
  expect([Object.isFrozen(backend), Object.isFrozen(backend.meta)]).toEqual([true, true])
  // As a package made for a later contract has it: its own types would not allow it here.
  const later = { ...backend, meta: { ...backend.meta, api: 2 as typeof backendApi } }
  expect(() => defineBackend(later)).toThrow(
    expect.objectContaining({ code: 'backend/api', message: 'backend "cpu" implements contract 2, this is 1' }),
  )
})

const own = cpu()

test.each<[what: string, changed: object, message: string]>([
  ['no meta', { meta: undefined }, 'meta of a backend is an object, not undefined'],
  ['an empty meta', { meta: {} }, 'meta.name of a backend is a text, not undefined'],
  ['no contract', { meta: { name: 'mine' } }, 'meta.api of a backend is a number, not undefined'],
  ['no target', { target: undefined }, 'target of a backend is an object, not undefined'],
  ['an empty target', { target: {} }, 'target of a backend has no name'],
  [
    'no limit',
    { target: { ...own.target, limits: { threads: 1 } } },
    'target.limits of a backend has no workgroupBytes',
  ],
  ['no pipeline', { pipeline: [] }, 'pipeline of a backend is a function, not an Array'],
  ['no emit', { emit: 'x' }, 'emit of a backend is a function, not the text "x"'],
  ['no templates', { schedules: {} }, 'schedules of a backend are an array, not an object'],
  ['no open', { open: 1 }, 'open of a backend is a function, not 1'],
  ['a misspelt member', { emitt: 1 }, 'defineBackend has no option "emitt"'],
])('a descriptor with %s is refused by name', (_, changed, message) => {
  expect(() => defineBackend(Object.assign({ ...own }, changed))).toThrow(
    expect.objectContaining({ code: 'backend/descriptor', message, help: expect.any(String) }),
  )
})

test.each([
  [undefined, 'the backend is missing'],
  [null, 'the backend is null'],
  ['wgsl', 'the backend is the text "wgsl"'],
  [cpu, 'the backend is a function, not what it returns'],
  [{}, 'meta of a backend is an object, not undefined'],
  [{ meta: { name: 'mine' } }, 'meta.api of a backend is a number, not undefined'],
])('%o is no backend', (given, message) => {
  expect(() => Reflect.apply(defineBackend, undefined, [given])).toThrow(
    expect.objectContaining({ code: 'backend/descriptor', message, help: expect.any(String) }),
  )
})
