import type { DeviceBuffer } from '@tilewright/backend'
import type { Plan } from '@tilewright/backend/plan'
import { cpu } from '@tilewright/backend-cpu'
import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ConstantSource, uploadConstants } from './upload-constants.js'

const plan = (constants: Plan['constants']): Plan => ({
  version: 4,
  backend: 'b',
  name: 'p',
  target: 't',
  inputs: [],
  outputs: [],
  equalSizes: [],
  buffers: [],
  constants,
  kernels: [],
  prepare: [],
  steps: [],
})

/** What the buffers hold after an upload, in the order of the constants. */
async function upload(constants: Plan['constants'], source: ConstantSource): Promise<readonly Uint8Array[]> {
  const device = await cpu().open()
  const buffers = new Map<number, DeviceBuffer>()
  for (const { buffer, bytes } of constants) buffers.set(buffer, device.createBuffer(bytes))
  await uploadConstants(plan(constants), source, device, buffers)
  return Promise.all(constants.map(({ buffer, bytes }) => device.read(buffers.get(buffer)!, bytes)))
}

async function* stream(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (const length of [...lengths, bytes.length]) {
    yield bytes.slice(at, at + length)
    at = Math.min(bytes.length, at + length)
  }
}

test('a stream of any chunks gives what the bytes in one piece do', async () => {
  const sizes = fc.array(fc.record({ gap: fc.nat(9), bytes: fc.nat(23) }), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(sizes, fc.array(fc.nat(11)), async (parts, lengths) => {
      let end = 0
      const constants = parts.map(({ gap, bytes }, buffer) => {
        const offset = end + gap
        end = offset + bytes
        return { buffer, offset, bytes }
      })
      const all = Uint8Array.from({ length: end }, (_, i) => i + 1)
      const expected = constants.map(({ offset, bytes }) => all.slice(offset, offset + bytes))
      // In any order in the plan.
      expect(await upload(constants.toReversed(), all)).toEqual(expected.toReversed())
      expect(await upload(constants, async () => all)).toEqual(expected)
      expect(await upload(constants, async () => all.buffer)).toEqual(expected)
      expect(await upload(constants, all.buffer)).toEqual(expected)
      expect(await upload(constants, () => stream(all, lengths))).toEqual(expected)
    }),
    { numRuns: propertyRuns() },
  )
})

test('a source that ends too soon or too late, fails, or constants that overlap, are refused', async () => {
  const constants = [
    { buffer: 0, offset: 0, bytes: 8 },
    { buffer: 1, offset: 16, bytes: 4 },
  ]
  await expect(upload(constants, () => stream(new Uint8Array(18), [5]))).rejects.toMatchObject({
    code: 'plan/constants',
    message: 'the constants have 18 bytes; plan "p" needs 20',
  })
  await expect(upload(constants, new Uint8Array(21))).rejects.toMatchObject({
    code: 'plan/constants',
    message: 'the constants have 21 or more bytes; plan "p" needs 20',
  })
  await expect(upload(constants, () => stream(new Uint8Array(24), [20]))).rejects.toMatchObject({
    code: 'plan/constants',
  })
  const failing = async (): Promise<Uint8Array> => Promise.reject(new RangeError('no such file'))
  await expect(upload(constants, failing)).rejects.toThrow('no such file')
  const overlapping = [...constants, { buffer: 2, offset: 4, bytes: 4 }]
  await expect(upload(overlapping, new Uint8Array(20))).rejects.toMatchObject({ code: 'plan/constants' })
})

test('what is no bytes is refused', async () => {
  const constants = [{ buffer: 0, offset: 0, bytes: 8 }]
  const untyped: Uint8Array = JSON.parse('[1, 2]')
  await expect(upload(constants, untyped)).rejects.toMatchObject({
    code: 'plan/constants',
    message: 'the constants are no bytes',
  })
})
