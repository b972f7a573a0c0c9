// node scripts/offline-bundle.mjs OUT [--models NAME…]: everything that a Linux x86-64 machine with an NVIDIA GPU, and without a
// network, Node or npm, needs to run the tests, checks and benchmarks that want a GPU. Makes OUT/tilewright-gpu/ and
// OUT/tilewright-gpu.tar.xz; there, `tar xf`, and `sh tilewright-gpu/run.sh`. See docs/gpu-machine.md.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { closureOf, danglingLinks } from './offline-bundle/closure.mjs'
import { prepare, ROOT } from './workspace.mjs'

/** Of the tools at the root, those that run tests. */
const TOOLS = new Set(['fast-check', 'koffi', 'tilewright', 'vite', 'vitest', 'webgpu'])
/** What nothing on a GPU machine needs: browsers, bundlers and their declarations. */
const LEFT_OUT = new Set(['esbuild', 'playwright-core', 'typescript', 'tsup'])
/** Parts of packages for other systems, and sources of what is built. */
const OTHER_SYSTEMS = /\/(webgpu\/dist\/(?!linux-x64)[^/]+|koffi-linux-x64\/musl_x64|koffi\/(vendor|doc))(\/|$)/
const NOT_RUN = /\.(map|md|d\.[cm]?ts|cc|hh|S|asm|inc|def)$/

/** Whether a package is taken along, asked for by the folder `importer`. */
export function isWanted(/** @type {string} */ name, /** @type {string} */ importer) {
  if (LEFT_OUT.has(name) || name.startsWith('@types/')) return false
  return importer !== '.' || TOOLS.has(name) || name.startsWith('@tilewright/')
}

/** The folders of the workspace that are taken along. */
export function workspaceFolders() {
  const folders = ['packages', 'internal'].flatMap((parent) =>
    readdirSync(join(ROOT, parent)).map((name) => `${parent}/${name}`),
  )
  return [...folders, 'apps/bench', 'apps/nvcc']
}

/** Libraries that a bare machine lacks beside NVIDIA's Vulkan driver, in Debian's packages. */
const DEBIAN_PACKAGES =
  'libvulkan1 libegl1 libglvnd0 libglx0 libx11-6 libxext6 libxcb1 libxau6 libxdmcp6 libbsd0 libmd0'.split(' ')

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { models: { type: 'boolean', default: false } },
  })
  const [out, ...models] = positionals
  if (out === undefined || (models.length > 0 && !values.models)) {
    console.error('usage: node scripts/offline-bundle.mjs OUT [--models NAME…]')
    process.exit(2)
  }
  await prepare()
  const folder = join(resolve(out), 'tilewright-gpu')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  copyWorkspace(folder)
  copyModules(folder)
  const glibc = copyNode(folder)
  const libraries = copyLibraries(folder)
  copyData(folder, models)
  cpSync(join(ROOT, 'scripts/offline-bundle/run.sh'), join(folder, 'run.sh'))
  const commit = output('git', ['rev-parse', '--short=12', 'HEAD']).trim()
  const manifest = { commit, date: new Date().toISOString(), node: process.version, glibc, models, libraries }
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
  const archive = `${folder}.tar.xz`
  output('tar', ['-C', dirname(folder), '-cJf', archive, basename(folder)], { XZ_OPT: '-6 -T0' })
  console.log(`${archive}: ${(readFileSync(archive).length / 1e6).toFixed(1)} MB`)
}

