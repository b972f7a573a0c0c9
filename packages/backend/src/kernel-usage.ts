/** What a lowered kernel uses, and how: what a printer must know before it declares anything. */
import {
  type Buffer,
  type Builtin,
  buffersRead,
  buffersWritten,
  InternalError,
  type Kernel,
  walkExprs,
  walkStmts,
} from '@tilewright/ir'
import type { BufferParam } from './plan/plan.js'

export interface BufferUsage {
  readonly written: boolean
  /** Some access is atomic, so languages with atomic types make all of them so. */
  readonly atomic: boolean
  /** Elements that a vector access moves; 1 when there is none. */
  readonly lanes: 1 | 2 | 4
}

/**
 * The usage of every buffer that the kernel touches, in order of first touch. A buffer that no statement reads or
 * writes is absent. Throws `InternalError` when vector accesses of one buffer differ in width.
 */
export function bufferUsage(kernel: Kernel): ReadonlyMap<Buffer, BufferUsage> {
  const usage = new Map<Buffer, BufferUsage>()
  const note = (buffer: Buffer, seen: Partial<BufferUsage>): void => {
    const { written = false, atomic = false, lanes = 1 } = seen
    const known = usage.get(buffer) ?? { written: false, atomic: false, lanes: 1 }
    if (known.lanes !== 1 && lanes !== 1 && known.lanes !== lanes) {
      throw new InternalError(`buffer "${buffer.hint}" is accessed in vectors of ${known.lanes} and of ${lanes}`)
    }
    usage.set(buffer, {
      written: known.written || written,
      atomic: known.atomic || atomic,
      lanes: known.lanes === 1 ? lanes : known.lanes,
    })
  }
  walkStmts(kernel.body, (stmt) => {
    for (const buffer of buffersRead(stmt)) note(buffer, {})
    for (const buffer of buffersWritten(stmt)) note(buffer, { written: true })
    if (stmt.kind === 'atomic') note(stmt.buffer, { atomic: true })
    if (stmt.kind === 'load-vector') note(stmt.buffer, { lanes: stmt.vars.length === 2 ? 2 : 4 })
    if (stmt.kind === 'store-vector') note(stmt.buffer, { lanes: stmt.values.length === 2 ? 2 : 4 })
  })
  return usage
}

/** What a pipeline says of a parameter of the kernel. */
export function bufferParam(buffer: Buffer, { written, lanes }: Pick<BufferUsage, 'written' | 'lanes'>): BufferParam {
  const { dtype, shape, hint } = buffer
  const used = { access: written ? 'read-write' : 'read', dtype, lanes } as const
  const extents = shape.filter((extent) => typeof extent === 'number')
  if (extents.length < shape.length) return used
  return { ...used, content: { name: hint, elements: extents.reduce((product, extent) => product * extent, 1) } }
}

/** The builtins that the kernel reads, in order of first use. */
export function usedBuiltins(kernel: Kernel): readonly Builtin[] {
  const used = new Set<Builtin>()
  walkExprs(kernel.body, (expr) => {
    if (expr.kind === 'builtin') used.add(expr.name)
  })
  return [...used]
}
