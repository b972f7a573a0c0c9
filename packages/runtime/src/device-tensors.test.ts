import { cpu } from '@tilewright/backend-cpu'
import { compile } from '@tilewright/compiler'
import { addOp, buildGraph, type Graph, mulOp } from '@tilewright/graph'
import { size } from '@tilewright/ir'
import { countingDevice } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { createSession, type DeviceTensor, type InputTensor } from './index.js'

const n = size('n', { max: 64 })

/** next = state + x, of int64; doubled = 2·next. */
function accumulate(): Graph {
  const g = buildGraph('accumulate')
  const state = g.input('state', { dtype: 'i64', shape: [n] })
  const x = g.input('x', { dtype: 'i64', shape: [n] })
  const two = g.constant('two', { dtype: 'i64', shape: [], data: BigInt64Array.of(2n) })
  const next = g.apply1(addOp(state, x), [state, x])
  const doubled = g.apply1(mulOp(next, two), [next, two])
  return g.finish([
    { name: 'next', tensor: next },
    { name: 'doubled', tensor: doubled },
  ])
}

async function open() {
  const counted = countingDevice(await cpu().open())
  const { device } = counted
  const session = await createSession({ ...compile(accumulate(), { backend: cpu(), device }), device })
  return { session, counted }
}
const host = (...values: number[]): InputTensor => ({
  dtype: 'i64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
})

describe('tensors on the device', () => {
  test('a state goes from run to run, and the session holds none of it', async () => {
    const { session, counted } = await open()
    let state: InputTensor = host(1, 2, 3)
    let held = 0
    for (const expected of [
      [22, 44, 66],
      [42, 84, 126],
      [62, 124, 186],
    ]) {
      const before = state
      const { outputs, deviceOutputs } = await session.run({ state, x: host(10, 20, 30) }, { onDevice: ['next'] })
      expect(Object.keys(outputs)).toEqual(['doubled'])
      expect(outputs.doubled!.data).toEqual(BigInt64Array.from(expected, BigInt))
      state = deviceOutputs.next!
      if ('buffer' in before) {
        before.buffer.destroy()
        expect(counted.buffers()).toBe(held)
      } else held = counted.buffers()
    }
    // As the device holds it: int64 in 32 bits.
    const { dtype, shape, buffer } = state as DeviceTensor
    expect([dtype, shape]).toEqual(['i64', [3]])
    expect(new Int32Array((await counted.device.read(buffer, 12)).buffer)).toEqual(Int32Array.of(31, 62, 93))
    session.dispose()
    expect(counted.buffers()).toBe(1)
    buffer.destroy()
    expect(counted.bytes()).toBe(0)
  })

  test('runs in a queue take them too; every run gives buffers of its own', async () => {
    const { session } = await open()
    const { deviceOutputs } = await session.run({ state: host(1), x: host(1) }, { onDevice: ['next', 'doubled'] })
    const state = deviceOutputs.next!
    const runs = await Promise.all(
      [1, 2, 3].map((by) => session.run({ state, x: host(by) }, { onDevice: ['doubled'] })),
    )
    expect(runs.map(({ outputs }) => outputs.next!.data)).toEqual([3n, 4n, 5n].map((value) => BigInt64Array.of(value)))
    expect(new Set(runs.map((run) => run.deviceOutputs.doubled!.buffer)).size).toBe(3)
  })

  test('those that do not fit are refused, and nothing stays behind', async () => {
    const { session, counted } = await open()
    const { deviceOutputs } = await session.run({ state: host(1), x: host(1) }, { onDevice: ['next'] })
    const state = deviceOutputs.next!
    const held = counted.buffers()
    const refusal = async (tensor: InputTensor, onDevice: readonly string[] = ['next']): Promise<string> => {
      const x = host(...Array.from({ length: tensor.shape[0]! }, () => 0))
      return session.run({ state: tensor, x }, { onDevice }).then(
        () => 'no error',
        ({ code, message }) => `${code}: ${message}`,
      )
    }
    expect(await refusal({ ...state, shape: [5] })).toMatchInlineSnapshot(
      `"run/input-data: the buffer of input "state" has 16 bytes; shape [5] takes 32 on the device"`,
    )
    expect(await refusal({ ...state, dtype: 'i32' })).toMatchInlineSnapshot(
      `"run/input-dtype: input "state" is i32, expected i64"`,
    )
    expect(await refusal(state, ['other'])).toMatchInlineSnapshot(`"run/output-name: the model has no output "other""`)
    state.buffer.destroy()
    expect(await refusal(state)).not.toBe('no error')
    expect(counted.buffers()).toBe(held - 1)
  })
})
