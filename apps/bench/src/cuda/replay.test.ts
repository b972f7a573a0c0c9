import { cpu } from '@tilewright/backend-cpu'
import { compile } from '@tilewright/compiler'
import { importModel } from '@tilewright/onnx'
import { createSession } from '@tilewright/runtime'
import { countingDevice } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { cudaCases } from './cases.js'
import { recordedDevice, replayTimer } from './replay.js'
import { workloadOf } from './workload.js'

test('the launches of a run are submitted again, and take some time', async () => {
  const counted = countingDevice(await cpu().open())
  const recorded = recordedDevice(counted.device)
  const workload = workloadOf(cudaCases('tiny', [])[0]!.computation)
  const { plan, constants } = compile(importModel(workload.model), { backend: cpu(), device: recorded.device })
  const session = await createSession({ plan, constants, device: recorded.device })
  const { stats } = await session.run(workload.inputs)
  expect(recorded.launches()).toBe(stats.dispatches)
  const before = counted.launches()
  recorded.replay(3)
  expect(counted.launches() - before).toBe(3 * stats.dispatches)
  const measure = await replayTimer(recorded, 1)
  const { wallMs, deviceMs } = await measure()
  expect(wallMs).toBeGreaterThan(0)
  expect(deviceMs).toBeGreaterThan(0)
})
