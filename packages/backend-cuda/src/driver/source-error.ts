/** What NVRTC and nvcc complain of, as an error that shows the line. */
import { CompileError } from '@tilewright/ir'

/** The name under which both are given a source. */
export const sourceName = 'kernel.cu'

/**
 * `CompileError` `device/pipeline` with all that `compiler` said; the place is the line of `source` that its first error
 * names, if it names one.
 */
export function sourceError(compiler: string, said: string, source: string): CompileError {
  const line = /kernel\.cu\((\d+)\):[^\n]*\berror\b/.exec(said)?.[1]
  const text = line === undefined ? undefined : source.split('\n')[Number(line) - 1]
  return new CompileError({
    code: 'device/pipeline',
    message: `${compiler} does not compile it: ${said}`,
    where: text === undefined ? undefined : `${sourceName}:${line}: ${text.trim()}`,
  })
}
