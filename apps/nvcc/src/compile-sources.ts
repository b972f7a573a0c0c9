/** Compiles CUDA C++ with nvcc, for each architecture, as far as machine code. */
import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { type Resources, readResources } from './resources.js'

/** What the kernels are for: the oldest GPUs that have all of it, and those whose own instructions the next ones lack. */
export const architectures = ['sm_80', 'sm_90a'] as const
export type Architecture = (typeof architectures)[number]

/** Source with the entry `main_kernel`. */
export interface Source {
  /** Fit for a file. */
  readonly name: string
  readonly source: string
  /** What it is compiled for. Default: all. */
  readonly architectures?: readonly Architecture[]
}

export interface Compiled {
  readonly name: string
  readonly architecture: Architecture
  /** What nvcc accepts takes these; what it refuses, or warns about, has a message. */
  readonly result: Resources | { readonly refused: string }
}

export interface CompileSourcesOptions {
  readonly nvcc: string
  /** Takes the sources; those that are refused stay. */
  readonly folder: string
  /** Called with the number of results so far. */
  readonly onProgress?: (done: number) => void
}

/** Kernels of one call: of the half second that one takes alone, most goes into CUDA's own headers. */
const together = 8

/** Each source for each of its architectures, as many calls of nvcc at a time as there are processors. Rejects where nvcc does not start. */
export async function compileSources(
  sources: readonly Source[],
  { nvcc, folder, onProgress = () => {} }: CompileSourcesOptions,
): Promise<readonly Compiled[]> {
  for (const { name, source } of sources) writeFileSync(join(folder, `${name}.cu`), source)
  const batches = architectures.flatMap((architecture) => {
    const own = sources.filter((source) => source.architectures?.includes(architecture) ?? true)
    return Array.from({ length: Math.ceil(own.length / together) }, (_, i) => ({
      architecture,
      names: own.slice(i * together, (i + 1) * together).map(({ name }) => name),
    }))
  })
  const compiled: Compiled[][] = batches.map(() => [])
  const open = batches.entries()
  let done = 0
  const work = async (): Promise<void> => {
    for (const [i, { names, architecture }] of open) {
      compiled[i] = await compileBatch(names, architecture, `unit-${i}`, { nvcc, folder })
      done += names.length
      onProgress(done)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  const results = compiled.flat()
  const refused = new Set(results.filter(({ result }) => 'refused' in result).map(({ name }) => name))
  for (const { name } of sources) if (!refused.has(name)) rmSync(join(folder, `${name}.cu`))
  return results
}

/** Sources as they stand, in one unit; where nvcc refuses that, each alone. */
async function compileBatch(
  names: readonly string[],
  architecture: Architecture,
  unit: string,
  at: Pick<CompileSourcesOptions, 'nvcc' | 'folder'>,
): Promise<Compiled[]> {
  const file = join(at.folder, `${unit}.cu`)
  writeFileSync(file, unitOf(names))
  const { log, status } = await runNvcc(file, architecture, at.nvcc)
  rmSync(file)
  const found = readResources(log)
  const accepted = names.flatMap((name, i): Compiled[] => {
    const result = found.get(`kernel_${i}`)
    return status !== 0 || result === undefined ? [] : [{ name, architecture, result }]
  })
  if (accepted.length === names.length) return accepted
  const alone: Compiled[] = []
  for (const name of names) {
    const { log, status } = await runNvcc(join(at.folder, `${name}.cu`), architecture, at.nvcc)
    const result = status === 0 ? readResources(log).get('main_kernel') : undefined
    alone.push({ name, architecture, result: result ?? { refused: log.trim() } })
  }
  return alone
}

/** Each file in a namespace of its own, where its entry has a name of its own. */
function unitOf(names: readonly string[]): string {
  const parts = names.map(
    (name, i) =>
      `#define main_kernel kernel_${i}\nnamespace unit_${i} {\n#include "${name}.cu"\n}\n#undef main_kernel\n`,
  )
  return ['#include <cuda_fp16.h>\n#include <cuda_bf16.h>\n', ...parts].join('')
}

function runNvcc(file: string, architecture: Architecture, nvcc: string) {
  const strict = ['-std=c++17', '-Werror', 'all-warnings', '-Xptxas', '-v']
  const output = file.replace(/\.cu$/, `.${architecture}.cubin`)
  const child = spawn(nvcc, [`-arch=${architecture}`, '-cubin', ...strict, file, '-o', output], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text
  })
  return new Promise<{ readonly log: string; readonly status: number | null }>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => {
      rmSync(output, { force: true })
      resolve({ log, status })
    })
  })
}
