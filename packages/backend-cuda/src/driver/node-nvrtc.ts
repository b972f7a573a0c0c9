/** NVRTC as a compiler: NVIDIA's library, called by koffi on threads of Node's pool. */
import { availableParallelism } from 'node:os'
import { CompileError } from '@tilewright/ir'
import { limiter } from '../limiter.js'
import type { CudaCompiler } from './compiler.js'
import { asyncStackBytes, attempt, type Koffi, loadKoffi } from './koffi.js'
import type { NvrtcLibrary } from './node-find-nvrtc.js'
import { sourceError, sourceName } from './source-error.js'

/** Node's pool has four threads unless told otherwise: one stays free for files. */
const mostThreads = 3

/**
 * The first of `libraries` that loads; undefined when none does, without koffi, and where koffi was set up by others with stacks
 * too small for it.
 */
export async function openNvrtc(libraries: readonly NvrtcLibrary[]): Promise<CudaCompiler | undefined> {
  const koffi = await loadKoffi().catch(() => undefined)
  // A process whose stack ends has no error to tell: it is gone.
  if (koffi === undefined || (koffi.config().async_stack_size ?? 0) < asyncStackBytes) return undefined
  for (const library of libraries) {
    for (const path of library.builtins) attempt(() => koffi.load(path, { global: true }))
    const nvrtc = attempt(() => bind(koffi, library.path))
    if (nvrtc !== undefined) return nvrtcCompiler(nvrtc, library.headers)
  }
  return undefined
}

/** Its functions, by signature; all give a status, which is 0 when all went well. */
interface Nvrtc {
  readonly version: string
  readonly messageOf: (status: number) => string
  readonly create: (source: string) => Handle
  readonly destroy: (program: Handle) => void
  readonly compile: (program: Handle, options: readonly string[]) => Promise<number>
  readonly log: (program: Handle) => string
  /** Of no bytes when the architecture is not a GPU's. */
  readonly image: (program: Handle) => Uint8Array
}

/** A pointer as koffi gives it. */
type Handle = number | bigint

function bind(koffi: Koffi, path: string): Nvrtc {
  const library = koffi.load(path)
  const version = library.func('int nvrtcVersion(_Out_ int *major, _Out_ int *minor)')
  const errorString = library.func('const char *nvrtcGetErrorString(int status)')
  const create = library.func(
    'int nvrtcCreateProgram(_Out_ uint64_t *program, const char *source, const char *name, int n, void *headers, void *names)',
  )
  const destroy = library.func('int nvrtcDestroyProgram(_Inout_ uint64_t *program)')
  const compile = library.func('int nvrtcCompileProgram(uint64_t program, int n, const char **options)')
  const logSize = library.func('int nvrtcGetProgramLogSize(uint64_t program, _Out_ size_t *bytes)')
  const log = library.func('int nvrtcGetProgramLog(uint64_t program, void *log)')
  const imageSize = library.func('int nvrtcGetCUBINSize(uint64_t program, _Out_ size_t *bytes)')
  const image = library.func('int nvrtcGetCUBIN(uint64_t program, void *image)')

  const messageOf = (status: number): string => String(errorString(status))
  const check = (status: number): void => {
    if (status === 0) return
    throw new CompileError({ code: 'device/pipeline', message: `NVRTC fails: ${messageOf(status)}` })
  }
  const bytesOf = (size: typeof logSize, content: typeof log, program: Handle): Uint8Array => {
    const length = [0]
    check(size(program, length))
    const bytes = new Uint8Array(length[0] ?? 0)
    if (bytes.length > 0) check(content(program, bytes))
    return bytes
  }
  const [major, minor] = [[0], [0]]
  check(version(major, minor))
  return {
    version: `${major[0]}.${minor[0]}`,
    messageOf,
    create: (source) => {
      const program: [Handle] = [0]
      check(create(program, source, sourceName, 0, null, null))
      return program[0]
    },
    destroy: (program) => check(destroy([program])),
    compile: (program, options) =>
      new Promise((resolve, reject) => {
        const done = (error: unknown, status: number): void => (error ? reject(error) : resolve(status))
        compile.async(program, options.length, options, done)
      }),
    // It ends with a zero.
    log: (program) =>
      new TextDecoder()
        .decode(bytesOf(logSize, log, program))
        .replaceAll('\0', '')
        .trim(),
    image: (program) => bytesOf(imageSize, image, program),
  }
}

function nvrtcCompiler(nvrtc: Nvrtc, headers: string | undefined): CudaCompiler {
  const flags = ['--std=c++17', ...(headers === undefined ? [] : [`-I${headers}`])]
  const slot = limiter(Math.min(mostThreads, availableParallelism()))
  const compile = async (source: string, architecture: string): Promise<Uint8Array> => {
    const program = nvrtc.create(source)
    try {
      const status = await nvrtc.compile(program, [`--gpu-architecture=${architecture}`, ...flags])
      if (status !== 0) throw sourceError('NVRTC', nvrtc.log(program) || nvrtc.messageOf(status), source)
      const image = nvrtc.image(program)
      if (image.length === 0) throw sourceError('NVRTC', `it has no image for ${architecture}`, source)
      return image
    } finally {
      nvrtc.destroy(program)
    }
  }
  return {
    name: `nvrtc ${nvrtc.version} ${flags.join(' ')}`,
    compile: (source, architecture) => slot(() => compile(source, architecture)),
  }
}
