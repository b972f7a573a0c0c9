/**
 * The validator: every rule about kernels that the types do not state. It runs between passes in tests, and before a
 * kernel is emitted. It finds; it never repairs.
 */
import { checkOptions } from '../check-arguments.js'
import { CompileError, type ErrorDetails, formatError, TilewrightError } from '../errors.js'
import { checkKernelKind, type Kernel } from '../kernel.js'
import { type PrintedKernel, printKernelLines } from '../print/print-kernel.js'
import type { Stmt } from '../stmt.js'
import type { Target } from '../target.js'
import type { Finding, Rule } from './finding.js'
import { checkLimits } from './limits.js'
import { checkNamesInScope } from './names-in-scope.js'
import { checkNodes } from './nodes.js'
import { checkProperties } from './properties.js'
import { checkSubgroups } from './subgroups.js'
import { checkSynchronization } from './synchronization.js'
import { checkUniformity } from './uniformity.js'
import { checkWorkers } from './workers.js'

/** A rule that a kernel breaks: a value, so that a tuner can count them and a person sees all at once. */
export interface Violation {
  /** `area/what`, stable across versions. */
  readonly code: string
  readonly message: string
  /** The line of the kernel's text, after the author's own file and line where it is known. */
  readonly where: string
  readonly help: string | undefined
}

const rules: readonly Rule[] = [
  checkNodes,
  checkNamesInScope,
  checkSubgroups,
  checkSynchronization,
  checkUniformity,
  checkWorkers,
  checkProperties,
  checkLimits,
]

/**
 * All rules that a kernel breaks, by rule, then by line. Limits are checked against `target` when it is given. Throws
 * `CompileError` `ir/argument` for what is no kernel, `ir/kind` for one with nodes that are none.
 */
export function validateKernel(kernel: Kernel, target?: Target): readonly Violation[] {
  checkKernelKind(kernel)
  const findings = rules.flatMap((rule) => rule(kernel, target))
  if (findings.length === 0) return []
  const printed = printKernelLines(kernel)
  return findings.map((finding) => violation(finding, kernel, printed))
}

export interface ValidityOptions {
  readonly target?: Target | undefined
  /** The pass that made the kernel, and is at fault. */
  readonly pass?: string | undefined
}

/**
 * Throws unless the kernel is valid: a `CompileError` with the violation's code (`ir/invalid-kernel` when there are
 * several: the message has all of them), or `ir/pass-result` when a pass made the kernel.
 */
export function assertValid(kernel: Kernel, options: ValidityOptions = {}): void {
  checkOptions('ir/option', 'assertValid', options, { target: true, pass: true })
  const { target, pass } = options
  const violations = pass === undefined ? validateKernel(kernel, target) : violationsOfPass(pass, kernel, target)
  const [first] = violations
  if (first === undefined) return
  const all = violations.map((one) => formatError(new CompileError(one)))
  if (pass !== undefined) throw passError(pass, kernel, all)
  if (violations.length === 1) throw new CompileError(first)
  const several: ErrorDetails = {
    code: 'ir/invalid-kernel',
    message: [`kernel "${kernel.name}" breaks ${violations.length} rules`, ...all].join('\n'),
  }
  throw new CompileError(several)
}

function violationsOfPass(pass: string, kernel: Kernel, target: Target | undefined): readonly Violation[] {
  try {
    return validateKernel(kernel, target)
  } catch (error) {
    // What is no node at all breaks the rules' own code.
    const said = error instanceof TilewrightError ? formatError(error) : String(error)
    throw passError(pass, kernel, [said], error)
  }
}

function passError(pass: string, { name }: Kernel, all: readonly string[], cause?: unknown): CompileError {
  return new CompileError({
    code: 'ir/pass-result',
    message: [`pass "${pass}" made an invalid kernel`, ...all].join('\n'),
    where: `kernel "${name}"`,
    help: 'if the pass is yours, have it keep these rules; if it is one of Tilewright, please report it with the kernel',
    cause,
  })
}

function violation({ code, message, help, stmt, culprit }: Finding, kernel: Kernel, printed: PrintedKernel): Violation {
  const quoted = culprit === undefined ? undefined : lineText(culprit, printed)
  return {
    code,
    message: quoted === undefined ? message : `${message} \`${quoted.text}\` (line ${quoted.line})`,
    where: place(stmt, kernel, printed),
    help,
  }
}

function place(stmt: Stmt | undefined, kernel: Kernel, printed: PrintedKernel): string {
  const quoted = stmt === undefined ? undefined : lineText(stmt, printed)
  if (quoted === undefined) return `kernel "${kernel.name}"`
  const inText = `kernel "${kernel.name}", line ${quoted.line}: ${quoted.text}`
  return stmt?.at === undefined ? inText : `${stmt.at.file}:${stmt.at.line}:${stmt.at.column} (${inText})`
}

const longestQuote = 100

function lineText(
  stmt: Stmt,
  { lines, lineOf }: PrintedKernel,
): { readonly line: number; readonly text: string } | undefined {
  const line = lineOf(stmt)
  const text = line === undefined ? undefined : lines[line - 1]
  if (line === undefined || text === undefined) return undefined
  const bare = text.trim().replace(/ \{$/, '')
  return { line, text: bare.length <= longestQuote ? bare : `${bare.slice(0, longestQuote - 1)}…` }
}
