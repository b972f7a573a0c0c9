/** Cases that run one kernel, and expect what the simulator computes. */
import {
  assertValid,
  type Buffer,
  evaluateSize,
  type Kernel,
  printKernel,
  type SizeValues,
  type Target,
  UnsupportedError,
} from '@tilewright/ir'
import { allocate, runKernelAllWays, type TypedArray } from '@tilewright/simulator'
import { exact, firstDifference, type Tolerance } from './compare.js'
import {
  type Area,
  type ConformanceCase,
  ConformanceError,
  type Outcome,
  passed,
  type Subject,
} from './conformance-case.js'
import { type Launch, type Lowered, launchOn, lower } from './launch.js'
import { type Needs, unmet } from './needs.js'

/** A kernel for a target, and how to run it. */
export interface KernelRun {
  readonly kernel: Kernel
  /** By the name of a parameter; the others are full of `filler`. */
  readonly contents?: Readonly<Record<string, TypedArray>>
  readonly sizes?: SizeValues
  /** Default: exact. */
  readonly tolerance?: Tolerance
  /** What an element of a result is, for messages. Default: its index. */
  readonly describe?: (element: number, buffer: Buffer) => string
}

export interface KernelCaseDetails {
  readonly area: Area
  readonly name: string
  readonly needs?: Needs
  /** Whether languages may lack the statements that it is about: `UnsupportedError` then skips it. */
  readonly mayLack?: boolean
  readonly build: (target: Target) => KernelRun
}

export function kernelCase({ area, name, needs = {}, mayLack = false, build }: KernelCaseDetails): ConformanceCase {
  const run = async (subject: Subject): Promise<Outcome> => {
    const { target } = subject.device
    const reason = unmet(needs, target)
    if (reason !== undefined) return { kind: 'skipped', reason }
    const built = build(target)
    assertValid(built.kernel, { target })
    const kernel = printKernel(built.kernel)
    let lowered: Lowered
    try {
      lowered = lower(subject.backend, subject.device, built.kernel)
    } catch (cause) {
      if (mayLack && cause instanceof UnsupportedError) return { kind: 'skipped', reason: cause.message }
      const message = `the kernel is not lowered and printed: ${String(cause)}`
      throw new ConformanceError({ code: 'conformance/refused', message, cause, kernel })
    }
    const source = lowered.emitted.pipeline.source
    const launch: Launch = { kernel: built.kernel, contents: contentsOf(built), sizes: built.sizes ?? {} }
    const result = await launchOn(subject.device, lowered, launch).catch((cause: unknown) => {
      const message = `the kernel does not run: ${String(cause)}`
      throw new ConformanceError({ code: 'conformance/refused', message, cause, kernel, source })
    })
    const difference = differenceOf(built, launch, result.contents)
    if (difference !== undefined) {
      const byPasses = differsOnSimulator(built, lowered, launch)
      throw new ConformanceError({
        code: 'conformance/difference',
        message: difference,
        help: byPasses
          ? 'the kernel differs already after the passes'
          : 'after the passes the kernel is right: look at what was printed, and at the device',
        kernel,
        source,
      })
    }
    if (result.overrun !== undefined) {
      const message = `the kernel wrote beside "${result.overrun.hint}"`
      throw new ConformanceError({ code: 'conformance/difference', message, kernel, source })
    }
    return passed
  }
  return { area, name: `${area}: ${name}`, run }
}

/** What the parameters of a kernel hold by the semantics of the IR. */
export function simulate(
  kernel: Kernel,
  { contents, sizes }: Pick<Launch, 'contents' | 'sizes'>,
): readonly TypedArray[] {
  const arrays = [...contents.values()].map((content) => content.slice())
  runKernelAllWays(kernel, { buffers: new Map(kernel.params.flatMap((param, i) => pair(param, arrays[i]))), sizes })
  return arrays
}

function pair<T>(param: Buffer, array: T | undefined): readonly (readonly [Buffer, T])[] {
  return array === undefined ? [] : [[param, array]]
}

function differenceOf(run: KernelRun, launch: Launch, got: readonly TypedArray[]): string | undefined {
  const { tolerance = exact, describe = (element) => `element ${element}` } = run
  const truth = simulate(launch.kernel, launch)
  for (const [i, buffer] of launch.kernel.params.entries()) {
    const [wanted, found] = [truth[i], got[i]]
    if (wanted === undefined || found === undefined) continue
    const difference = firstDifference(buffer, wanted, found, tolerance)
    if (difference === undefined) continue
    const { element, expected, got: value } = difference
    return `${buffer.hint}: ${describe(element, buffer)} is ${value}, the simulator's is ${expected}`
  }
  return undefined
}

/** Whether what the passes have left computes something else than the authored kernel. */
function differsOnSimulator(run: KernelRun, { kernel }: Lowered, launch: Launch): boolean {
  try {
    return differenceOf(run, launch, simulate(kernel, launch)) !== undefined
  } catch {
    return true
  }
}

/** What parameters hold at first that a case says nothing of: a value that no result is by accident. */
const filler = 85

function contentsOf({ kernel, contents = {}, sizes = {} }: KernelRun): ReadonlyMap<Buffer, TypedArray> {
  return new Map(
    kernel.params.map((param) => {
      const elements = param.shape.reduce<number>((product, extent) => product * evaluateSize(extent, sizes), 1)
      const given = contents[param.hint]
      return [param, given ?? allocate(param.dtype, elements).fill(param.dtype === 'bool' ? 1 : filler)]
    }),
  )
}
