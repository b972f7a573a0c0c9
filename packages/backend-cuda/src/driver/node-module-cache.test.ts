import { spawn, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import ts from 'typescript'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import type { CudaCompiler } from './compiler.js'
import { defaultModuleFolder, keepModules } from './node-module-cache.js'

const root = fs.mkdtempSync(join(tmpdir(), 'tilewright-modules-'))
afterAll(() => fs.rmSync(root, { recursive: true }))
afterEach(() => vi.unstubAllEnvs())

const newFolder = (): string => join(fs.mkdtempSync(join(root, 'cache-')), 'cuda')
const entriesOf = (folder: string): string[] => fs.readdirSync(folder).map((name) => join(folder, name))
const imageOf = (source: string, architecture: string): Uint8Array =>
  new TextEncoder().encode(`ELF of ${source} for ${architecture}`)

/** Its images say what they are of; `asked` lists what it was asked for. */
function counting(name = 'fake 1.0'): CudaCompiler & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    name,
    asked,
    compile: async (source, architecture) => {
      asked.push(`${source} ${architecture}`)
      return imageOf(source, architecture)
    },
  }
}

test('an image is compiled once: for this cache and for those to come', async () => {
  const folder = newFolder()
  const compiler = counting()
  const cache = keepModules(compiler, { folder })
  expect(cache.name).toBe('fake 1.0')
  for (const each of [cache, cache, keepModules(compiler, { folder })]) {
    const image = await each.compile('a', 'sm_80')
    expect(image).toEqual(imageOf('a', 'sm_80'))
    // It fills its memory: what takes the buffer takes nothing else.
    expect(image.buffer.byteLength).toBe(image.length)
  }
  expect(compiler.asked).toEqual(['a sm_80'])
  expect(fs.statSync(folder).mode & 0o777).toBe(0o700)
})

test('other sources, architectures and compilers have other entries', async () => {
  const folder = newFolder()
  const [compiler, newer] = [counting(), counting('fake 1.1')]
  const cache = keepModules(compiler, { folder })
  for (const [source, architecture] of [
    ['a', 'sm_80'],
    ['b', 'sm_80'],
    ['a', 'sm_90a'],
    ['asm', '_80'],
  ] as const) {
    for (let i = 0; i < 2; i++) {
      expect(await cache.compile(source, architecture)).toEqual(imageOf(source, architecture))
    }
  }
  await keepModules(newer, { folder }).compile('a', 'sm_80')
  expect(compiler.asked).toEqual(['a sm_80', 'b sm_80', 'a sm_90a', 'asm _80'])
  expect(newer.asked).toEqual(['a sm_80'])
  expect(entriesOf(folder)).toHaveLength(5)
})

test('errors of the compiler are its own, and are not kept', async () => {
  const folder = newFolder()
  let calls = 0
  const wrong = (): Promise<never> => Promise.reject(new RangeError(`wrong ${++calls}`))
  const cache = keepModules({ name: 'wrong', compile: wrong }, { folder })
  await expect(cache.compile('a', 'sm_80')).rejects.toThrow('wrong 1')
  await expect(cache.compile('a', 'sm_80')).rejects.toThrow('wrong 2')
})

test('an entry that is cut, longer, changed or empty is built anew', async () => {
  const folder = newFolder()
  const compiler = counting()
  const cache = keepModules(compiler, { folder })
  await cache.compile('a', 'sm_80')
  const path = entriesOf(folder)[0]!
  const whole = fs.readFileSync(path)
  const position = fc.nat(whole.length - 1)
  const damaged = fc.oneof(
    position.map((length) => whole.subarray(0, length)),
    fc.uint8Array({ minLength: 1, maxLength: 9 }).map((more) => Buffer.concat([whole, more])),
    fc.tuple(position, fc.integer({ min: 1, max: 255 })).map(([at, flip]) => {
      const copy = Buffer.from(whole)
      copy[at]! ^= flip
      return copy
    }),
  )
  await fc.assert(
    fc.asyncProperty(damaged, async (entry) => {
      fs.writeFileSync(path, entry)
      compiler.asked.length = 0
      expect(await cache.compile('a', 'sm_80')).toEqual(imageOf('a', 'sm_80'))
      expect(compiler.asked).toEqual(['a sm_80'])
      expect(fs.readFileSync(path).equals(whole)).toBe(true)
    }),
    { numRuns: propertyRuns() },
  )
  expect(entriesOf(folder)).toEqual([path])
})

