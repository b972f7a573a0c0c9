/** The program of our own process on CUDA: one case after the other, as many measurements as it is asked for (protocol.ts). */
import { createInterface } from 'node:readline'
import { cuda } from '@tilewright/backend-cuda'
import { compile } from '@tilewright/compiler'
import { formatError, invariant, TilewrightError } from '@tilewright/ir'
import { importModel } from '@tilewright/onnx'
import { createSession, type HostTensor } from '@tilewright/runtime'
import { bfloatToNumber, halfToNumber } from '@tilewright/simulator'
import { openCudaDevice } from './open.js'
import { type CudaReply, type CudaRequest, sampleOf } from './protocol.js'
import { type ReplayTimes, recordedDevice, replayMethod, replayTimer } from './replay.js'
import { workloadOf } from './workload.js'

let prepared: { readonly measure: () => Promise<ReplayTimes>; readonly dispose: () => void } | undefined

for await (const line of createInterface({ input: process.stdin })) {
  // Both ends are this program: only requests come in.
  const request = JSON.parse(line) as CudaRequest
  const reply = await replyTo(request).catch(
    (error: unknown): CudaReply => ({ kind: 'failed', reason: reasonOf(error) }),
  )
  process.stdout.write(`${JSON.stringify(reply)}\n`)
}

async function replyTo(request: CudaRequest): Promise<CudaReply> {
  if (request.kind === 'prepare') return prepare(request)
  invariant(prepared !== undefined, 'a contestant is prepared before it runs')
  const before = process.cpuUsage()
  const times = await prepared.measure()
  const { user, system } = process.cpuUsage(before)
  return { kind: 'ran', ...times, cpuMs: (user + system) / 1000 }
}

async function prepare({
  computation,
  emulated,
  leastMs,
}: Extract<CudaRequest, { readonly kind: 'prepare' }>): Promise<CudaReply> {
  prepared?.dispose()
  prepared = undefined
  const device = await openCudaDevice(emulated)
  const { model, inputs, hostValues } = workloadOf(computation)
  const recorded = recordedDevice(device)
  const start = performance.now()
  const { plan, constants } = compile(importModel(model, { hostValues }), { backend: cuda(), device })
  const session = await createSession({ plan, constants, device: recorded.device })
  const { outputs } = await session.run(inputs)
  const firstMs = performance.now() - start
  const dispose = (): void => {
    session.dispose()
    device.dispose()
  }
  prepared = { measure: await replayTimer(recorded, leastMs), dispose }
  const facts = {
    device: device.info.adapter,
    target: device.target.name,
    launches: String(recorded.launches()),
    method: replayMethod,
  }
  return { kind: 'ready', firstMs, sample: sampleOf(numbersOf(Object.values(outputs)[0])), facts }
}

function numbersOf(tensor: HostTensor | undefined): ArrayLike<number> {
  invariant(tensor !== undefined, 'a model has an output')
  const numbers = Float64Array.from(Array.from<number | bigint>(tensor.data), Number)
  // Halves travel as bits.
  if (tensor.dtype === 'f16') return numbers.map(halfToNumber)
  return tensor.dtype === 'bf16' ? numbers.map(bfloatToNumber) : numbers
}

function reasonOf(error: unknown): string {
  const text = error instanceof TilewrightError ? formatError(error) : String(error)
  return text.split('\n', 1)[0] ?? text
}
