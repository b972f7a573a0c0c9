/** Builds the driver without a GPU: `emulator/fake-libcuda`, which launches what the emulated compiler has made. */
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digest } from '../node-digest.js'
import { emulatorFolder, ownTemporaryFolder } from './node-emulator-folders.js'
import { buildLibrary, callGnuCompiler } from './node-gnu-compiler.js'

const flags = ['-std=c++20', '-O1', '-shared', '-fPIC']

/**
 * The path of the library, built in `folder` (default: a folder of the user's among the temporary ones) unless it is there.
 * Rejects with `CompileError` `device/no-compiler`, and `device/pipeline` with what g++ says.
 */
export async function buildFakeLibcuda(folder?: string): Promise<string> {
  const sources = join(emulatorFolder(), 'fake-libcuda')
  const names = [...(await readdir(sources)).sort(), '../tensor.h']
  const texts = await Promise.all(names.map((name) => readFile(join(sources, name), 'utf8')))
  const compiler = await callGnuCompiler(['-dumpfullversion', '-dumpmachine'])
  const target = folder ?? (await ownTemporaryFolder())
  await mkdir(target, { recursive: true })
  const path = join(target, `libcuda-${digest([compiler, flags.join(' '), ...texts])}.so`)
  await buildLibrary(path, [...flags, join(sources, 'fake-libcuda.cpp'), '-ldl'])
  return path
}
