/**
 * Images on disk, so that no process compiles what another has. What is found there is trusted only by its checksum, and
 * nothing that goes wrong with files is an error: a source is compiled when its image cannot be had.
 *
 * An entry is a file named by its key: the magic, the SHA-256 of key and image, the image. It is written under another
 * name and renamed, so that who reads sees whole entries, whoever writes or is killed.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { digest } from '../node-digest.js'
import type { CudaCompiler } from './compiler.js'

export interface ModuleCacheOptions {
  readonly folder: string
  /** Told once why images are not kept. */
  readonly remark?: ((text: string) => void) | undefined
  /** The entries that were not used for the longest time go when all are larger together. */
  readonly maxBytes?: number | undefined
}

const magic = Buffer.from('TWCUDA1\n')
const digestBytes = 32
const suffix = '.image'
const dayInMs = 24 * 60 * 60 * 1000

/** `compiler`, which is asked only for what is not in the folder, and whose images are kept there. */
export function keepModules(compiler: CudaCompiler, options: ModuleCacheOptions): CudaCompiler {
  const { folder, remark, maxBytes = 2 ** 29 } = options
  let complained = false
  const complain = (cause: unknown): void => {
    if (!complained) remark?.(`compiled CUDA modules are not kept in ${folder}: ${String(cause)}`)
    complained = true
  }
  // How much may be written before all entries are counted again. They are at the first time: what others left is unknown.
  let room = 0

  const read = async (key: string): Promise<Uint8Array | undefined> => {
    const path = join(folder, key + suffix)
    try {
      const image = imageIn(key, await readFile(path))
      // Its time says when it was used last. Where it cannot be set, the entry is as good.
      if (image !== undefined) await utimes(path, new Date(), new Date()).catch(() => {})
      return image
    } catch {
      // Not there, or not to be read: then writing says why.
      return undefined
    }
  }

  const write = async (key: string, image: Uint8Array): Promise<void> => {
    const path = join(folder, key + suffix)
    const temporary = `${path}.${randomUUID()}.tmp`
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const entry = Buffer.concat([magic, checksum(key, image), image])
      await writeFile(temporary, entry, { flag: 'wx', mode: 0o600 })
      await rename(temporary, path)
      room -= entry.length
      if (room < 0) room = await sweep(folder, maxBytes)
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => {})
      // Windows does not rename over a file that somebody reads: then it is there.
      if ((await read(key)) === undefined) complain(cause)
    }
  }

  return {
    name: compiler.name,
    compile: async (source, architecture) => {
      const key = digest([source, architecture, compiler.name])
      const kept = await read(key)
      if (kept !== undefined) return kept
      const image = await compiler.compile(source, architecture)
      await write(key, image)
      return image
    },
  }
}

/** Where the user's caches are, `tilewright/cuda` in it; undefined for a user without a home. */
export function defaultModuleFolder(): string | undefined {
  // The XDG Base Directory Specification has relative paths ignored.
  const named = process.platform === 'win32' ? process.env.LOCALAPPDATA : process.env.XDG_CACHE_HOME
  if (named !== undefined && isAbsolute(named)) return join(named, 'tilewright', 'cuda')
  try {
    return join(homedir(), '.cache', 'tilewright', 'cuda')
  } catch {
    return undefined
  }
}

/** Of the key too: an entry under another's name is none. */
function checksum(key: string, image: Uint8Array): Buffer {
  return createHash('sha256').update(key).update(image).digest()
}

/** The image of an entry; undefined when it is torn, damaged, or of something else. */
function imageIn(key: string, entry: Buffer): Uint8Array | undefined {
  const start = magic.length + digestBytes
  if (entry.length < start || !entry.subarray(0, magic.length).equals(magic)) return undefined
  // A copy: the device gets memory that begins where the image does.
  const image = new Uint8Array(entry.subarray(start))
  return entry.subarray(magic.length, start).equals(checksum(key, image)) ? image : undefined
}

/**
 * Removes what killed processes left a day ago, and the oldest entries beyond seven eighths of `maxBytes` where all are
 * above it. Gives how much may be written until the next time: at most an eighth, since others write too.
 */
async function sweep(folder: string, maxBytes: number): Promise<number> {
  const entries: { readonly path: string; readonly bytes: number; readonly time: number }[] = []
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const isTemporary = name.endsWith('.tmp')
    if (!isTemporary && !name.endsWith(suffix)) continue
    // Another process may have removed it.
    const found = await stat(path).catch(() => undefined)
    if (found === undefined) continue
    if (!isTemporary) entries.push({ path, bytes: found.size, time: found.mtimeMs })
    else if (found.mtimeMs < Date.now() - dayInMs) await rm(path, { force: true }).catch(() => {})
  }
  let total = entries.reduce((sum, { bytes }) => sum + bytes, 0)
  const goal = total > maxBytes ? (maxBytes / 8) * 7 : maxBytes
  for (const { path, bytes } of entries.sort((a, b) => a.time - b.time)) {
    if (total <= goal) break
    await rm(path, { force: true }).catch(() => {})
    total -= bytes
  }
  return Math.min(maxBytes - total, maxBytes / 8)
}