test('an entry under the name of another is built anew', async () => {
  const folder = newFolder()
  const compiler = counting()
  const cache = keepModules(compiler, { folder })
  await cache.compile('a', 'sm_80')
  const a = entriesOf(folder)[0]!
  await cache.compile('b', 'sm_80')
  fs.copyFileSync(entriesOf(folder).find((path) => path !== a)!, a)
  expect(await cache.compile('a', 'sm_80')).toEqual(imageOf('a', 'sm_80'))
  expect(compiler.asked).toEqual(['a sm_80', 'b sm_80', 'a sm_80'])
})

test('where there can be no folder, compiling goes on, with one remark', async () => {
  const file = join(root, 'file')
  fs.writeFileSync(file, '')
  const remarks: string[] = []
  const compiler = counting()
  const cache = keepModules(compiler, { folder: join(file, 'cuda'), remark: (text) => remarks.push(text) })
  for (const source of ['a', 'b', 'a']) expect(await cache.compile(source, 'sm_80')).toEqual(imageOf(source, 'sm_80'))
  expect(compiler.asked).toEqual(['a sm_80', 'b sm_80', 'a sm_80'])
  expect(remarks).toEqual([expect.stringMatching(/^compiled CUDA modules are not kept in .*file.cuda: .*ENOTDIR/)])
})

test('the entries that were not used for the longest time go; what is no entry stays', async () => {
  const folder = newFolder()
  fs.mkdirSync(folder)
  fs.writeFileSync(join(folder, 'notes.txt'), 'x'.repeat(5000))
  const compiler: CudaCompiler = { name: 'large', compile: async () => new Uint8Array(1000) }
  const cache = (): CudaCompiler => keepModules(compiler, { folder, maxBytes: 8000 })
  const paths: string[] = []
  for (let i = 0; i < 7; i++) {
    await cache().compile(`${i}`, 'sm_80')
    const path = entriesOf(folder).find((path) => path.endsWith('.image') && !paths.includes(path))!
    paths.push(path)
    fs.utimesSync(path, 1000 + i, 1000 + i)
  }
  // Reading is use.
  await cache().compile('0', 'sm_80')
  await cache().compile('7', 'sm_80')
  const left = entriesOf(folder).filter((path) => path.endsWith('.image'))
  expect(paths.map((path) => left.includes(path))).toEqual([true, false, false, true, true, true, true])
  expect(left).toHaveLength(6)
  expect(fs.existsSync(join(folder, 'notes.txt'))).toBe(true)
})

test('one cache that goes on writing stays within its bounds', async () => {
  const folder = newFolder()
  const cache = keepModules({ name: 'large', compile: async () => new Uint8Array(1000) }, { folder, maxBytes: 16_000 })
  for (let i = 0; i < 60; i++) await cache.compile(`${i}`, 'sm_80')
  const bytes = entriesOf(folder).reduce((sum, path) => sum + fs.statSync(path).size, 0)
  expect(bytes).toBeLessThanOrEqual(18_000)
  expect(bytes).toBeGreaterThan(12_000)
})

test('what killed processes left is removed after a day', async () => {
  const folder = newFolder()
  fs.mkdirSync(folder)
  const [old, young] = ['old', 'young'].map((name) => join(folder, `${name}.image.tmp`)) as [string, string]
  for (const path of [old, young]) fs.writeFileSync(path, 'half')
  const yesterday = Date.now() / 1000 - 25 * 60 * 60
  fs.utimesSync(old, yesterday, yesterday)
  await keepModules(counting(), { folder }).compile('a', 'sm_80')
  expect([old, young].map((path) => fs.existsSync(path))).toEqual([false, true])
})

