/** The program of a contestant's process: one contestant, one case, as many runs as it is asked for (see spawn.ts). */
import { wgsl } from '@tilewright/backend-wgsl'
import { findSwiftShader, openNode } from '@tilewright/backend-wgsl/node'
import { formatError, invariant, TilewrightError } from '@tilewright/ir'
import { chooseCases } from '../cases/index.js'
import type { Tensors } from '../tensors.js'
import type { OpenContestant } from './contestant.js'
import { openJaxJs } from './jax-js.js'
import { openOnnxRuntime } from './onnxruntime.js'
import type { Reply, Request } from './protocol.js'
import { tilewrightOn } from './tilewright.js'

type Prepare = Extract<Request, { readonly kind: 'prepare' }>

let run: (() => Promise<Tensors>) | undefined

// Both ends are this program: only requests come in.
process.on('message', (message) => void answer(message as Request))
process.once('disconnect', () => process.exit())

async function answer(request: Request): Promise<void> {
  const reply = await replyTo(request).catch((error: unknown): Reply => ({ kind: 'failed', reason: reasonOf(error) }))
  process.send?.(reply)
}

async function replyTo(request: Request): Promise<Reply> {
  if (request.kind === 'prepare') return prepare(request)
  invariant(run !== undefined, 'a contestant is prepared before it runs')
  const before = process.cpuUsage()
  const start = performance.now()
  await run()
  const wallMs = performance.now() - start
  const { user, system } = process.cpuUsage(before)
  return { kind: 'ran', wallMs, cpuMs: (user + system) / 1000 }
}

async function prepare(request: Prepare): Promise<Reply> {
  const contestant = await open(request)
  const [benchCase] = chooseCases([request.caseName])
  invariant(benchCase !== undefined, 'a case is known by its name')
  const workload = benchCase.load()
  const start = performance.now()
  run = await contestant.prepare(workload)
  const outputs = await run()
  return { kind: 'ready', firstMs: performance.now() - start, outputs }
}

async function open({ contestant, folder, software }: Prepare): Promise<OpenContestant> {
  switch (contestant) {
    case 'tilewright':
      return tilewrightOn(wgsl(), await openNode({ software }))
    case 'onnxruntime-webgpu': {
      // A device of ours, opened and freed, leaves a Vulkan loader in the process also where the system has none.
      const device = await openNode({ software })
      device.dispose()
      // The package has a Dawn of its own, which is to take the same driver.
      const manifest = software ? findSwiftShader()?.manifest : undefined
      if (manifest !== undefined) process.env.VK_DRIVER_FILES = manifest
      return openOnnxRuntime(folder, 'webgpu')
    }
    case 'onnxruntime-cpu':
      return openOnnxRuntime(folder, 'cpu')
    case 'jax-js':
      return openJaxJs(folder, software)
    default:
      return contestant satisfies never
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof TilewrightError ? formatError(error) : String(error)
  return text.split('\n', 1)[0] ?? text
}
