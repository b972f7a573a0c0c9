/** Calls g++. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { access, rename, rm } from 'node:fs/promises'
import { CompileError } from '@tilewright/ir'

const help = 'install g++ 11 or later (Debian: apt-get install g++)'

/** What g++ says for `args`, given `input`. Throws `CompileError` `device/no-compiler`, and `device/pipeline` with its errors. */
export function callGnuCompiler(args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    // Messages in English, and in ASCII, wherever it runs.
    const env = { ...process.env, LC_ALL: 'C' }
    const child = execFile('g++', args, { env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else if (error.code === 'ENOENT') {
        reject(new CompileError({ code: 'device/no-compiler', message: 'g++ is not on PATH', help }))
      } else {
        const message = `g++ does not compile it: ${stderr.trim() || error.message}`
        reject(new CompileError({ code: 'device/pipeline', message }))
      }
    })
    // A compiler that ends before it has read all says why on its own.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}

/**
 * Has g++ write a shared library to `path`, unless it is there. Processes that do so at once do not disturb each other:
 * each writes a file of its own, and the last one's takes the name.
 */
export async function buildLibrary(path: string, args: readonly string[], input?: string): Promise<void> {
  if (await exists(path)) return
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await callGnuCompiler([...args, '-o', temporary], input)
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}
