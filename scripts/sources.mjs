// Reads what the checks look at: the packages, their manifests, and their sources without tests.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import ts from 'typescript'
import { ROOT } from './workspace.mjs'

/**
 * @typedef {{ path: string, text: string }} SourceFile path: from the package's folder, with forward slashes
 * @typedef {{ name: string, dependencies?: Record<string, string>, devDependencies?: Record<string, string>,
 *   peerDependencies?: Record<string, string>, optionalDependencies?: Record<string, string>, files?: readonly string[],
 *   exports?: Record<string, string | Record<string, string>>,
 *   publishConfig?: { exports?: Record<string, string | Record<string, string>> } }} Manifest
 * @typedef {{ dir: string, manifest: Manifest, files: readonly SourceFile[] }} Package dir: the folder's name under packages/
 */

/** Every package of packages/, with its TypeScript sources; tests and what only tests use are left out. */
export function readPackages() {
  return readdirSync(join(ROOT, 'packages')).map((dir) => readPackage(dir))
}

/**
 * The TypeScript of every package, application and internal package, apart from generated files.
 *
 * @returns {readonly { name: string, files: readonly SourceFile[], tests: readonly SourceFile[] }[]} paths from the root
 */
export function readSources() {
  return ['packages', 'apps', 'internal'].flatMap((parent) =>
    readdirSync(join(ROOT, parent)).map((dir) => {
      const name = `${parent}/${dir}`
      const folder = join(ROOT, name, 'src')
      const files = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
        .map((entry) => join(entry.parentPath, entry.name))
        .map((path) => ({ path: relative(ROOT, path).split(sep).join('/'), text: readFileSync(path, 'utf8') }))
      const isTest = (/** @type {SourceFile} */ { path }) => path.endsWith('.test.ts')
      return { name, files: files.filter((file) => !isTest(file)), tests: files.filter(isTest) }
    }),
  )
}

/**
 * @param {string} dir
 * @returns {Package}
 */
function readPackage(dir) {
  const folder = join(ROOT, 'packages', dir)
  const paths = readdirSync(join(folder, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isSource(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
  return {
    dir,
    manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
    files: paths.map((path) => ({
      path: relative(folder, path).split(sep).join('/'),
      text: readFileSync(path, 'utf8'),
    })),
  }
}

/** @param {string} name */
function isSource(name) {
  return name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.endsWith('.d.ts')
}

/** @param {SourceFile} file */
export function parse(file) {
  return ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true)
}

/**
 * Calls `visit` on every node of the tree, parents first.
 *
 * @param {ts.Node} node
 * @param {(node: ts.Node) => void} visit
 */
export function walk(node, visit) {
  visit(node)
  ts.forEachChild(node, (child) => walk(child, visit))
}

/**
 * Prints the problems and sets the exit code.
 *
 * @param {string} what
 * @param {readonly string[]} problems
 */
export function report(what, problems) {
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
  console.log(problems.length === 0 ? `${what}: ok` : `${what}: ${problems.length} problems`)
}
