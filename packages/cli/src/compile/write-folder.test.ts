import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'tsup'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bundle } from '../fixtures/bundle.js'
import { temporaryFolder } from '../fixtures/write-case.js'
import { checkNewFolder, type NewFile, writeFolder } from './write-folder.js'

let root: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  root = temporaryFolder()
})
afterEach(() => root.remove())

const at = (...parts: string[]): string => join(root.path, ...parts)
const file = (name: string, ...chunks: readonly (string | Error)[]): NewFile => ({
  name,
  chunks: async function* () {
    for (const chunk of chunks) {
      if (chunk instanceof Error) throw chunk
      yield new TextEncoder().encode(chunk)
    }
  },
})
const files = [file('a', 'one', 'two'), file('b')]

test.each([
  ['new', 'out'],
  ['new, in folders that are new', 'x/y/out'],
  ['empty', 'empty'],
])('a folder that is %s holds the files and nothing else', async (_, name) => {
  mkdirSync(at('empty'))
  const { ino } = statSync(at('empty'))
  expect(await writeFolder(at(name), files)).toEqual([6, 0])
  expect(readdirSync(at(name)).toSorted()).toEqual(['a', 'b'])
  expect([readFileSync(at(name, 'a'), 'utf8'), readFileSync(at(name, 'b'), 'utf8')]).toEqual(['onetwo', ''])
  // Whoever stands in the empty folder still does.
  expect(statSync(at('empty')).ino).toBe(ino)
  expect(readdirSync(root.path).toSorted()).toEqual([...new Set(['empty', name.split('/')[0]])].toSorted())
})

test('an empty folder stays the one that it is, however it is named', async () => {
  mkdirSync(at('empty'))
  const { ino } = statSync(at('empty'))
  await writeFolder(`${at('empty')}/new/..`, files)
  expect([statSync(at('empty')).ino, readdirSync(at('empty')).toSorted()]).toEqual([ino, ['a', 'b']])
})

describe('leaves what was there, and nothing more', () => {
  const fullDisk = Object.assign(new TypeError('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })

  test.each(['out', 'x/y/out', 'empty'])('when the content of %s fails', async (name) => {
    mkdirSync(at('empty'))
    await expect(writeFolder(at(name), [file('a', 'one'), file('b', 'two', fullDisk)])).rejects.toThrow(fullDisk)
    expect(readdirSync(root.path, { recursive: true })).toEqual(['empty'])
  })

  test('when the folder is not empty', async () => {
    writeFileSync(at('mine'), 'mine')
    const refusal = expect.objectContaining({ code: 'file/not-empty', where: root.path })
    expect(() => checkNewFolder(root.path)).toThrow(refusal)
    await expect(writeFolder(root.path, files)).rejects.toThrow(refusal)
    expect(readdirSync(root.path)).toEqual(['mine'])
  })

  test.each(['mine', 'mine/out', 'mine/x/out'])('when a file is in the way of %s', async (name) => {
    writeFileSync(at('mine'), 'mine')
    await expect(writeFolder(at(name), files)).rejects.toThrow(
      expect.objectContaining({ code: 'file/not-a-folder', where: at('mine') }),
    )
    expect(readFileSync(at('mine'), 'utf8')).toBe('mine')
  })

  test.skipIf(process.platform !== 'linux')('where the system lets nobody write', async () => {
    await expect(writeFolder('/proc/tilewright', files)).rejects.toThrow(
      expect.objectContaining({
        code: 'file/unwritable',
        // Of the folder that was asked for: that it is written under another name is nobody's business.
        message: expect.stringMatching(/^it cannot be written: E[A-Z]+: [a-z ]+$/),
        help: 'check the path and its permissions',
      }),
    )
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('when %s ends the program, which it does', async (signal) => {
    const program = await bundle(build, 'fixtures/write-forever')
    const child = spawn(process.execPath, [program, at('x/out')], { stdio: ['ignore', 'pipe', 'inherit'] })
    const closed = once(child, 'close')
    await once(child.stdout, 'data')
    expect(readdirSync(root.path)).toHaveLength(1)
    child.kill(signal)
    expect(await closed).toEqual([null, signal])
    expect(readdirSync(root.path)).toEqual([])
  })
})
