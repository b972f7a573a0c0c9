/**
 * The text form of kernels: what tests, dumps and error messages show.
 *
 *     kernel double(x: f32[N], y: f32[N]) threads 64 workgroups [N /^ 64, 1, 1] {
 *       for-task (i) in spatial(64) on thread {
 *         if workgroup.x * 64 + i < N {
 *           y[workgroup.x * 64 + i] = x[workgroup.x * 64 + i] * 2
 *         }
 *       }
 *     }
 */
import { checkKernelKind, type Kernel } from '../kernel.js'
import { formatSize, maxSize, type SizeExpr, type SizeParam, sizeParams } from '../size.js'
import type { Stmt } from '../stmt.js'
import { walkExprs } from '../walk.js'
import { createNames } from './names.js'
import { formatType, type Line, stmtLines } from './print-stmt.js'

/** A kernel's text with the way back from statements to lines. */
export interface PrintedKernel {
  readonly lines: readonly string[]
  /** The line of a statement, counted from 1; of a `seq`, its first. A statement that occurs twice has its first line. */
  readonly lineOf: (stmt: Stmt) => number | undefined
}

/**
 * The text of a kernel, without a final newline. Equal kernels print alike; facts of size parameters are shown where
 * they say something, properties and source locations are not.
 */
export function printKernel(kernel: Kernel): string {
  return printKernelLines(kernel).lines.join('\n')
}

/** The lines of a kernel's text, and where each statement stands. */
export function printKernelLines(kernel: Kernel): PrintedKernel {
  checkKernelKind(kernel)
  const sizes = kernelSizes(kernel)
  const names = createNames(sizes.map((param) => param.name))
  const params = kernel.params.map((param) => `${names.bind(param)}: ${formatType(param)}`)
  const subgroups = kernel.subgroupSize === undefined ? '' : ` subgroups ${kernel.subgroupSize}`
  const clusters = kernel.cluster === 1 ? '' : ` clusters of ${kernel.cluster}`
  const launch = `threads ${kernel.threads}${subgroups}${clusters} workgroups [${kernel.workgroups.map(formatSize).join(', ')}]`
  const line = (text: string): Line => ({ text, stmt: undefined })
  const lines = [
    // A name is a hint from outside: it must not break the line.
    line(`kernel ${kernel.name.replace(/\s/g, '_')}(${params.join(', ')}) ${launch} {`),
    ...sizes.flatMap((param) => formatFacts(param)).map((facts) => line(`  size ${facts}`)),
    ...stmtLines(kernel.body, names, '  '),
    line('}'),
  ]
  const numbers = new Map<Stmt, number>()
  lines.forEach(({ stmt }, i) => {
    if (stmt !== undefined && !numbers.has(stmt)) numbers.set(stmt, i + 1)
  })
  const lineOf = (stmt: Stmt): number | undefined => {
    if (stmt.kind !== 'seq') return numbers.get(stmt)
    return stmt.body[0] === undefined ? undefined : lineOf(stmt.body[0])
  }
  return { lines: lines.map(({ text }) => text), lineOf }
}

/** The size parameters of a kernel, each once: of its parameters, its launch, its body. */
function kernelSizes(kernel: Kernel): readonly SizeParam[] {
  const sizes = new Map<string, SizeParam>()
  const collect = (size: SizeExpr): unknown => sizeParams(size, sizes)
  for (const param of kernel.params) param.shape.forEach(collect)
  kernel.workgroups.forEach(collect)
  walkExprs(kernel.body, (expr) => {
    if (expr.kind === 'size') collect(expr.size)
  })
  return [...sizes.values()]
}

/** `N: min 1, multiple of 8`; nothing for a parameter that may be any size. */
function formatFacts({ name, min, max, multipleOf }: SizeParam): readonly string[] {
  const facts = [
    ...(min > 0 ? [`min ${min}`] : []),
    ...(max < maxSize ? [`max ${max}`] : []),
    ...(multipleOf > 1 ? [`multiple of ${multipleOf}`] : []),
  ]
  return facts.length === 0 ? [] : [`${name}: ${facts.join(', ')}`]
}
