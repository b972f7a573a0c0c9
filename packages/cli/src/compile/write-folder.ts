/**
 * A folder of files that appears with all of them at once, or not at all: it is written beside its place under another name
 * and renamed at the end. What ends the work before, an error or Ctrl-C, leaves nothing.
 */
import { randomUUID } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { CompileError } from '@tilewright/ir'

export interface NewFile {
  readonly name: string
  readonly chunks: () => AsyncIterable<Uint8Array>
}

/** What ends a program that somebody stops waiting for. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Refuses a place for a new folder before there is anything to write. Throws `CompileError` `file/not-empty` for a folder
 * with something in it, `file/not-a-folder` for a file, or one on the way there, and `file/unwritable` where nothing may be
 * made.
 */
export function checkNewFolder(folder: string): void {
  const nearest = nearestOf(resolve(folder))
  if (!guarded(nearest, () => statSync(nearest)).isDirectory()) {
    throw new CompileError({
      code: 'file/not-a-folder',
      message: `"${basename(nearest)}" is a file, not a folder`,
      where: nearest,
      help: 'name a new folder',
    })
  }
  const held = nearest === resolve(folder) ? guarded(folder, () => readdirSync(nearest)).length : 0
  if (held > 0) {
    throw new CompileError({
      code: 'file/not-empty',
      message: `the folder to write is not empty`,
      where: folder,
      help: 'name a new folder, or remove this one first',
    })
  }
  guarded(folder, () => accessSync(nearest, constants.W_OK))
}

/**
 * Writes the files into a folder that is new or empty, with the folders above it; gives the bytes of each. Rejects as
 * `checkNewFolder` does, with `file/unwritable` when the disk is full, and with the errors of the files' contents.
 */
export async function writeFolder(folder: string, files: readonly NewFile[]): Promise<readonly number[]> {
  checkNewFolder(folder)
  const nearest = nearestOf(resolve(folder))
  const [first, ...below] = relative(nearest, folder).split(sep)
  const unfinished = join(nearest, `.tilewright-${randomUUID()}`)
  return removedUnlessDone(unfinished, async () => {
    const inside = join(unfinished, ...below)
    guarded(folder, () => {
      // Alone first: where a system says of a folder that it is not there, `recursive` tries for ever.
      mkdirSync(unfinished)
      mkdirSync(inside, { recursive: true })
    })
    const bytes: number[] = []
    for (const file of files) bytes.push(await writeFile(inside, file, folder))
    guarded(folder, () => {
      if (first !== undefined && first !== '') return renameSync(unfinished, join(nearest, first))
      // An empty folder stays the one that it is: it may be a shell's current one.
      for (const { name } of files) renameSync(join(inside, name), join(folder, name))
      return rmdirSync(unfinished)
    })
    return bytes
  })
}

async function writeFile(inside: string, { name, chunks }: NewFile, folder: string): Promise<number> {
  const path = join(folder, name)
  const file = await guardedAsync(path, () => open(join(inside, name), 'wx'))
  try {
    let bytes = 0
    for await (const chunk of chunks()) {
      await guardedAsync(path, () => writeAll(file, chunk))
      bytes += chunk.length
    }
    return bytes
  } finally {
    await guardedAsync(path, () => file.close())
  }
}

/** A disk that is nearly full takes a part of what it is given. */
async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) at += (await file.write(chunk, at)).bytesWritten
}

/** Removes `path` when `work` rejects, and when a signal ends the process meanwhile, which it then does as it would have. */
async function removedUnlessDone<T>(path: string, work: () => Promise<T>): Promise<T> {
  const remove = (): void => rmSync(path, { recursive: true, force: true })
  const end = (signal: NodeJS.Signals): void => {
    remove()
    release()
    process.kill(process.pid, signal)
  }
  const release = (): void => {
    for (const signal of endingSignals) process.off(signal, end)
  }
  for (const signal of endingSignals) process.on(signal, end)
  try {
    return await work()
  } catch (error) {
    remove()
    throw error
  } finally {
    release()
  }
}

/** An absolute path itself, or else the first above it that is there. Of another, as `new/..`, not all of what it goes through is. */
function nearestOf(path: string): string {
  return existsSync(path) ? path : nearestOf(dirname(path))
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw unwritable(path, cause)
  }
}

async function guardedAsync<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw unwritable(path, cause)
  }
}

function unwritable(path: string, cause: unknown): CompileError {
  const isFull = cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT')
  return new CompileError({
    code: 'file/unwritable',
    message: `it cannot be written: ${reasonOf(cause)}`,
    where: path,
    help: isFull ? 'free some space, or name a folder on another disk' : 'check the path and its permissions',
    cause,
  })
}

/** What Node says of a failure, without its call and the path of that: it may be the unfinished folder's. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const call = 'syscall' in cause ? cause.message.lastIndexOf(`, ${cause.syscall}`) : -1
  return call < 0 ? cause.message : cause.message.slice(0, call)
}
