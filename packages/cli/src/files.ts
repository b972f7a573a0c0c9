/** Files and folders that the user names: every way in which they are not there is an error with a code. */
import { existsSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { CompileError } from '@tilewright/ir'

/**
 * The bytes of a regular file. Throws `CompileError` `file/missing`, `file/directory`, `file/not-a-file` (a device, a
 * pipe: they may never end) or `file/unreadable`.
 */
export function readBytes(path: string, what: string): Uint8Array {
  const stats = statsOf(path, what)
  if (stats.isDirectory()) {
    throw new CompileError({
      code: 'file/directory',
      message: `${what} is a folder`,
      where: path,
      help: modelIn(path) ?? 'name the file itself',
    })
  }
  if (!stats.isFile()) {
    throw new CompileError({
      code: 'file/not-a-file',
      message: `${what} is no regular file`,
      where: path,
      help: 'save it to a file first',
    })
  }
  return guarded(path, what, () => readFileSync(path))
}

/** The names in a folder, sorted. Throws `CompileError` `file/missing`, `file/not-a-folder` or `file/unreadable`. */
export function readFolder(path: string, what: string): readonly string[] {
  if (!statsOf(path, what).isDirectory()) {
    throw new CompileError({
      code: 'file/not-a-folder',
      message: `${what} is a file, not a folder`,
      where: path,
      help: 'name the folder that holds the files',
    })
  }
  return guarded(path, what, () => readdirSync(path).toSorted())
}

/** Whether a path leads to a file, or to a folder; where nothing can be said of it, it is neither. */
export function kindAt(path: string): 'file' | 'folder' | undefined {
  try {
    const stats = statSync(path)
    if (stats.isDirectory()) return 'folder'
    return stats.isFile() ? 'file' : undefined
  } catch {
    return undefined
  }
}

/** Folders of models hold them under one name. */
function modelIn(folder: string): string | undefined {
  const path = join(folder, 'model.onnx')
  return existsSync(path) ? `name the file itself: ${path}` : undefined
}

function statsOf(path: string, what: string): Stats {
  const stats = guarded(path, what, () => statSync(path, { throwIfNoEntry: false }))
  if (stats !== undefined) return stats
  throw new CompileError({
    code: 'file/missing',
    message: `${what} does not exist`,
    where: path,
    help: 'check the path, which is relative to the current folder',
  })
}

function guarded<T>(path: string, what: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new CompileError({
      code: 'file/unreadable',
      message: `${what} cannot be read: ${reason}`,
      where: path,
      help: 'check the path and its permissions',
      cause,
    })
  }
}
