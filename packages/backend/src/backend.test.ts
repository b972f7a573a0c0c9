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

test.each([[undefined], [{}], [{ meta: { name: 'mine' } }], [cpu]])('%o is no backend', (given) => {
  expect(() => Reflect.apply(defineBackend, undefined, [given])).toThrow(
    expect.objectContaining({ code: 'backend/descriptor' }),
  )
})
