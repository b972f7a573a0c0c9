/**
 * What Vulkan finds on this Linux machine, and how Dawn gets a Vulkan loader. The loader takes its drivers from manifests:
 * JSON files that name a shared library. The browsers carry one for SwiftShader, which emulates a GPU on the processor, and
 * most carry a loader beside it, in a folder that the dynamic linker does not search.
 */
import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

export interface SwiftShader {
  /** What `VK_DRIVER_FILES` must name. */
  readonly manifest: string
  /** A Vulkan loader beside it, if there is one. */
  readonly loader: string | undefined
}

const browserFolders = [
  '/usr/lib/chromium',
  '/usr/lib/chromium-browser',
  '/usr/lib64/chromium',
  '/usr/lib64/chromium-browser',
  '/opt/google/chrome',
  '/opt/google/chrome-beta',
  '/opt/chromium.org/chromium',
  '/opt/microsoft/msedge',
  '/opt/brave.com/brave',
  '/snap/chromium/current/usr/lib/chromium-browser',
]

/** The SwiftShader of the first of `folders` that has one; by default of the usual places of Chromium and its kin. */
export function findSwiftShader(folders: readonly string[] = browserFolders): SwiftShader | undefined {
  for (const folder of folders) {
    const manifest = join(folder, 'vk_swiftshader_icd.json')
    if (!existsSync(manifest)) continue
    const loader = join(folder, 'libvulkan.so.1')
    return { manifest, loader: existsSync(loader) ? loader : undefined }
  }
  return undefined
}

/**
 * Whether the Vulkan loader would find any driver: named by the variables of the loader in `variables`, or in the folders
 * that it searches. Without one Dawn would only print its complaints.
 */
export function hasVulkanDriver(variables: Readonly<Record<string, string | undefined>>): boolean {
  if (['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'VK_ADD_DRIVER_FILES'].some((name) => variables[name])) return true
  const home = variables.HOME || homedir()
  const folders = [
    variables.XDG_CONFIG_HOME || join(home, '.config'),
    ...(variables.XDG_CONFIG_DIRS || '/etc/xdg').split(delimiter),
    '/etc',
    '/usr/local/etc',
    variables.XDG_DATA_HOME || join(home, '.local/share'),
    ...(variables.XDG_DATA_DIRS || '/usr/local/share:/usr/share').split(delimiter),
    '/usr/local/share',
    '/usr/share',
  ]
  return folders.some((folder) => {
    const manifests = join(folder, 'vulkan/icd.d')
    return existsSync(manifests) && readdirSync(manifests).some((name) => name.endsWith('.json'))
  })
}

/**
 * What `ask` returns, told that the driver of `manifest`, if one is given, is the only one. The loader looks for drivers
 * each time an instance of Vulkan is made, so `ask` must do that before it returns; what is asked later finds all drivers.
 */
export function withVulkanDriver<T>(manifest: string | undefined, ask: () => T): T {
  if (manifest === undefined) return ask()
  const before = process.env.VK_DRIVER_FILES
  process.env.VK_DRIVER_FILES = manifest
  try {
    return ask()
  } finally {
    // Assigning undefined would leave the text "undefined".
    if (before === undefined) delete process.env.VK_DRIVER_FILES
    else process.env.VK_DRIVER_FILES = before
  }
}

const loaderName = 'libvulkan.so.1'

/** `RTLD_NOW | RTLD_NODELETE` of Linux: Node closes a library that is no addon of its own, and this keeps it open. */
const keepOpen = 0x2 | 0x1000

/**
 * Opens a Vulkan loader for the whole process, the system's or else `fallback`, so that Dawn finds it under its name.
 * Returns whether there is one.
 */
export function loadVulkan(fallback: string | undefined): boolean {
  return [loaderName, fallback].some((path) => path !== undefined && opens(path))
}

/** Opens a shared library that is no Node addon. */
function opens(path: string): boolean {
  try {
    process.dlopen({ exports: {} }, path, keepOpen)
    return true
  } catch (error) {
    // Node says this of every library that it could open but not use; all else is the dynamic linker's.
    return error instanceof Error && error.message.includes('did not self-register')
  }
}
