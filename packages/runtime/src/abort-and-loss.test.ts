import type { Device } from '@tilewright/backend'
import { cpu } from '@tilewright/backend-cpu'
import { compile } from '@tilewright/compiler'
import { buildGraph, type Graph, mulOp } from '@tilewright/graph'
import { countingDevice } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { createSession, type HostTensor } from './index.js'

/** y = 2·2·x, the 4 of which is made of constants. */
function quadruple(): Graph {
  const g = buildGraph('quadruple')
  const x = g.input('x', { dtype: 'f32', shape: [2] })
  const two = g.constant('two', { dtype: 'f32', shape: [], data: Float32Array.of(2) })
  const four = g.apply1(mulOp(two, two), [two, two])
  return g.finish([{ name: 'y', tensor: g.apply1(mulOp(x, four), [x, four]) }])
}
const compiled = compile(quadruple(), { backend: cpu() })
const x = (...values: number[]): Record<string, HostTensor> => ({
  x: { dtype: 'f32', shape: [2], data: Float32Array.from(values) },
})
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    ({ code }) => code,
  )

describe('abort', () => {
  test('before, in the queue, and during a run; the runs around it are none the worse', async () => {
    const { device, launches, buffers } = countingDevice(await cpu().open())
    const session = await createSession({ ...compiled, device })
    const before = launches()
    await expect(session.run(x(1, 2), { signal: AbortSignal.abort('no need') })).rejects.toMatchObject({
      code: 'run/aborted',
      message: 'the run was aborted: no need',
    })
    expect(launches()).toBe(before)
    const [during, queued] = [new AbortController(), new AbortController()]
    const runs = [
      codeOf(session.run(x(1, 2), { signal: during.signal, onDevice: ['y'] })),
      codeOf(session.run(x(3, 4), { signal: queued.signal })),
      session.run(x(5, 6)).then(({ outputs }) => outputs.y!.data),
    ]
    during.abort()
    queued.abort()
    expect(await Promise.all(runs)).toEqual(['run/aborted', 'run/aborted', Float32Array.of(20, 24)])
    // The first and the last; the one in the queue never began.
    expect(launches()).toBe(before + 2)
    session.dispose()
    expect(buffers()).toBe(0)
  })

  test('after the run it does nothing', async () => {
    const session = await createSession({ ...compiled, device: await cpu().open() })
    const controller = new AbortController()
    const { outputs } = await session.run(x(1, 2), { signal: controller.signal })
    controller.abort()
    expect(outputs.y!.data).toEqual(Float32Array.of(4, 8))
  })
})

describe('a session that opens its device', () => {
  /** Devices that are lost by being disposed of. */
  function opener() {
    const opened: Device[] = []
    return {
      opened,
      device: async (): Promise<Device> => {
        const device = await cpu().open()
        opened.push(device)
        return device
      },
    }
  }

  test('opens another one after a loss, and prepares everything anew', async () => {
    const { opened, device } = opener()
    let uploads = 0
    const constants = (): AsyncIterable<Uint8Array> => {
      uploads += 1
      return compiled.constants()
    }
    const session = await createSession({ plan: compiled.plan, constants, device })
    expect((await session.run(x(1, 2))).outputs.y!.data).toEqual(Float32Array.of(4, 8))
    opened[0]!.dispose()
    const [lost, next] = [codeOf(session.run(x(1, 2))), session.run(x(3, 4))]
    expect(await lost).toBe('device/lost')
    expect((await next).outputs.y!.data).toEqual(Float32Array.of(12, 16))
    expect([opened.length, uploads]).toEqual([2, 2])
    session.dispose()
    expect(() => opened[1]!.begin()).toThrow('the device is lost: it was disposed of')
  })

  test('fails as long as there is no device, and disposes of one that cannot be loaded', async () => {
    const { opened, device } = opener()
    let isThere = true
    const session = await createSession({
      ...compiled,
      device: () => (isThere ? device() : Promise.reject(new RangeError('unplugged'))),
    })
    isThere = false
    opened[0]!.dispose()
    expect(await codeOf(session.run(x(1, 2)))).toBe('device/lost')
    await expect(session.run(x(1, 2))).rejects.toThrow('unplugged')
    isThere = true
    expect((await session.run(x(1, 2))).outputs.y!.data).toEqual(Float32Array.of(4, 8))
    const short = createSession({ plan: compiled.plan, constants: new Uint8Array(), device })
    expect(await codeOf(short)).toBe('plan/constants')
    expect(() => opened[2]!.begin()).toThrow('the device is lost: it was disposed of')
  })

  test('a device of the caller is not replaced', async () => {
    const device = await cpu().open()
    const session = await createSession({ ...compiled, device })
    device.dispose()
    for (let run = 0; run < 2; run++) expect(await codeOf(session.run(x(1, 2)))).toBe('device/lost')
  })
})
