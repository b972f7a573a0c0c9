/** NVIDIA's driver API, called through koffi: every result that is no success is thrown as a typed error. */
import { CompileError, defined } from '@tilewright/ir'
import { type CudaArguments, type CudaFunction, cudaFunctionVersions, cudaPrototypes } from './cuda-functions.js'
import { type Koffi, numberFrom } from './koffi.js'

export interface CudaApi {
  /** Throws `CudaFailure` for every result but success. What `need` refuses must not be called. */
  readonly call: <Name extends CudaFunction>(name: Name, ...args: CudaArguments[Name]) => void
  /** Throws `CompileError` `device/old-driver` where the driver lacks a function. */
  readonly need: (name: CudaFunction) => void
  /** Whether an event has come to pass. Throws `CudaFailure` for what is neither success nor "not ready". */
  readonly isPast: (event: bigint) => boolean
  /** Memory outside of JavaScript, until it is freed. */
  readonly view: (pointer: bigint, bytes: number) => ArrayBuffer
  /** Host memory for the arguments of calls, until `freeHost`. */
  readonly allocateHost: (bytes: number) => bigint
  readonly freeHost: (pointer: bigint) => void
  /** What the driver knows of CUDA: 13000 is 13.0. */
  readonly version: number
}

/** CUDA 11.4, which brought `cuGraphInstantiateWithFlags`; pools of memory are older. */
const neededVersion = 11040

const results = { outOfMemory: 2, stubLibrary: 34, noDevice: 100, invalidDevice: 101, notReady: 600 } as const

/**
 * After these nothing works in the context any more: cuda.h says of each that the process, or at least the context, must be ended.
 * ECC and NVLink errors, addresses, timeouts, the context's end, asserts, the errors of the hardware, MPS clients, unknown.
 */
const stickyResults: ReadonlySet<number> = new Set([
  4, 46, 201, 214, 220, 226, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719, 721, 806, 810, 999,
])

/** A call of CUDA's that did not go well. Its message has the call, and CUDA's name and words for the result. */
export class CudaFailure extends CompileError {
  /** A `CUresult`. */
  readonly result: number
  /** Whether nothing works in the context after it. */
  readonly isSticky: boolean

  /** `where`: the kernel, where one is concerned. */
  constructor(result: number, message: string, where?: string) {
    const isMemory = result === results.outOfMemory
    super({
      code: isMemory ? 'device/out-of-memory' : 'device/driver',
      message,
      where,
      help: isMemory ? 'free buffers, or run smaller batches' : undefined,
    })
    this.result = result
    this.isSticky = stickyResults.has(result)
  }
}

type NativeFunction = (...args: readonly unknown[]) => number

/**
 * Loads the driver's library by name or path and initialises it.
 * Throws `CompileError` `device/no-driver`, `device/old-driver`, or `device/no-adapter` when the driver has no device.
 */
export function openCudaApi(koffi: Koffi, library: string): CudaApi {
  const loaded = loadDriver(koffi, library)
  const describe = errorNames(loaded)
  const version = numberFrom((out) => {
    const ask: NativeFunction = loaded.func('int cuDriverGetVersion(_Out_ int *version)')
    const result = ask(out)
    if (result !== 0) throw new CudaFailure(result, `cuDriverGetVersion: ${describe(result)}`)
  })
  const atLeast = (needed: number, what?: string): void => {
    if (version >= needed) return
    throw new CompileError({
      code: 'device/old-driver',
      message: `the NVIDIA driver knows CUDA ${versionName(version)}; ${versionName(needed)} is needed${what === undefined ? '' : ` for ${what}`}`,
      help: 'install a newer NVIDIA driver',
    })
  }
  atLeast(neededVersion)
  const versionOf = (name: string): number => cudaFunctionVersions[name] ?? neededVersion
  const bound = new Map<string, NativeFunction>()
  for (const [name, prototype] of Object.entries(cudaPrototypes)) {
    if (versionOf(name) <= version) bound.set(name, loaded.func(prototype))
  }

  const resultOf = <Name extends CudaFunction>(name: Name, args: CudaArguments[Name]): number =>
    defined(bound.get(name), `${name} is bound`)(...args)
  const check = (result: number, name: CudaFunction): void => {
    if (result !== 0) throw new CudaFailure(result, `${name}: ${describe(result)}`)
  }
  const api: CudaApi = {
    version,
    need: (name) => atLeast(versionOf(name), name),
    call: (name, ...args) => check(resultOf(name, args), name),
    isPast: (event) => {
      const result = resultOf('cuEventQuery', [event])
      if (result !== results.notReady) check(result, 'cuEventQuery')
      return result === 0
    },
    view: (pointer, bytes) => koffi.view(pointer, bytes),
    allocateHost: (bytes) => koffi.address(koffi.alloc('uint8_t', bytes)),
    freeHost: (pointer) => koffi.free(pointer),
  }
  initialise(api)
  return api
}

/** The device with the number `ordinal`. Throws `CompileError` `device/no-adapter` when there is none. */
export function findDevice(cuda: CudaApi, ordinal: number): number {
  const count = numberFrom((out) => cuda.call('cuDeviceGetCount', out))
  if (Number.isInteger(ordinal) && ordinal >= 0 && ordinal < count) {
    return numberFrom((out) => cuda.call('cuDeviceGet', out, ordinal))
  }
  throw noAdapter(`there is no CUDA device ${ordinal}: the driver has ${count}, counted from 0`)
}

/** 13000 is 13.0. */
function versionName(version: number): string {
  return `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`
}

type LibraryHandle = ReturnType<Koffi['load']>

function loadDriver(koffi: Koffi, library: string): LibraryHandle {
  try {
    return koffi.load(library)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CompileError({
      code: 'device/no-driver',
      message: /no such file|not found/i.test(reason)
        ? `there is no NVIDIA driver: its library, ${library}, was not found`
        : `the library of the NVIDIA driver, ${library}, does not load: ${reason}`,
      help: 'install the NVIDIA driver; in a container, start it with access to the GPU (docker run --gpus all)',
      cause,
    })
  }
}

/** Name and text of results, from the driver. */
function errorNames(library: LibraryHandle): (result: number) => string {
  const name: NativeFunction = library.func('int cuGetErrorName(int result, _Out_ const char **name)')
  const text: NativeFunction = library.func('int cuGetErrorString(int result, _Out_ const char **text)')
  const ask = (question: NativeFunction, result: number): string | undefined => {
    const out: [string | null] = [null]
    return question(result, out) === 0 ? (out[0] ?? undefined) : undefined
  }
  return (result) => {
    const words = ask(text, result)
    return `${ask(name, result) ?? `CUresult ${result}`}${words === undefined ? '' : ` (${words})`}`
  }
}

function initialise(cuda: CudaApi): void {
  try {
    cuda.call('cuInit', 0)
  } catch (error) {
    if (!(error instanceof CudaFailure)) throw error
    if (error.result === results.noDevice || error.result === results.invalidDevice) throw noAdapter(error.message)
    if (error.result !== results.stubLibrary) throw error
    throw new CompileError({
      code: 'device/no-driver',
      message: `what was loaded as the NVIDIA driver is the toolkit's stub: ${error.message}`,
      help: "take the toolkit's folder 'stubs' out of LD_LIBRARY_PATH",
    })
  }
}

function noAdapter(message: string): CompileError {
  return new CompileError({
    code: 'device/no-adapter',
    message,
    help: "run 'nvidia-smi': it lists what the driver has",
  })
}
