/** What a machine has to run models with, as data. Whatever is missing says how to get it; nothing here fails. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { findSwiftShader, openNodeGpu } from '@tilewright/backend-wgsl/node'
import { failureOf } from '../failure.js'
import type { Environment } from '../terminal.js'

/** What is there, or why it is not and how to get it. */
export type Found<T> = ({ readonly found: true } & T) | Missing

export interface Missing {
  readonly found: false
  readonly reason: string
  readonly help: string
}

export interface Adapter {
  readonly name: string
  /** Whether it emulates a GPU on the processor. */
  readonly software: boolean
  /** The Vulkan driver manifest that was chosen for it, where one was. */
  readonly driver?: string
  readonly limits: Readonly<Record<string, number>>
  readonly features: readonly string[]
}

export interface CudaGpu {
  readonly name: string
  /** Kind and architecture: `cuda sm_90`. */
  readonly target: string
  readonly bytes: number
}

export interface Tool {
  readonly path: string
  readonly version: string
}

export interface Machine {
  readonly platform: string
  readonly node: string
  /** The npm package `webgpu`: Dawn for Node. */
  readonly webgpu: Found<{ readonly version: string }>
  readonly gpu: Found<Adapter>
  readonly softwareGpu: Found<Adapter>
  /** An NVIDIA GPU, through its driver, with a compiler for it. */
  readonly cuda: Found<CudaGpu>
  readonly chromium: Found<Tool>
  readonly nvcc: Found<Tool>
  /** What the device `cuda-emulated` compiles kernels with. */
  readonly gnuCompiler: Found<Tool>
}

/** Limits that decide which kernels and tensors fit, in the order in which they are shown. */
const shownLimits = [
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBuffersPerShaderStage',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
] as const

/** Looks at this machine; opens each adapter for a moment. */
export async function inspectMachine(environment: Environment): Promise<Machine> {
  return {
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    webgpu: await findDawn(),
    gpu: await findAdapter(false, environment),
    softwareGpu: await findAdapter(true, environment),
    cuda: await findCuda(),
    chromium: findTool(['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'], [], environment, {
      reason: 'not on PATH',
      help: 'it carries SwiftShader, and runs the browser tests (Debian: apt-get install chromium)',
    }),
    nvcc: findTool(['nvcc'], ['/usr/local/cuda/bin'], environment, {
      reason: 'neither on PATH nor in /usr/local/cuda/bin',
      help: 'it comes with the CUDA toolkit, and compiles the CUDA that is printed',
    }),
    gnuCompiler: findTool(['g++'], [], environment, {
      reason: 'not on PATH',
      help: '--device cuda-emulated compiles kernels with it, on x86-64 Linux (Debian: apt-get install g++)',
    }),
  }
}

async function findDawn(): Promise<Machine['webgpu']> {
  try {
    await import('webgpu')
    const manifest: unknown = createRequire(import.meta.url)('webgpu/package.json')
    const version: unknown = typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : ''
    return { found: true, version: String(version) }
  } catch (error) {
    return {
      found: false,
      reason: `it does not load: ${failureOf(error).message.split('\n')[0]}`,
      help: 'npm install webgpu; it runs on Linux with glibc, macOS and Windows',
    }
  }
}

async function findAdapter(software: boolean, environment: Environment): Promise<Found<Adapter>> {
  try {
    const { device, dispose } = await openNodeGpu({ software })
    const { vendor, architecture, description, isFallbackAdapter } = device.adapterInfo
    const driver = software ? findSwiftShader()?.manifest : environment.VK_DRIVER_FILES
    const adapter: Adapter = {
      name: [vendor, architecture].filter((word) => word !== '').join(' ') || description || 'unnamed adapter',
      software: isFallbackAdapter,
      ...(driver === undefined ? {} : { driver }),
      limits: Object.fromEntries(shownLimits.map((name) => [name, device.limits[name]])),
      features: [...device.features].toSorted(),
    }
    dispose()
    return { found: true, ...adapter }
  } catch (error) {
    const { message, help = 'see the message' } = failureOf(error)
    return { found: false, reason: message, help }
  }
}

async function findCuda(): Promise<Found<CudaGpu>> {
  try {
    // Loaded here: it brings a foreign function interface with it.
    const { openCuda } = await import('@tilewright/backend-cuda/driver')
    const { info, target, dispose } = await openCuda()
    dispose()
    return { found: true, name: info.adapter, target: target.name, bytes: target.limits.bufferBytes }
  } catch (error) {
    const { message, help = 'see the message' } = failureOf(error)
    return { found: false, reason: message, help }
  }
}

function findTool(
  names: readonly string[],
  folders: readonly string[],
  environment: Environment,
  missing: Omit<Missing, 'found'>,
): Found<Tool> {
  const searched = [...(environment.PATH ?? '').split(delimiter), ...folders].filter((folder) => folder !== '')
  const path = searched.flatMap((folder) => names.map((name) => join(folder, name))).find((file) => existsSync(file))
  return path === undefined ? { found: false, ...missing } : { found: true, path, version: versionOf(path) }
}

/** The line of a tool's `--version` that holds the number. */
function versionOf(path: string): string {
  try {
    const output = execFileSync(path, ['--version'], {
      encoding: 'utf8',
      timeout: 10_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const lines = output.split('\n')
    return (lines.find((line) => /\d+\.\d+/.test(line)) ?? '').trim()
  } catch {
    return 'it does not say its version'
  }
}
