/**
 * Compiles printed CUDA C++ for the processor: g++ reads it behind headers that give CUDA's words their meaning
 * (`emulator/`), and links it to a runtime that executes the threads of a block as fibers.
 */
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defined } from '@tilewright/ir'
import { limiter } from '../limiter.js'
import { digest } from '../node-digest.js'
import { emulatorFolder, ownTemporaryFolder } from './node-emulator-folders.js'
import { buildLibrary, callGnuCompiler } from './node-gnu-compiler.js'

export interface EmulationOptions {
  /** Where modules stay, for other processes too. Default: a folder of the user's among the temporary ones. */
  readonly cacheFolder?: string | undefined
  /** Which of the threads that may run runs first. A kernel without a race gives the same bits either way. */
  readonly order?: 'forward' | 'reversed' | undefined
  /**
   * `bounds`: an index beyond the end of a shared or a private array, or an access that is not aligned, ends the launch
   * with its line. `address`: what passes the ends of allocated memory too, and ends the process with a report; only
   * processes load such a module that were started with AddressSanitizer (LD_PRELOAD of libasan.so).
   */
  readonly sanitize?: 'bounds' | 'address' | undefined
}

/** Gives an image for `cuModuleLoadData` of an emulated driver: a line that says so, and one with the module's path. */
export type EmulatedCompiler = (source: string) => Promise<Uint8Array<ArrayBuffer>>

/** Contraction would skip roundings; overflow of an i32 wraps, as it does on GPUs; vectors are read from arrays of numbers. */
const kernelFlags = ['-std=c++20', '-O1', '-shared', '-fPIC', '-ffp-contract=off', '-fwrapv', '-fno-strict-aliasing']
/** Without g++'s own library for what is out of bounds: the runtime takes the complaints. */
const libraries = ['-nodefaultlibs', '-lm', '-lc', '-lgcc']
const sanitizeFlags = {
  bounds: ['-fsanitize=alignment,bounds', ...libraries],
  address: ['-g1', '-fsanitize=address,alignment,bounds', ...libraries],
} as const
const runtimeFlags = ['-std=c++20', '-O2', '-shared', '-fPIC', '-pthread', '-Wl,-z,nodelete']

/**
 * A compiler that runs as many g++ at once as there are processors. Its promises reject with `CompileError`
 * `device/no-compiler`, or `device/pipeline` with what g++ says, and with `UnsupportedError` `device/emulation` on machines
 * for which there are no fibers.
 */
export function emulatedCompiler(options: EmulationOptions = {}): EmulatedCompiler {
  const { order = 'forward', sanitize, cacheFolder } = options
  const slot = limiter(availableParallelism())
  const flags = [
    ...kernelFlags,
    ...(order === 'reversed' ? ['-DTW_REVERSED=true'] : []),
    ...(sanitize === undefined ? [] : sanitizeFlags[sanitize]),
  ]
  let prepared: Promise<Toolchain> | undefined
  return async (source) => {
    prepared ??= prepare(cacheFolder)
    const { folder, headers, runtime, version } = await prepared
    const path = join(folder, `${digest([version, flags.join(' '), source])}.so`)
    const behind = [
      '-include',
      join(headers, 'cuda-emulated.h'),
      '-I',
      headers,
      '-x',
      'c++',
      '-',
      '-x',
      'none',
      runtime,
    ]
    const exports = kernelsOf(source).map(({ name, cluster }) => `TW_EXPORT_LAUNCH(${name}, ${cluster})\n`)
    await slot(() => buildLibrary(path, [...behind, ...flags], `# 1 "kernel.cu"\n${source}\n${exports.join('')}`))
    return new TextEncoder().encode(`TILEWRIGHT-EMULATED\n${path}\n`)
  }
}

interface Toolchain {
  readonly folder: string
  readonly headers: string
  /** Path of the library with the fibers; all modules of a process share it. */
  readonly runtime: string
  /** Changes whenever modules that are there already must not be used again. */
  readonly version: string
}

async function prepare(cacheFolder: string | undefined): Promise<Toolchain> {
  const headers = emulatorFolder()
  const files = (await readdir(headers)).filter((name) => /\.(h|cpp)$/.test(name)).sort()
  const texts = await Promise.all(files.map((name) => readFile(join(headers, name), 'utf8')))
  const compiler = await callGnuCompiler(['-dumpfullversion', '-dumpmachine'])
  const version = digest([compiler, runtimeFlags.join(' '), ...texts])
  const folder = cacheFolder ?? (await ownTemporaryFolder())
  await mkdir(folder, { recursive: true })
  const runtime = join(folder, `runtime-${version}.so`)
  await buildLibrary(runtime, [...runtimeFlags, '-I', headers, join(headers, 'emulator.cpp')])
  return { folder, headers, runtime, version }
}

/** Kernels, and how many blocks along x are a cluster. */
function kernelsOf(source: string): readonly { readonly name: string; readonly cluster: string }[] {
  const attributes = /(?:__cluster_dims__\((\d+), 1, 1\)\s*)?(?:__launch_bounds__\([^)]*\)\s*)?/
  const kernels = source.matchAll(new RegExp(`__global__\\s+void\\s+${attributes.source}(\\w+)\\s*\\(`, 'g'))
  return [...kernels].map(([, cluster = '1', name]) => ({ name: defined(name, 'a kernel has a name'), cluster }))
}
