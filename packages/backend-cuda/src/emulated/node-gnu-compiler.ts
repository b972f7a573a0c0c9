/** Calls g++. */
import { randomUUID } from 'node:crypto'
import { access, rename, rm } from 'node:fs/promises'
import { CompileError } from '@tilewright/ir'
import { runProgram } from '../node-run-program.js'

const help = 'install g++ 11 or later (Debian: apt-get install g++)'

/** What g++ says for `args`, given `input`. Throws `CompileError` `device/no-compiler`, and `device/pipeline` with its errors. */
export async function callGnuCompiler(args: readonly string[], input = ''): Promise<string> {
  const end = await runProgram('g++', args, { input })
  if (end.kind === 'done') return end.output
  if (end.kind === 'missing') {
    throw new CompileError({ code: 'device/no-compiler', message: 'g++ is not on PATH', help })
  }
  throw new CompileError({ code: 'device/pipeline', message: `g++ does not compile it: ${end.said}` })
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
