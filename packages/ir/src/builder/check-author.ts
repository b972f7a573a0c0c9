/** What an author may get wrong as a whole: bodies that are none, that go on later, and buffers of another kernel. */
import type { Buffer } from '../buffer.js'
import { checkArgument } from '../check-arguments.js'
import { CompileError } from '../errors.js'
import type { Stmt } from '../stmt.js'
import { buffersRead, buffersWritten, walkStmts } from '../walk.js'

/** Throws `CompileError` `ir/argument` unless the body of `what` is a function: an argument before it may have been left out. */
export function checkBody(what: string, body: unknown): void {
  const help = 'pass a function that records statements: (g) => { … }, (i) => { … }'
  checkArgument(typeof body === 'function', 'ir/argument', `the body of ${what} is a function`, body, help)
}

/** Throws `CompileError` `ir/async-body` when a body returned a promise: what it does after an await is not recorded. */
export function checkReturned(returned: unknown): void {
  if (typeof returned !== 'object' || returned === null) return
  if (Symbol.iterator in returned && 'next' in returned) {
    throw new CompileError({
      code: 'ir/async-body',
      message: 'a body of the kernel is a generator: nothing of it is recorded',
      help: 'pass a function without a star',
    })
  }
  if (!('then' in returned)) return
  // What the body does later is refused too, and nobody waits for it.
  if (returned instanceof Promise) returned.catch(() => undefined)
  throw new CompileError({
    code: 'ir/async-body',
    message: 'a body of the kernel is asynchronous: what it does after its first await would be missing',
    help: 'pass a function that is not async; await what it needs before buildKernel',
  })
}

/** Throws `CompileError` `ir/finished` when the kernel has been built, and something is still recorded. */
export function checkUnfinished(finished: boolean, name: string): void {
  if (!finished) return
  throw new CompileError({
    code: 'ir/finished',
    message: `kernel "${name}" has been built: nothing can be added to it`,
    help: 'record statements within buildKernel; in another kernel, its buffers have handles by g.use(handle.buffer)',
  })
}

/** Throws `CompileError` `ir/unbound` for a buffer that is neither among `params` nor declared in the body. */
export function checkBuffers(name: string, params: readonly Buffer[], body: Stmt): void {
  const known = new Set(params)
  walkStmts(body, (stmt) => {
    if (stmt.kind === 'declare') known.add(stmt.buffer)
  })
  walkStmts(body, (stmt) => {
    const foreign = [...buffersRead(stmt), ...buffersWritten(stmt)].find((buffer) => !known.has(buffer))
    if (foreign === undefined) return
    const { hint, scope } = foreign
    const isStorage = scope === 'storage'
    const at = stmt.at
    throw new CompileError({
      code: 'ir/unbound',
      message: `kernel "${name}" uses ${scope} buffer "${hint}", which is neither a parameter of it nor declared in it`,
      where: at === undefined ? undefined : `${at.file}:${at.line}:${at.column}`,
      help: isStorage
        ? 'make a handle of it in this kernel: g.use(handle.buffer), or g.param(…) for a buffer of its own'
        : `declare one in this kernel: g.${scope}Buffer(…)`,
    })
  })
}
