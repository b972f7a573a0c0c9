/** Where NVRTC may be: libraries to try one after the other, with the headers that belong to each. */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { toolkitFolders } from './node-toolkit.js'

export interface NvrtcLibrary {
  /** A path, or a name that the system's loader is to find. */
  readonly path: string
  /** Libraries that it looks for by name, and finds where they are loaded already. */
  readonly builtins: readonly string[]
  /** A folder with `cuda_fp16.h`. */
  readonly headers: string | undefined
  /** The first number of its version. */
  readonly major: number
}

const windows = process.platform === 'win32'
/** Newest first. Since 11.2 a name stays the same for all versions with the first number in common. */
const names = windows
  ? ['nvrtc64_130_0.dll', 'nvrtc64_120_0.dll', 'nvrtc64_112_0.dll']
  : ['libnvrtc.so.13', 'libnvrtc.so.12', 'libnvrtc.so.11.2']

/**
 * Those of the toolkit that the environment names, those that the system's loader may know, those of an installed toolkit,
 * and those that Python's installer has put among its packages. Last are those newer than the driver, whose images it may not
 * know (CUDA promises them within one first number), and, apart from that, those without headers. `driver` is the driver's
 * version of CUDA: 13000 is 13.0.
 */
export async function findNvrtc(driver: number): Promise<readonly NvrtcLibrary[]> {
  const { given, usual } = toolkitFolders()
  const headers = [...given, ...usual, '/usr'].map((folder) => join(folder, 'include'))
  const inToolkits = async (toolkits: readonly string[]): Promise<readonly NvrtcLibrary[]> => {
    const folders = toolkits.flatMap((folder) => libraryFolders.map((name) => join(folder, name)))
    return (await Promise.all(folders.map((folder) => nvrtcIn(folder)))).flat()
  }
  const known = names.map((path) => ({ path, builtins: [], headers: undefined, major: majorOf(path) }))
  const python = (await pythonFolders()).map(async (packages) => {
    const parts = (await list(packages)).map((name) => join(packages, name))
    const found = await Promise.all(parts.map((part) => nvrtcIn(join(part, windows ? 'bin' : 'lib'))))
    return { found: found.flat(), headers: parts.map((part) => join(part, 'include')) }
  })
  const packages = await Promise.all(python)
  const others = headersIn([...headers, ...packages.flatMap((each) => each.headers)])
  const ownFirst = packages.flatMap(({ found, headers: own }) =>
    found.map((library) => ({ ...library, headers: library.headers ?? headersIn(own) })),
  )
  const rank = ({ headers: found, major }: NvrtcLibrary): number =>
    (major > Math.floor(driver / 1000) ? 2 : 0) + (found === undefined ? 1 : 0)
  return [...(await inToolkits(given)), ...known, ...(await inToolkits(usual)), ...ownFirst]
    .map((library) => ({ ...library, headers: library.headers ?? others }))
    .sort((a, b) => rank(a) - rank(b))
}

/** 13 of libnvrtc.so.13 and of nvrtc64_130_0.dll. */
const majorOf = (name: string): number => Number(/(?:so\.|64_)(\d\d)/.exec(name)?.[1])

const libraryFolders = windows ? ['bin', 'bin/x64'] : ['lib64', 'lib']

/** The libraries in `folder`, newest first. */
async function nvrtcIn(folder: string): Promise<readonly NvrtcLibrary[]> {
  const files = await list(folder)
  const headers = headersIn([join(folder, '../include'), join(folder, '../../include')])
  return names
    .filter((name) => files.includes(name))
    .map((name) => {
      // libnvrtc-builtins.so.13.0 for libnvrtc.so.13, nvrtc-builtins64_130.dll for nvrtc64_130_0.dll.
      const major = majorOf(name)
      const builtins = files.filter((file) => new RegExp(`^(lib)?nvrtc-builtins(\\.so\\.|64_)${major}`).test(file))
      return { path: join(folder, name), builtins: builtins.map((file) => join(folder, file)), headers, major }
    })
}

function headersIn(folders: readonly string[]): string | undefined {
  return folders.find((folder) => existsSync(join(folder, 'cuda_fp16.h')))
}

/** The folders `nvidia` among the packages of the Pythons that are likely to be meant. */
async function pythonFolders(): Promise<readonly string[]> {
  const roots = [process.env.VIRTUAL_ENV, process.env.CONDA_PREFIX].filter((root) => root !== undefined && root !== '')
  if (windows) return roots.map((root) => join(`${root}`, 'Lib/site-packages/nvidia'))
  const libraries = [...roots, join(home(), '.local'), '/usr/local', '/usr'].map((root) => join(`${root}`, 'lib'))
  const versions = libraries.map(async (folder) =>
    (await list(folder))
      .filter((name) => /^python3/.test(name))
      .flatMap((name) => ['site-packages', 'dist-packages'].map((packages) => join(folder, name, packages, 'nvidia'))),
  )
  return (await Promise.all(versions)).flat()
}

/** A user without an entry in the system's list has no home. */
function home(): string {
  try {
    return homedir()
  } catch {
    return '/'
  }
}

/** What is in `folder`, in a fixed order: nothing where there is no such folder. */
async function list(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort()
  } catch {
    return []
  }
}
