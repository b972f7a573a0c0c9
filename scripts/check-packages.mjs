// pnpm check:packages: what is built can be used as it will be published: every export of every package loads in plain Node,
// by import and by require, its declarations resolve and check for a user who has neither the sources nor our compiler settings, and its README links
// to nothing that stays here.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'
import { readPackages, report } from './sources.mjs'
import { ROOT } from './workspace.mjs'

const specifiers = readPackages().flatMap(({ manifest }) =>
  Object.keys(manifest.exports ?? {})
    .filter((subpath) => subpath !== './package.json')
    .map((subpath) => manifest.name + subpath.slice(1)),
)

/** @returns {string[]} */
function checkRunning() {
  const imports = specifiers.map(
    (name) => `await import('${name}').catch((e) => console.error('${name}: ' + e.message))`,
  )
  const requires = specifiers.map(
    (name) => `try { require('${name}') } catch (e) { console.error('${name}, by require: ' + e.message) }`,
  )
  return [...problemsOf('module', imports), ...problemsOf('commonjs', requires)]
}

/**
 * @param {'module' | 'commonjs'} type
 * @param {string[]} script
 * @returns {string[]}
 */
function problemsOf(type, script) {
  // Some versions of Node call a module that is required experimental.
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--no-warnings', `--input-type=${type}`, '-e', script.join('\n')],
    { cwd: ROOT, encoding: 'utf8' },
  )
  const problems = stderr.split('\n').filter((line) => line !== '')
  return status === 0 || problems.length > 0 ? problems : [`loading the packages ends with exit code ${status}`]
}

const exporting = specifiers.map((name, i) => `export * as package${i} from '${name}'`)

/** Only where a program has types of WebGPU: ours are these. */
const typedGpu = `import type { openNodeGpu } from '@tilewright/backend-wgsl/node'
export type Gpu = Awaited<ReturnType<typeof openNodeGpu>>
export const limitsOf = (gpu: Gpu): GPUSupportedLimits => gpu.device.limits`

/** The TypeScript of the tutorial. */
const shown = [...readFileSync(join(ROOT, 'docs/tutorial.md'), 'utf8').matchAll(/^```ts .*\n([^`]*)^```$/gm)]

/**
 * The programs that declarations are checked in: without types of WebGPU, with those of a package, and with those of the
 * DOM library of TypeScript 6 and later, which is the package `@types/web`.
 */
const consumers = [
  { name: 'tutorial', lines: shown.map(([, code]) => code), lib: ['es2023', 'dom'], types: [] },
  { name: 'plain', lines: exporting, lib: ['es2023', 'dom'], types: [] },
  { name: 'webgpu-types', lines: [...exporting, typedGpu], lib: ['es2023', 'dom'], types: ['@webgpu/types'] },
  { name: 'new-dom', lines: [...exporting, typedGpu], lib: ['es2023'], types: ['web'] },
]

/** @returns {string[]} */
function checkDeclarations() {
  const folder = join(ROOT, 'node_modules', '.cache', 'check-packages')
  mkdirSync(folder, { recursive: true })
  return consumers.flatMap(({ name, lines, lib, types }) => {
    const consumer = join(folder, `${name}.mts`)
    writeFileSync(consumer, `${lines.join('\n')}\n`)
    const program = ts.createProgram([consumer], {
      target: ts.ScriptTarget.ES2023,
      lib: lib.map((library) => `lib.${library}.d.ts`),
      types,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      strict: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
    })
    const fromSources = program.getSourceFiles().filter(({ fileName }) => /\/packages\/[^/]+\/src\//.test(fileName))
    return [
      ...fromSources.map(({ fileName }) => `${fileName} is read from the sources instead of the built declarations`),
      ...ts.getPreEmitDiagnostics(program).map((diagnostic) => ts.formatDiagnostic(diagnostic, HOST).trimEnd()),
    ]
  })
}

/** @returns {string[]} */
function checkLinks() {
  return readPackages().flatMap(({ dir, manifest: { files = [] } }) => {
    const folder = join(ROOT, 'packages', dir)
    const isPacked = (/** @type {string} */ path) =>
      files.some((packed) => path === packed || path.startsWith(`${packed}/`)) && existsSync(join(folder, path))
    const links = readFileSync(join(folder, 'README.md'), 'utf8').matchAll(/\]\((?!\w+:|#)([^)#]+)/g)
    return [...links]
      .filter(([, to = '']) => !isPacked(posix.normalize(to)))
      .map(([, to]) => `packages/${dir}/README.md: '${to}' is not in the package; name it in plain text`)
  })
}

/** @type {ts.FormatDiagnosticsHost} */
const HOST = { getCurrentDirectory: () => ROOT, getCanonicalFileName: (name) => name, getNewLine: () => '\n' }

report('built packages', [...checkRunning(), ...checkDeclarations(), ...checkLinks()])
