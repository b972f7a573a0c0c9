/** Where the emulator's sources are, and what is made of them. */
import { existsSync } from 'node:fs'
import { lstat, mkdir } from 'node:fs/promises'
import { arch, platform, tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CompileError, UnsupportedError } from '@tilewright/ir'

/** Where modules stay by default. What is in it is loaded as code: nobody else may write to it. */
export async function ownTemporaryFolder(): Promise<string> {
  const { uid } = userInfo()
  const folder = join(tmpdir(), `tilewright-emulated-${uid}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const found = await lstat(folder)
  if (!found.isDirectory() || found.uid !== uid) {
    throw new CompileError({
      code: 'device/cache-folder',
      message: `${folder} belongs to somebody else`,
      help: 'name another folder for modules (cacheFolder)',
    })
  }
  return folder
}

/**
 * The emulator's sources: beside `src` and `dist`, whichever of them this file is in. Throws `UnsupportedError`
 * `device/emulation` on machines for which there are no fibers.
 */
export function emulatorFolder(): string {
  if (platform() !== 'linux' || arch() !== 'x64') {
    throw new UnsupportedError({
      code: 'device/emulation',
      message: `CUDA is not emulated on ${platform()} ${arch()}: its fibers know x86-64 on Linux alone`,
      help: 'use a GPU, or the cpu backend',
    })
  }
  let folder = dirname(fileURLToPath(import.meta.url))
  while (folder !== dirname(folder) && !existsSync(join(folder, 'emulator/cuda-emulated.h'))) folder = dirname(folder)
  return join(folder, 'emulator')
}
