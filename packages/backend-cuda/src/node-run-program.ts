/** Runs a compiler as a process of its own. */
import { execFile } from 'node:child_process'

export interface ProgramOptions {
  readonly input?: string
  readonly folder?: string
  /** Beside the variables of this process. */
  readonly variables?: Readonly<Record<string, string>>
}

export type ProgramEnd =
  | { readonly kind: 'done'; readonly output: string }
  | { readonly kind: 'missing' }
  /** `said`: its complaints, and the signal that ended it; never empty. */
  | { readonly kind: 'failed'; readonly said: string }

/** How `program`, a path or a name on PATH, ends for `args`. No shell reads them. */
export function runProgram(
  program: string,
  args: readonly string[],
  { input = '', folder, variables }: ProgramOptions = {},
): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    // Messages in English, and in ASCII, wherever it runs.
    const env = { ...process.env, LC_ALL: 'C', ...variables }
    const child = execFile(program, args, { cwd: folder, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error === null) resolve({ kind: 'done', output: stdout })
      else if (error.code === 'ENOENT') resolve({ kind: 'missing' })
      else {
        const said = stderr.trim() || stdout.trim()
        const ended = typeof error.signal === 'string' ? `ended by ${error.signal}` : ''
        resolve({ kind: 'failed', said: [said, ended].filter((text) => text !== '').join('\n') || error.message })
      }
    })
    // A compiler that ends before it has read all says why on its own.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}
