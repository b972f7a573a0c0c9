/** Which device a command runs on: a GPU, software that emulates one, or JavaScript. The one place that names backends. */
import type { Backend, Device, DeviceInfo } from '@tilewright/backend'
import { cpu } from '@tilewright/backend-cpu'
import { cuda } from '@tilewright/backend-cuda'
import { wgsl } from '@tilewright/backend-wgsl'
import { openNode } from '@tilewright/backend-wgsl/node'
import { CompileError, TilewrightError } from '@tilewright/ir'
import type { CompileTarget, DeviceChoice, DeviceName } from './device-names.js'

const backends: Readonly<Record<CompileTarget, () => Backend>> = { webgpu: wgsl, cpu, cuda }

/** The backend that compiles for any device of a kind. */
export function backendOf(target: CompileTarget): Backend {
  return backends[target]()
}

/** What a model is compiled for: a device that is open, or any of its kind. */
export interface CompileFor {
  readonly name: DeviceName
  readonly backend: Backend
  readonly device?: Device
}

export interface OpenedDevice extends CompileFor {
  readonly device: Device
  /** What to know before anything runs on it, in a line: where it is not the GPU that was asked for. */
  readonly caveat?: string
}

/** A device as results have it: by the name that `--device` takes, and with its backend, as plans name it. */
export interface NamedDevice extends DeviceInfo {
  readonly name: DeviceName
}

export function namedDevice({ name, backend, device }: CompileFor): NamedDevice {
  if (device !== undefined) return { name, ...device.info }
  return { name, backend: backend.meta.name, adapter: `any (${backend.target.name})`, software: false }
}

/** `webgpu · google swiftshader`. */
export function deviceText({ name, adapter }: NamedDevice): string {
  return `${name} · ${adapter}`
}

/**
 * Opens a device. `webgpu` takes a GPU, else an installed SwiftShader; `auto` falls back to `cpu` where there is neither.
 * Rejects with `CompileError` `device/…` when `webgpu` is asked for and there is none.
 */
export async function openDevice(choice: DeviceChoice): Promise<OpenedDevice> {
  switch (choice) {
    case 'cpu':
      return openCpu()
    // Loaded when asked for: these bring a foreign function interface with them.
    case 'cuda': {
      const { openCuda } = await import('@tilewright/backend-cuda/driver')
      return { name: choice, backend: cuda(), device: await openCuda() }
    }
    case 'cuda-emulated': {
      const { openEmulated } = await import('@tilewright/backend-cuda/emulated')
      return { name: choice, backend: cuda(), device: await openEmulated() }
    }
    default:
      return openWebgpuOr(choice)
  }
}

/** As `openDevice`; where there is no such device, what compiles for any of its kind, with a caveat that says so. */
export async function openOrTarget(choice: DeviceChoice): Promise<CompileFor & Pick<OpenedDevice, 'caveat'>> {
  try {
    return await openDevice(choice)
  } catch (error) {
    if (choice === 'auto' || !(error instanceof CompileError && error.code.startsWith('device/'))) throw error
    const caveat = `no device is open (${error.message}): this is compiled for any of its kind, as \`tilewright compile\` does`
    return { name: choice, backend: backendOf(choice === 'cuda-emulated' ? 'cuda' : choice), caveat }
  }
}

async function openWebgpuOr(choice: 'auto' | 'webgpu'): Promise<OpenedDevice> {
  try {
    const device = await openWebgpu()
    const caveat = 'no GPU found: WebGPU is emulated in software, which is right but slow'
    return { name: 'webgpu', backend: wgsl(), device, ...(device.info.software ? { caveat } : {}) }
  } catch (error) {
    if (choice === 'webgpu' || !isMissing(error)) throw error
    const caveat = `no WebGPU (${error.message}): the processor takes its place, which is right but slow`
    return { ...(await openCpu()), caveat }
  }
}

async function openCpu(): Promise<OpenedDevice> {
  const backend = cpu()
  return { name: 'cpu', backend, device: await backend.open() }
}

/** A GPU, or else software that emulates one. */
async function openWebgpu(): Promise<Device> {
  try {
    return await openNode()
  } catch (error) {
    if (!isMissing(error) || error.code === 'device/no-webgpu') throw error
    return openSoftware(error)
  }
}

async function openSoftware(missing: TilewrightError): Promise<Device> {
  try {
    return await openNode({ software: true })
  } catch (error) {
    if (!isMissing(error)) throw error
    throw new CompileError({
      code: error.code,
      message: `no GPU (${missing.message}) and no software adapter (${error.message})`,
      help: error.help,
      cause: error,
    })
  }
}

/** Whether the machine lacks what was asked for, rather than failing at it. */
function isMissing(error: unknown): error is TilewrightError {
  return error instanceof TilewrightError && (error.code === 'device/no-adapter' || error.code === 'device/no-webgpu')
}
