// pnpm check:packages: what is built can be used as it will be published: every export of every package loads in plain Node,
// and its declarations resolve and check for a user who has neither the sources nor our compiler settings.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
  const script = specifiers.map(
    (name) => `await import('${name}').catch((e) => console.error('${name}: ' + e.message))`,
  )
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script.join('\n')], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  const problems = stderr.split('\n').filter((line) => line !== '')
  return status === 0 || problems.length > 0 ? problems : [`loading the packages ends with exit code ${status}`]
}

/** @returns {string[]} */
function checkDeclarations() {
  const folder = join(ROOT, 'node_modules', '.cache', 'check-packages')
  mkdirSync(folder, { recursive: true })
  const consumer = join(folder, 'consumer.mts')
  writeFileSync(consumer, specifiers.map((name, i) => `export * as package${i} from '${name}'\n`).join(''))
  const program = ts.createProgram([consumer], {
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    noEmit: true,
    types: [],
  })
  const fromSources = program.getSourceFiles().filter(({ fileName }) => /\/packages\/[^/]+\/src\//.test(fileName))
  return [
    ...fromSources.map(({ fileName }) => `${fileName} is read from the sources instead of the built declarations`),
    ...ts.getPreEmitDiagnostics(program).map((diagnostic) => ts.formatDiagnostic(diagnostic, HOST).trimEnd()),
  ]
}

/** @type {ts.FormatDiagnosticsHost} */
const HOST = { getCurrentDirectory: () => ROOT, getCanonicalFileName: (name) => name, getNewLine: () => '\n' }

report('built packages', [...checkRunning(), ...checkDeclarations()])