/** Sources, which the tests run, and what is built of them, which the command line and the benchmarks are. */
function copyWorkspace(/** @type {string} */ folder) {
  const roots = [...workspaceFolders(), 'scripts', 'vitest.config.ts', 'package.json', 'tsconfig.base.json', 'LICENSE']
  const tracked = output('git', ['ls-files', '-co', '--exclude-standard', '--', ...roots])
    .trim()
    .split('\n')
  for (const path of tracked) {
    if (!existsSync(join(ROOT, path)) || /^apps\/bench\/results\//.test(path)) continue
    cpSync(join(ROOT, path), join(folder, path))
  }
  for (const path of workspaceFolders()) {
    const built = join(ROOT, path, 'dist')
    if (existsSync(built))
      cpSync(built, join(folder, path, 'dist'), { recursive: true, filter: (from) => !NOT_RUN.test(from) })
  }
}

function copyModules(/** @type {string} */ folder) {
  const workspace = workspaceFolders()
  const closure = closureOf(ROOT, ['.', ...workspace], isWanted)
  const dangling = danglingLinks(closure, workspace)
  if (dangling.length > 0) throw new Error(`links to what is not taken along: ${dangling.join(', ')}`)
  for (const path of closure.folders) {
    const filter = (/** @type {string} */ from) => !NOT_RUN.test(from) && !OTHER_SYSTEMS.test(from)
    cpSync(join(ROOT, path), join(folder, path), { recursive: true, filter })
  }
  for (const [path, target] of closure.links) {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    symlinkSync(target, join(folder, path))
  }
}

/**
 * This machine's Node, and the newest glibc that it or a native module asks for. Symbols are taken off where `strip` is there.
 */
function copyNode(/** @type {string} */ folder) {
  mkdirSync(join(folder, 'bin'))
  const node = join(folder, 'bin/node')
  cpSync(process.execPath, node, { dereference: true })
  const natives = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.node'))
    .map((path) => join(folder, path))
  const needed = [node, ...natives].map((path) => {
    spawnSync('strip', ['--strip-unneeded', path])
    const versions = readFileSync(path, 'latin1').match(/GLIBC_2\.\d+/g) ?? []
    return Math.max(0, ...versions.map((version) => Number(version.slice('GLIBC_2.'.length))))
  })
  return `2.${Math.max(...needed)}`
}

/** Debian's libraries, from its packages where `apt-get` can have them; run.sh uses what the machine lacks. */
function copyLibraries(/** @type {string} */ folder) {
  const to = join(folder, 'lib')
  mkdirSync(to)
  const work = mkdtempSync(join(tmpdir(), 'tilewright-bundle-'))
  try {
    const { status } = spawnSync('apt-get', ['download', '-qq', ...DEBIAN_PACKAGES], { cwd: work, stdio: 'ignore' })
    if (status !== 0) console.error('apt-get download fails: without a Vulkan loader')
    for (const name of readdirSync(work).filter((file) => file.endsWith('.deb'))) {
      output('dpkg-deb', ['-x', join(work, name), join(work, 'root')])
    }
    const found = readdirSync(work, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /\/lib[^/]+\.so\.\d+$/.test(path),
    )
    for (const path of found) cpSync(join(work, path), join(to, basename(path)), { dereference: true })
    return readdirSync(to)
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** ONNX's cases, and the models asked for. */
function copyData(/** @type {string} */ folder, /** @type {readonly string[]} */ models) {
  const data = join(folder, 'data')
  mkdirSync(join(data, 'models'), { recursive: true })
  const from = process.env.TILEWRIGHT_DATA
  if (from === undefined) {
    console.error('TILEWRIGHT_DATA is not set: without ONNX cases and models')
    return
  }
  for (const name of models) cpSync(join(from, 'models', name), join(data, 'models', name), { recursive: true })
  cpSync(join(from, 'onnx-conformance/index.json'), join(data, 'onnx-conformance/index.json'))
  cpSync(join(from, 'onnx-conformance/node'), join(data, 'onnx-conformance/node'), { recursive: true })
}

/**
 * What a program prints; throws when it fails.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Record<string, string>} [environment]
 */
function output(program, args, environment) {
  const options = { cwd: ROOT, encoding: /** @type {const} */ ('utf8'), maxBuffer: 2 ** 26 }
  const { status, stdout, stderr } = spawnSync(program, args, { ...options, env: { ...process.env, ...environment } })
  if (status !== 0) throw new Error(`${program} ${args[0]}: ${stderr}`)
  return stdout
}

if (process.argv[1] === import.meta.filename) await main()
