/** Runs passes in order: the one place where a kernel goes from pass to pass. */
import { assertValid, checkArgument, checkKernelKind, checkOptions, type Kernel, type Pass } from '@tilewright/ir'

/** What one pass did. */
export interface PassEvent {
  readonly pass: string
  /** Whether the kernel is another text; a pass that only establishes a property of it has changed nothing. */
  readonly changed: boolean
  readonly before: Kernel
  readonly after: Kernel
  readonly ms: number
}

export interface PipelineOptions {
  /** Told of every pass, in order, changed or not. */
  readonly trace?: (event: PassEvent) => void
  /** What is validated: the kernel that is given, or what each pass has changed too. Default: 'kernel'. */
  readonly validate?: 'nothing' | 'kernel' | 'every-pass'
}

/**
 * The kernel after all passes. Throws what a pass throws, a `CompileError` with the code of a rule that the kernel breaks, or
 * `passes/argument`, `passes/option`; where every pass is validated, or one of them breaks by what another made, `ir/pass-result`,
 * which names the one at fault.
 */
export function runPipeline(kernel: Kernel, passes: readonly Pass[], options: PipelineOptions = {}): Kernel {
  checkKernelKind(kernel)
  checkArgument(Array.isArray(passes), 'passes/argument', 'passes are an array', passes, 'pass [simplify]')
  for (const pass of passes) {
    const isPass = typeof pass?.run === 'function'
    checkArgument(isPass, 'passes/argument', 'a pass is an object with a function run', pass, 'pass [simplify]')
  }
  checkOptions('passes/option', 'runPipeline', options, { trace: true, validate: true })
  const { trace, validate = 'kernel' } = options
  const isKnown = validate === 'nothing' || validate === 'kernel' || validate === 'every-pass'
  checkArgument(isKnown, 'passes/option', 'validate names what is validated', validate, "pass 'every-pass'")
  if (validate !== 'nothing') assertValid(kernel)
  return passes.reduce((before, pass) => {
    const start = performance.now()
    const after = runPass(pass, before, () => {
      if (validate !== 'every-pass') runPipeline(kernel, passes, { validate: 'every-pass' })
    })
    const ms = performance.now() - start
    if (validate === 'every-pass' && after !== before) assertValid(after, { pass: pass.name })
    trace?.({ pass: pass.name, changed: !isSameText(before, after), before, after, ms })
    return after
  }, kernel)
}

/** Where the pass breaks, `explain` may throw what is wrong with the kernel that it was given. */
function runPass(pass: Pass, kernel: Kernel, explain: () => void): Kernel {
  try {
    return pass.run(kernel)
  } catch (error) {
    explain()
    throw error
  }
}

function isSameText(a: Kernel, b: Kernel): boolean {
  return a.body === b.body && a.params === b.params && a.workgroups === b.workgroups
}
