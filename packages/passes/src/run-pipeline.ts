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
  /** Validates the kernel before the first pass and after each one that changed it. Default: false. */
  readonly validate?: boolean
}

/**
 * The kernel after all passes. Throws what a pass throws; when it validates, a `CompileError` for a kernel that was
 * invalid at the start, and an `InternalError` that names the pass for one that a pass has made invalid.
 */
export function runPipeline(kernel: Kernel, passes: readonly Pass[], options: PipelineOptions = {}): Kernel {
  checkKernelKind(kernel)
  checkArgument(Array.isArray(passes), 'passes/argument', 'passes are an array', passes, 'pass [simplify]')
  checkOptions('passes/option', 'runPipeline', options, { trace: true, validate: true })
  const { trace, validate = false } = options
  if (validate) assertValid(kernel)
  return passes.reduce((before, pass) => {
    const start = performance.now()
    const after = pass.run(before)
    const ms = performance.now() - start
    if (validate && after !== before) assertValid(after, { pass: pass.name })
    trace?.({ pass: pass.name, changed: !isSameText(before, after), before, after, ms })
    return after
  }, kernel)
}

function isSameText(a: Kernel, b: Kernel): boolean {
  return a.body === b.body && a.params === b.params && a.workgroups === b.workgroups
}