/** The arguments for Node to run `code` as a module, with `keepModules` in it. */
function program(code: string): string[] {
  const folder = fs.mkdtempSync(join(root, 'program-'))
  for (const name of ['driver/node-module-cache', 'node-digest']) {
    const text = fs.readFileSync(join(import.meta.dirname, '..', `${name}.ts`), 'utf8')
    const { outputText } = ts.transpileModule(text, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true },
    })
    const path = join(folder, `${name}.js`)
    fs.mkdirSync(dirname(path), { recursive: true })
    fs.writeFileSync(path, outputText)
  }
  fs.writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const cache = pathToFileURL(join(folder, 'driver/node-module-cache.js')).href
  const text = `const load = () => import(${JSON.stringify(cache)})\n${code}`
  fs.writeFileSync(join(folder, 'main.js'), text)
  return [join(folder, 'main.js')]
}

const compileInChild = `
  const compile = async (source, architecture) => new TextEncoder().encode('ELF of ' + source + ' for ' + architecture)
  const cache = (await load()).keepModules({ name: 'fake 1.0', compile }, { folder: process.argv[2] })
`

test('a process that is killed while it writes leaves no entry', async () => {
  const folder = newFolder()
  const dying = program(`
    import files from 'node:fs/promises'
    import { syncBuiltinESMExports } from 'node:module'
    const { writeFile } = files
    files.writeFile = async (path, data, options) => {
      await writeFile(path, data.subarray(0, data.length / 2), options)
      process.kill(process.pid, 'SIGKILL')
    }
    syncBuiltinESMExports()
    ${compileInChild}
    await cache.compile('a', 'sm_80')
  `)
  expect(spawnSync(process.execPath, [...dying, folder], { encoding: 'utf8' })).toMatchObject({
    signal: 'SIGKILL',
    stderr: '',
  })
  expect(entriesOf(folder)).toEqual([expect.stringMatching(/\.tmp$/)])
  const compiler = counting()
  const cache = keepModules(compiler, { folder })
  for (let i = 0; i < 2; i++) expect(await cache.compile('a', 'sm_80')).toEqual(imageOf('a', 'sm_80'))
  expect(compiler.asked).toEqual(['a sm_80'])
})

test('processes that write and read the same entries at once get whole ones', async () => {
  const folder = newFolder()
  const main = program(
    `
    import { readdirSync, rmSync } from 'node:fs'
    ${compileInChild}
    for (let i = 0; i < 200; i++) {
      const source = 's'.repeat(20000) + i % 3
      const image = new TextDecoder().decode(await cache.compile(source, 'sm_80'))
      if (image !== 'ELF of ' + source + ' for sm_80') process.exit(1)
      if (i % 2 === 0) for (const name of readdirSync(folder)) if (name.endsWith('.image')) rmSync(folder + '/' + name, { force: true })
    }
  `.replace('const compile', 'const folder = process.argv[2]\nconst compile'),
  )
  const ends = Array.from({ length: 3 }, () => {
    const child = spawn(process.execPath, [...main, folder], { stdio: ['ignore', 'ignore', 'pipe'] })
    const said: string[] = []
    child.stderr.on('data', (chunk) => said.push(String(chunk)))
    return new Promise((resolve) => child.on('close', (code) => resolve([code, said.join('')])))
  })
  expect(await Promise.all(ends)).toEqual([
    [0, ''],
    [0, ''],
    [0, ''],
  ])
  expect(entriesOf(folder).filter((path) => path.endsWith('.tmp'))).toEqual([])
})

test.skipIf(process.platform === 'win32')('modules stay among the caches of the user', () => {
  vi.stubEnv('HOME', '/home/somebody')
  vi.stubEnv('XDG_CACHE_HOME', '/var/caches')
  expect(defaultModuleFolder()).toBe('/var/caches/tilewright/cuda')
  for (const ignored of ['', 'relative']) {
    vi.stubEnv('XDG_CACHE_HOME', ignored)
    expect(defaultModuleFolder()).toBe('/home/somebody/.cache/tilewright/cuda')
  }
})
