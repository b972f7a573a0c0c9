/** nvcc as a compiler: a process for each source. Slower than NVRTC, but part of every CUDA toolkit. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompileError } from '@tilewright/ir'
import { limiter } from '../limiter.js'
import { runProgram } from '../node-run-program.js'
import type { CudaCompiler } from './compiler.js'
import { toolkitFolders } from './node-toolkit.js'
import { sourceError, sourceName } from './source-error.js'

const flags = ['-cubin', '-std=c++17']

/**
 * The first of `programs`, paths or names on PATH, that runs; undefined when none does. Default: that of CUDA_HOME, the one
 * on PATH, then that of the folder where toolkits are installed. As many run at once as there are processors.
 */
export async function findNvcc(programs: readonly string[] = nvccPrograms()): Promise<CudaCompiler | undefined> {
  for (const program of programs) {
    const end = await runProgram(program, ['--version'])
    if (end.kind === 'done') return nvccCompiler(program, /\bV(\d[\d.]*)/.exec(end.output)?.[1] ?? end.output.trim())
  }
  return undefined
}

function nvccCompiler(program: string, version: string): CudaCompiler {
  const slot = limiter(availableParallelism())
  return {
    name: `nvcc ${version} ${flags.join(' ')}`,
    compile: (source, architecture) => slot(() => compileWith(program, source, architecture)),
  }
}

async function compileWith(program: string, source: string, architecture: string): Promise<Uint8Array> {
  let folder: string | undefined
  try {
    folder = await mkdtemp(join(tmpdir(), 'tilewright-nvcc-'))
    await writeFile(join(folder, sourceName), source)
    const args = [...flags, `-arch=${architecture}`, sourceName, '-o', 'kernel.cubin']
    // nvcc's own temporary files go the same way, even when a signal ends it before it removes them.
    const variables = { TMPDIR: folder, TEMP: folder, TMP: folder }
    const end = await runProgram(program, args, { folder, variables })
    switch (end.kind) {
      case 'done':
        return new Uint8Array(await readFile(join(folder, 'kernel.cubin')))
      case 'missing':
        throw sourceError('nvcc', `${program} is not there any more`, source)
      case 'failed':
        throw sourceError('nvcc', end.said, source)
      default:
        return end satisfies never
    }
  } catch (cause) {
    if (cause instanceof CompileError) throw cause
    const message = `nvcc gets no files among the temporary ones: ${String(cause)}`
    throw new CompileError({ code: 'device/pipeline', message, cause })
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
}

function nvccPrograms(): readonly string[] {
  const { given, usual } = toolkitFolders()
  const paths = (folders: readonly string[]): readonly string[] => folders.map((folder) => join(folder, 'bin', 'nvcc'))
  return [...paths(given), 'nvcc', ...paths(usual)]
}
