/** Ourselves: import, compile and run on one device. */
import type { Backend, Device } from '@tilewright/backend'
import { compile } from '@tilewright/compiler'
import { CompileError } from '@tilewright/ir'
import { importModel } from '@tilewright/onnx'
import { createSession, type HostTensor } from '@tilewright/runtime'
import type { FloatTensor, Tensors } from '../tensors.js'
import type { OpenContestant } from './contestant.js'

/** Runs workloads on a device, which stays the caller's. */
export function tilewrightOn(backend: Backend, device: Device): OpenContestant {
  return {
    prepare: async ({ model, inputs }) => {
      const { plan, constants } = compile(importModel(model), { backend, device })
      const session = await createSession({ plan, constants, device })
      const given = Object.fromEntries(
        Object.entries(inputs).map(([name, tensor]): [string, HostTensor] => [name, { dtype: 'f32', ...tensor }]),
      )
      return async () => floatOutputs((await session.run(given)).outputs)
    },
  }
}

function floatOutputs(outputs: Readonly<Record<string, HostTensor>>): Tensors {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { dtype, shape, data }]): [string, FloatTensor] => {
      if (data instanceof Float32Array) return [name, { shape, data }]
      throw new CompileError({ code: 'bench/output', message: `output "${name}" is ${dtype}, not f32` })
    }),
  )
}
