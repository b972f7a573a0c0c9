// The tiers of tests that need more than Node, and whether this machine can run them. A test's tier is in its file name:
// `matmul.webgpu.test.ts` is in tier webgpu, `matmul.test.ts` in tier unit, which needs nothing and is always run.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { chromiumPath } from './chromium.js'

/** The tiers whose tests run one file at a time, each in a child process with a hard timeout. */
export const GUARDED_TIERS = ['webgpu', 'browser', 'cuda-source', 'cuda'] as const
export type GuardedTier = (typeof GUARDED_TIERS)[number]

const PROBES: Record<GuardedTier, () => string | undefined> = {
  webgpu: probeWebgpu,
  browser: () =>
    chromiumPath() === undefined
      ? 'no Chromium found (Debian: apt-get install chromium; or set CHROMIUM_PATH)'
      : undefined,
  'cuda-source': () => {
    if (process.platform !== 'linux' || process.arch !== 'x64') return 'CUDA is emulated on x86-64 Linux alone'
    return pathOf('g++', []) === undefined
      ? 'g++ is not on PATH (Debian: apt-get install g++); nvcc needs it too'
      : undefined
  },
  cuda: probeCuda,
}

/** Why the tests of `tier` cannot run here, or undefined when they can. Starts a process for tiers webgpu and cuda (about 0.2 s). */
export function tierSkipReason(tier: GuardedTier): string | undefined {
  return PROBES[tier]()
}

/** The path of nvcc, or undefined when the CUDA toolkit is not installed. */
export function nvccPath(): string | undefined {
  return pathOf('nvcc', ['/usr/local/cuda/bin'])
}

/** Why the tests of tier cuda-source that call nvcc cannot run here, or undefined when they can. */
export function nvccSkipReason(): string | undefined {
  return nvccPath() === undefined
    ? 'nvcc is neither on PATH nor in /usr/local/cuda/bin (it comes with the CUDA toolkit)'
    : undefined
}

function pathOf(program: string, others: readonly string[]): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...others]
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path))
}

/** Where Linux distributions put the Vulkan manifest of the SwiftShader that comes with Chromium, beside a Vulkan loader. */
const SWIFTSHADER_FOLDERS = ['/usr/lib/chromium', '/usr/lib64/chromium-browser']
const MANIFEST = 'vk_swiftshader_icd.json'
const LOADER = 'libvulkan.so.1'

// In a process of its own: a broken driver takes the process down with it. The loader is opened with
// RTLD_LAZY | RTLD_GLOBAL | RTLD_NODELETE, so that it stays when Node finds that it is no addon, and Dawn gets it by its name.
const ASK_FOR_ADAPTER = `
  const [dawn, loader] = process.argv.slice(1)
  if (loader) try { process.dlopen({ exports: {} }, loader, 0x1101) } catch {}
  const { create } = await import(dawn)
  const adapter = await create([]).requestAdapter()
  process.exit(adapter === null ? 3 : 0)
`

function probeWebgpu(): string | undefined {
  let dawn: string
  try {
    dawn = createRequire(import.meta.url).resolve('webgpu')
  } catch {
    return "the optional package 'webgpu' (Dawn for Node) is not installed"
  }
  const software = SWIFTSHADER_FOLDERS.find((folder) => existsSync(join(folder, MANIFEST)))
  const hardware = askForAdapter([dawn], {})
  if (hardware === undefined) return undefined
  if (software === undefined) return `${hardware}, and no SwiftShader is installed (Debian: apt-get install chromium)`
  const loader = join(software, LOADER)
  return askForAdapter([dawn, ...(existsSync(loader) ? [loader] : [])], { VK_DRIVER_FILES: join(software, MANIFEST) })
}

/** Why a fresh process gets no WebGPU adapter, or undefined when it gets one. */
function askForAdapter(args: readonly string[], environment: Record<string, string>): string | undefined {
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', ASK_FOR_ADAPTER, ...args], {
    env: { XDG_RUNTIME_DIR: '/tmp', ...process.env, ...environment },
    encoding: 'utf8',
    timeout: 20_000,
  })
  if (status === 0) return undefined
  return status === 3 ? 'Dawn finds no adapter' : `Dawn does not start: ${stderr.trim().split('\n').at(-1) ?? ''}`
}

// In a process of its own: a driver that is initialised stays, and a broken one takes the process down with it.
const ASK_FOR_GPU = `
  const { default: koffi } = await import(process.argv[1])
  let driver
  try {
    driver = koffi.load(process.argv[2])
  } catch {
    process.exit(3)
  }
  const status = driver.func('int cuInit(uint flags)')(0)
  const count = [0]
  if (status === 0) driver.func('int cuDeviceGetCount(_Out_ int *count)')(count)
  console.log(status)
  process.exit(status === 0 && count[0] > 0 ? 0 : 4)
`

function probeCuda(): string | undefined {
  const library = process.platform === 'win32' ? 'nvcuda.dll' : 'libcuda.so.1'
  let koffi: string
  try {
    koffi = createRequire(import.meta.url).resolve('koffi')
  } catch {
    return "the optional package 'koffi', through which CUDA is called, is not installed"
  }
  const args = ['--input-type=module', '-e', ASK_FOR_GPU, koffi, library]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 })
  if (status === 0) return undefined
  if (status === 3) return `no NVIDIA driver: ${library} does not load`
  if (status === 4) return `the NVIDIA driver has no GPU (cuInit gives ${stdout.trim()})`
  return `the NVIDIA driver does not start: ${stderr.trim().split('\n').at(-1) ?? ''}`
}
