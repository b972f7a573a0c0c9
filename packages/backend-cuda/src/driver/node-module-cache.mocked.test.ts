import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { keepModules } from './node-module-cache.js'

let full = true
vi.mock('node:fs/promises', async (original) => {
  const files = await original<typeof import('node:fs/promises')>()
  return {
    ...files,
    writeFile: async (path: string, data: Buffer, options: object) => {
      await files.writeFile(path, full ? data.subarray(0, 9) : data, options)
      if (full) throw Object.assign(new TypeError('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    },
  }
})

const folder = mkdtempSync(join(tmpdir(), 'tilewright-full-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('on a full disk compiling goes on, with one remark; what was begun is removed', async () => {
  const remarks: string[] = []
  let calls = 0
  const compile = async (): Promise<Uint8Array> => Uint8Array.of(++calls)
  const cache = keepModules({ name: 'fake', compile }, { folder, remark: (text) => remarks.push(text) })
  expect(await cache.compile('a', 'sm_80')).toEqual(Uint8Array.of(1))
  expect(await cache.compile('a', 'sm_80')).toEqual(Uint8Array.of(2))
  expect(remarks).toEqual([expect.stringContaining('ENOSPC: no space left')])
  expect(readdirSync(folder)).toEqual([])
  full = false
  expect(await cache.compile('a', 'sm_80')).toEqual(Uint8Array.of(3))
  expect(await cache.compile('a', 'sm_80')).toEqual(Uint8Array.of(3))
})
