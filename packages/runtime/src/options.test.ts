import { cpu } from '@tilewright/backend-cpu'
import { compile } from '@tilewright/compiler'
import { addOp, buildGraph } from '@tilewright/graph'
import { expect, test } from 'vitest'
import { createSession, type Session } from './index.js'

const g = buildGraph('double')
const x = g.input('x', { dtype: 'f32', shape: [1] })
const compiled = compile(g.finish([{ name: 'y', tensor: g.apply1(addOp(x, x), [x, x]) }]), { backend: cpu() })

const inputs = { x: { dtype: 'f32', shape: [1], data: Float32Array.of(2) } }
const make = (options: object): Promise<Session> => Reflect.apply(createSession, undefined, [options])

test('a session takes a whole compiled model, and knows its own options', async () => {
  const device = await cpu().open()
  await expect(make({ ...compiled, device })).resolves.toBeDefined()
  await expect(make({ ...compiled, devise: device })).rejects.toMatchObject({
    code: 'run/option',
    message: 'createSession has no option "devise"',
    help: 'write device: its options are plan, constants, device',
  })
})

test.each([
  [{ ondevice: ['y'] }, 'run has no option "ondevice"', 'write onDevice: its options are onDevice, signal'],
  [null, 'the options of run are null', 'pass a plain object with any of onDevice, signal'],
  [['y'], 'the options of run are an Array', 'pass a plain object with any of onDevice, signal'],
  [{ onDevice: 'y' }, 'onDevice is an array of names of outputs, not the text "y"', "pass onDevice: ['y']"],
  [
    { signal: new AbortController() },
    'the signal of a run is an AbortSignal, not an AbortController',
    'pass signal: controller.signal',
  ],
])('a run does not take %j', async (options, message, help) => {
  const session = await make({ ...compiled, device: await cpu().open() })
  const run = Reflect.apply(session.run, undefined, [inputs, options])
  await expect(run).rejects.toMatchObject({ code: 'run/option', message, help })
})

test('an input that is still a promise is refused', async () => {
  const session = await make({ ...compiled, device: await cpu().open() })
  const run = Reflect.apply(session.run, undefined, [{ x: Promise.resolve(inputs.x) }])
  await expect(run).rejects.toMatchObject({
    code: 'run/input-data',
    message: 'input "x" is no tensor: it is a Promise, which is to be awaited',
  })
})
