import type { Device } from '@tilewright/backend'
import { cpuTarget } from '@tilewright/backend-cpu'
import { openNode } from '@tilewright/backend-wgsl/node'
import { CompileError } from '@tilewright/ir'
import { beforeEach, expect, test, vi } from 'vitest'
import type { DeviceChoice } from './device-names.js'
import { capture } from './fixtures/capture.js'
import { f32, modelBytes, reluModel, temporaryFolder, writeCase } from './fixtures/write-case.js'
import { openDevice } from './open-device.js'

vi.mock('@tilewright/backend-wgsl/node', () => ({ openNode: vi.fn() }))
const mocked = vi.mocked(openNode)
beforeEach(() => {
  mocked.mockReset()
})

const adapter = (name: string, software: boolean): Device => ({
  info: { backend: 'wgsl', adapter: name, software },
  target: cpuTarget,
  createBuffer: () => ({ bytes: 0, destroy: () => undefined }),
  write: () => undefined,
  read: async () => new Uint8Array(),
  createPipeline: () => Promise.reject(new TypeError('not asked for')),
  settled: async () => undefined,
  begin: () => ({ dispatch: () => undefined, submit: () => undefined }),
  lost: new Promise(() => undefined),
  dispose: () => undefined,
})
const missing = (code: string, message: string): CompileError => new CompileError({ code, message, help: 'get one' })
const noGpu = missing('device/no-adapter', 'no Vulkan driver is installed')
const noSoftware = missing('device/no-adapter', 'no SwiftShader is installed')
const noDawn = missing('device/no-webgpu', 'the package does not load')

async function open(choice: DeviceChoice): Promise<readonly string[]> {
  const { name, backend, device, caveat } = await openDevice(choice)
  return [name, backend.meta.name, device.info.adapter, ...(caveat === undefined ? [] : [caveat])]
}

test('auto and webgpu take a GPU and say nothing', async () => {
  mocked.mockResolvedValue(adapter('some gpu', false))
  expect(await open('auto')).toEqual(['webgpu', 'wgsl', 'some gpu'])
  expect(await open('webgpu')).toEqual(['webgpu', 'wgsl', 'some gpu'])
})

test('without a GPU they take software that emulates one, and say so in a line', async () => {
  mocked.mockImplementation(async (options) => {
    if (options?.software === true) return adapter('swiftshader', true)
    throw noGpu
  })
  const note = 'no GPU found: WebGPU is emulated in software, which is right but slow'
  expect(await open('auto')).toEqual(['webgpu', 'wgsl', 'swiftshader', note])
  expect(await open('webgpu')).toEqual(['webgpu', 'wgsl', 'swiftshader', note])
})

test('with neither, auto takes the CPU and says why, webgpu fails', async () => {
  mocked.mockImplementation(async (options) => {
    throw options?.software === true ? noSoftware : noGpu
  })
  const reason = 'no GPU (no Vulkan driver is installed) and no software adapter (no SwiftShader is installed)'
  expect(await open('auto')).toEqual([
    'cpu',
    'cpu',
    'JavaScript',
    `no WebGPU (${reason}): the processor takes its place, which is right but slow`,
  ])
  await expect(open('webgpu')).rejects.toMatchObject({ code: 'device/no-adapter', message: reason, help: 'get one' })
})

test('without Dawn, auto takes the CPU without looking any further', async () => {
  mocked.mockRejectedValue(noDawn)
  expect(await open('auto')).toEqual([
    'cpu',
    'cpu',
    'JavaScript',
    'no WebGPU (the package does not load): the processor takes its place, which is right but slow',
  ])
  await expect(open('webgpu')).rejects.toBe(noDawn)
})

test('a device that fails is no device that is missing', async () => {
  const lost = missing('device/lost', 'the device is lost')
  mocked.mockRejectedValue(lost)
  await expect(open('auto')).rejects.toBe(lost)
})

test('to compile alone, what cannot be opened is compiled for any of its kind, and that is said', async () => {
  mocked.mockRejectedValue(noDawn)
  const { code, stdout, stderr } = await capture('explain', '--device', 'webgpu')
  expect([code, stderr]).toEqual([
    0,
    'no device is open (the package does not load): this is compiled for any of its kind, as `tilewright compile` does\n',
  ])
  expect(stdout).toContain('device     webgpu · any (webgpu)\n')
  expect(await capture('run', '--device', 'webgpu')).toMatchObject({ code: 1, stdout: '' })
})

test('cpu asks for nothing', async () => {
  expect(await open('cpu')).toEqual(['cpu', 'cpu', 'JavaScript'])
  expect(mocked).not.toHaveBeenCalled()
})

test('that it is no GPU is said once something runs on it, and not before an error of something else', async () => {
  mocked.mockRejectedValue(noDawn)
  const note = 'no WebGPU (the package does not load): the processor takes its place, which is right but slow\n'
  const root = temporaryFolder()
  try {
    const data = { inputs: [f32([2], [-1, 1])], outputs: [f32([2], [0, 1])] }
    const unknown = modelBytes((g) => g.output(g.node('Foo', [g.input('x', 'f32', [2])]), 'f32'))
    writeCase(`${root.path}/a/known`, reluModel(), [data])
    writeCase(`${root.path}/a/known too`, reluModel(), [data])
    writeCase(`${root.path}/b/unknown`, unknown, [data])
    const noted = async (...args: string[]): Promise<readonly [number, string]> => {
      const { code, stderr } = await capture(...args)
      return [code, stderr]
    }
    for (const command of ['run', 'explain']) {
      expect(await noted(command, `${root.path}/a/known/model.onnx`)).toEqual([0, note])
      const [code, said] = await noted(command, `${root.path}/b/unknown/model.onnx`)
      expect([code, said]).toEqual([1, expect.stringMatching(/^error\[onnx\/unsupported\]/)])
    }
    expect(await noted('check', `${root.path}/b`, `${root.path}/a`)).toEqual([0, note])
    expect(await noted('check', `${root.path}/b`)).toEqual([0, ''])
  } finally {
    root.remove()
  }
})
