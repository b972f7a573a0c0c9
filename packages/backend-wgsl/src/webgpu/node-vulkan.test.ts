import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findSwiftShader, hasVulkanDriver, loadVulkan, withVulkanDriver } from './node-vulkan.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vulkan-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function touch(...path: readonly string[]): string {
  const file = join(folder, ...path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, '{}')
  return file
}

describe('findSwiftShader', () => {
  test('takes the first folder with a manifest, and the loader beside it if there is one', () => {
    const [empty, bare, full] = ['empty', 'bare', 'full'].map((name) => join(folder, name)) as [string, string, string]
    expect(findSwiftShader([empty])).toBeUndefined()
    const bareManifest = touch('bare', 'vk_swiftshader_icd.json')
    expect(findSwiftShader([empty, bare])).toEqual({ manifest: bareManifest, loader: undefined })
    const manifest = touch('full', 'vk_swiftshader_icd.json')
    const loader = touch('full', 'libvulkan.so.1')
    expect(findSwiftShader([full, bare])).toEqual({ manifest, loader })
  })
})

describe('hasVulkanDriver', () => {
  test('believes the variables that name drivers', () => {
    expect(hasVulkanDriver({ VK_DRIVER_FILES: '/some/driver.json' })).toBe(true)
    expect(hasVulkanDriver({ VK_ICD_FILENAMES: '/some/driver.json' })).toBe(true)
  })

  test('looks for manifests where the loader does', () => {
    const variables = { HOME: folder, XDG_DATA_DIRS: `${join(folder, 'one')}:${join(folder, 'two')}` }
    const before = hasVulkanDriver(variables) // whether this machine has a driver of its own
    touch('two', 'vulkan', 'icd.d', 'readme.txt')
    expect(hasVulkanDriver(variables)).toBe(before)
    touch('two', 'vulkan', 'icd.d', 'driver.json')
    expect(hasVulkanDriver(variables)).toBe(true)
  })
})

describe('withVulkanDriver', () => {
  const driver = (): string | undefined => process.env.VK_DRIVER_FILES

  test('names the driver during the call alone, also when that throws', () => {
    const before = driver()
    expect(withVulkanDriver('/some/driver.json', driver)).toBe('/some/driver.json')
    expect(driver()).toBe(before)
    const fail = (): never => {
      throw new RangeError('no driver')
    }
    expect(() => withVulkanDriver('/outer.json', () => withVulkanDriver('/inner.json', fail))).toThrow('no driver')
    expect(driver()).toBe(before)
  })

  test('leaves what the loader is told where no driver is given', () => {
    expect(withVulkanDriver('/outer.json', () => withVulkanDriver(undefined, driver))).toBe('/outer.json')
    expect(withVulkanDriver('/outer.json', () => withVulkanDriver('/inner.json', () => 0) || driver())).toBe(
      '/outer.json',
    )
  })
})

describe('loadVulkan', () => {
  test('refuses what is no shared library', () => {
    const system = loadVulkan(undefined)
    expect(loadVulkan(touch('libvulkan.so.1'))).toBe(system)
  })
})
