import { cpu } from '@tilewright/backend-cpu'
import { compile } from '@tilewright/compiler'
import { addOp, buildGraph } from '@tilewright/graph'
import { describe, expect, test } from 'vitest'
import { createSession, type HostTensor } from './index.js'

/** y = x + x over four u8. */
async function doubling(change: object = {}) {
  const g = buildGraph('double')
  const x = g.input('x', { dtype: 'u8', shape: [4] })
  const graph = g.finish([{ name: 'y', tensor: g.apply1(addOp(x, x), [x, x]) }])
  const backend = cpu()
  const device = await backend.open()
  const { plan, constants } = compile(graph, { backend, device })
  return createSession({ plan: { ...plan, ...change }, constants, device })
}

test('a plan of another version is refused', async () => {
  await expect(doubling({ version: 99 })).rejects.toMatchObject({
    code: 'plan/version',
    message: 'plan "double" has version 99; this runtime reads version 4',
  })
})

test('a queued run has its own copy of the data, of a Node Buffer too', async () => {
  const session = await doubling()
  const data = Buffer.from([1, 2, 3, 4])
  const first = session.run({ x: { dtype: 'u8', shape: [4], data } })
  const second = session.run({ x: { dtype: 'u8', shape: [4], data } })
  data.fill(77)
  expect((await first).outputs.y?.data).toEqual(Uint8Array.of(2, 4, 6, 8))
  expect((await second).outputs.y?.data).toEqual(Uint8Array.of(2, 4, 6, 8))
})

const data = new Uint8Array(4)
test.each([
  [null, 'it is a value of type object'],
  [7, 'it is a value of type number'],
  [data, 'it is an array without dtype and shape'],
  [{ dtype: 'u8', shape: [4] }, 'its data is no typed array'],
  [{ dtype: 'u8', shape: [4], data: [1, 2, 3, 4] }, 'its data is no typed array'],
  [{ dtype: 'u8', data }, 'its shape is missing'],
  [{ dtype: 'u8', shape: ['4'], data }, 'its shape is no array of numbers'],
])('%j is no tensor: %s', async (given, why) => {
  const session = await doubling()
  // What a caller without types may pass.
  const x = given as unknown as HostTensor
  const message = `input "x" is no tensor: ${why}`
  await expect(session.run({ x })).rejects.toMatchObject({ code: 'run/input-data', message })
})

test.each([undefined, null, 7])('%j is no inputs', async (given) => {
  const session = await doubling()
  await expect(Reflect.apply(session.run, undefined, [given])).rejects.toMatchObject({
    code: 'run/input-data',
    message: `the inputs are ${given}`,
  })
})

describe('a session', () => {
  const g = buildGraph('none')
  const compiled = compile(g.finish([]), { backend: cpu() })

  test('of nothing has no plan', async () => {
    await expect(Reflect.apply(createSession, undefined, [])).rejects.toMatchObject({ code: 'plan/malformed' })
  })

  test.each([
    [undefined, 'the session has no device', 'pass an opened device'],
    [null, 'the device of the session is null', 'pass an opened device'],
    ['webgpu', 'the device of the session is the text "webgpu"', 'pass an opened device'],
    [cpu().open(), 'the device of the session is a Promise', 'await it: { device: await openNode() }'],
  ])('with %o for a device', async (device, message, help) => {
    await expect(Reflect.apply(createSession, undefined, [{ ...compiled, device }])).rejects.toMatchObject({
      code: 'run/device',
      message,
      help: expect.stringContaining(help),
    })
  })
})
