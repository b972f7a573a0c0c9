// Which package may import which: the layer table of ARCHITECTURE.md, and the checks of it. Pure: files in, problems out.
import { posix } from 'node:path'
import ts from 'typescript'
import { parse, walk } from './sources.mjs'

/** @typedef {import('./sources.mjs').Package} Package */
/** @typedef {import('./sources.mjs').SourceFile} SourceFile */
/** @typedef {{ specifier: string, typeOnly: boolean }} Import */

const SCOPE = '@tilewright/'
const BELOW_BACKENDS = ['task-mapping', 'ir', 'passes', 'backend']

/**
 * Layer of each package and the packages it may import, by folder name. Packages of one layer never import each other.
 *
 * @type {Record<string, { layer: number, mayImport: readonly string[] | 'anything' }>}
 */
export const LAYERS = {
  'task-mapping': { layer: 0, mayImport: [] },
  ir: { layer: 1, mayImport: ['task-mapping'] },
  graph: { layer: 2, mayImport: ['ir'] },
  passes: { layer: 2, mayImport: ['ir', 'task-mapping'] },
  backend: { layer: 2, mayImport: ['ir'] },
  simulator: { layer: 2, mayImport: ['ir', 'task-mapping'] },
  fusion: { layer: 3, mayImport: ['ir', 'graph'] },
  schedules: { layer: 3, mayImport: ['ir', 'task-mapping'] },
  onnx: { layer: 3, mayImport: ['graph', 'ir'] },
  runtime: { layer: 3, mayImport: ['backend'] },
  conformance: { layer: 3, mayImport: ['backend', 'simulator', 'ir', 'task-mapping'] },
  'backend-wgsl': { layer: 3, mayImport: BELOW_BACKENDS },
  'backend-cuda': { layer: 3, mayImport: BELOW_BACKENDS },
  'backend-cpu': { layer: 3, mayImport: BELOW_BACKENDS },
  compiler: {
    layer: 4,
    mayImport: [...BELOW_BACKENDS, 'graph', 'simulator', 'fusion', 'schedules', 'runtime'],
  },
  cli: { layer: 5, mayImport: 'anything' },
}

/** Files that may use Node's own modules: the command line, and files or folders named for Node. Browsers load the rest. */
const NODE_ONLY = /(^|\/)node(-[a-z-]+)?(\/|\.ts$)/

/** The package that ships to browsers without the compiler may use the backend package at run time through this alone. */
const PLAN = `${SCOPE}backend/plan`
const PLAN_FOLDER = 'src/plan/'
/** The one thing that the plan imports, which itself imports nothing. */
const ARGUMENTS = `${SCOPE}ir/arguments`
const ARGUMENTS_FILE = 'src/arguments.ts'

/**
 * Every breach of the layer table, of the manifests and of the special rules, and every cycle, as one line each.
 *
 * @param {readonly Package[]} packages
 * @returns {string[]}
 */
export function checkLayers(packages) {
  const names = new Map(packages.map((pkg) => [pkg.manifest.name, pkg]))
  /** @type {string[]} */
  const problems = []
  /** @type {Map<string, Set<string>>} */
  const packageGraph = new Map()
  for (const pkg of packages) {
    const { dir, manifest } = pkg
    const layer = LAYERS[dir]
    if (layer === undefined) {
      problems.push(`packages/${dir} has no layer: add it to scripts/layers.mjs and ARCHITECTURE.md`)
      continue
    }
    /** @type {Map<string, Set<string>>} */
    const fileGraph = new Map()
    /** @type {Set<string>} */
    const used = new Set()
    for (const file of pkg.files) {
      const where = `packages/${dir}/${file.path}`
      for (const found of importsOf(file)) {
        const { specifier, typeOnly } = found
        if (specifier.startsWith('.')) {
          const target = posix.join(posix.dirname(file.path), specifier).replace(/\.js$/, '.ts')
          problems.push(...checkRelative(pkg, file, specifier, target).map((problem) => `${where}: ${problem}`))
          // Imports of types are erased: only the others can be entered half-initialised.
          if (!typeOnly) add(fileGraph, file.path, target)
          continue
        }
        const name = packageName(specifier)
        used.add(name)
        const target = names.get(name)
        if (target !== undefined) add(packageGraph, dir, target.dir)
        problems.push(...checkBare(pkg, file, found, target).map((problem) => `${where}: ${problem}`))
      }
    }
    for (const cycle of cyclesOf(fileGraph)) problems.push(`packages/${dir}: import cycle ${cycle.join(' → ')}`)
    problems.push(...checkManifest(pkg, used, names))
    problems.push(...checkExports(dir, manifest))
  }
  for (const cycle of cyclesOf(packageGraph)) problems.push(`package cycle ${cycle.join(' → ')}`)
  return problems
}

/**
 * @param {Package} pkg
 * @param {SourceFile} file
 * @param {string} specifier
 * @param {string} target
 */
function checkRelative(pkg, file, specifier, target) {
  if (!target.startsWith('src/'))
    return [`'${specifier}' leaves the package's sources; import the other package by name`]
  if (!pkg.files.some(({ path }) => path === target)) return [`'${specifier}' is no source file of the package`]
  if (pkg.dir === 'ir' && file.path === ARGUMENTS_FILE) {
    return [`'${specifier}' in ${ARGUMENTS_FILE}, which imports nothing: it ships to browsers without the compiler`]
  }
  if (pkg.dir === 'backend' && file.path.startsWith(PLAN_FOLDER) && !target.startsWith(PLAN_FOLDER)) {
    return [`'${specifier}' is outside src/plan, which imports nothing: it ships to browsers without the compiler`]
  }
  return []
}

/**
 * @param {Package} pkg
 * @param {SourceFile} file
 * @param {Import} found
 * @param {Package | undefined} target the workspace package of that name, if there is one
 */
function checkBare(pkg, file, { specifier, typeOnly }, target) {
  const { dir, manifest } = pkg
  const problems = []
  const isPlan = dir === 'backend' && file.path.startsWith(PLAN_FOLDER) && specifier !== ARGUMENTS
  if (isPlan || (dir === 'ir' && file.path === ARGUMENTS_FILE)) {
    const which = isPlan ? 'src/plan' : ARGUMENTS_FILE
    problems.push(`'${specifier}' in ${which}, which imports nothing: it ships to browsers without the compiler`)
  }
  if (specifier.startsWith('node:')) {
    if (dir !== 'cli' && !NODE_ONLY.test(file.path)) {
      problems.push(`'${specifier}' outside the command line and files named for Node: browsers load this file`)
    }
    return problems
  }
  const name = packageName(specifier)
  if (!isDeclared(manifest, name)) problems.push(`'${specifier}' is not in the package's dependencies`)
  if (target === undefined) {
    if (name.startsWith(SCOPE)) problems.push(`'${specifier}' is no package of this workspace that may be imported`)
    return problems
  }
  const mayImport = LAYERS[dir]?.mayImport ?? []
  if (mayImport !== 'anything' && !mayImport.includes(target.dir)) {
    problems.push(`'${specifier}' breaks the layers: ${dir} may import ${mayImport.join(', ') || 'nothing'}`)
  }
  const subpath = `.${specifier.slice(name.length)}`
  if (target.manifest.exports?.[subpath] === undefined) problems.push(`'${specifier}' is not exported by ${name}`)
  if (dir === 'runtime' && target.dir === 'backend' && !typeOnly && specifier !== PLAN) {
    problems.push(`'${specifier}' at run time: runtime takes types from it, and values only from '${PLAN}'`)
  }
  return problems
}

/**
 * @param {Package} pkg
 * @param {ReadonlySet<string>} used
 * @param {ReadonlyMap<string, Package>} names
 */
function checkManifest({ dir, manifest }, used, names) {
  const where = `packages/${dir}/package.json`
  const unused = Object.keys(manifest.dependencies ?? {}).filter((name) => !used.has(name))
  const upward = Object.keys(manifest.devDependencies ?? {}).filter((name) => {
    const target = names.get(name)
    return name === `${SCOPE}testing` || (target !== undefined && layerOf(target.dir) >= layerOf(dir))
  })
  return [
    ...unused.map((name) => `${where}: dependency '${name}' is imported nowhere in src`),
    ...upward.map((name) => `${where}: devDependency '${name}' is not below this package; tests find it without one`),
  ]
}

/**
 * What is published must offer what the workspace offers, less the condition that leads to the sources.
 *
 * @param {string} dir
 * @param {Package['manifest']} manifest
 */
function checkExports(dir, manifest) {
  const published = manifest.publishConfig?.exports
  if (published === undefined) return []
  const expected = Object.fromEntries(
    Object.entries(manifest.exports ?? {}).map(([subpath, target]) => {
      if (typeof target === 'string') return [subpath, target]
      const { [`${SCOPE}source`]: _source, ...rest } = target
      return [subpath, rest]
    }),
  )
  return JSON.stringify(expected) === JSON.stringify(published)
    ? []
    : [`packages/${dir}/package.json: publishConfig.exports differs from exports without '${SCOPE}source'`]
}

/** @param {string} dir */
function layerOf(dir) {
  return LAYERS[dir]?.layer ?? Number.POSITIVE_INFINITY
}

/**
 * @param {Package['manifest']} manifest
 * @param {string} name
 */
function isDeclared({ dependencies, peerDependencies, optionalDependencies }, name) {
  return [dependencies, peerDependencies, optionalDependencies].some((group) => group?.[name] !== undefined)
}

/** @param {string} specifier */
function packageName(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/**
 * Every import, export-from, `import()` with a literal and `import('…')` type of a file, and every `/// <reference types>`
 * that its declarations keep.
 *
 * @param {SourceFile} file
 * @returns {Import[]}
 */
export function importsOf(file) {
  const source = parse(file)
  /** @type {Import[]} */
  const found = source.typeReferenceDirectives
    .filter(({ preserve }) => preserve)
    .map(({ fileName }) => ({ specifier: fileName, typeOnly: true }))
  walk(source, (node) => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      found.push({ specifier: node.moduleSpecifier.text, typeOnly: isTypeImport(node.importClause) })
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
      found.push({ specifier: node.moduleSpecifier.text, typeOnly: isTypeExport(node) })
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments
      if (argument && ts.isStringLiteral(argument)) found.push({ specifier: argument.text, typeOnly: false })
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      const { literal } = node.argument
      if (ts.isStringLiteral(literal)) found.push({ specifier: literal.text, typeOnly: true })
    }
  })
  return found
}

/** @param {ts.ImportClause | undefined} clause */
function isTypeImport(clause) {
  if (clause === undefined) return false
  if (clause.isTypeOnly) return true
  const { name, namedBindings } = clause
  return (
    name === undefined &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.length > 0 &&
    namedBindings.elements.every((element) => element.isTypeOnly)
  )
}

/** @param {ts.ExportDeclaration} node */
function isTypeExport({ isTypeOnly, exportClause }) {
  if (isTypeOnly) return true
  return (
    exportClause !== undefined &&
    ts.isNamedExports(exportClause) &&
    exportClause.elements.length > 0 &&
    exportClause.elements.every((element) => element.isTypeOnly)
  )
}

/**
 * One cycle through each back edge of a depth-first walk; empty exactly when the graph has no cycle.
 *
 * @param {ReadonlyMap<string, ReadonlySet<string>>} graph
 * @returns {string[][]}
 */
export function cyclesOf(graph) {
  /** @type {string[][]} */
  const cycles = []
  /** @type {Set<string>} */
  const done = new Set()
  /** @type {string[]} */
  const path = []
  /** @param {string} node */
  const visit = (node) => {
    const start = path.indexOf(node)
    if (start >= 0) {
      cycles.push([...path.slice(start), node])
      return
    }
    if (done.has(node)) return
    path.push(node)
    for (const next of graph.get(node) ?? []) visit(next)
    path.pop()
    done.add(node)
  }
  for (const node of graph.keys()) visit(node)
  return cycles
}

/**
 * @param {Map<string, Set<string>>} graph
 * @param {string} from
 * @param {string} to
 */
function add(graph, from, to) {
  const targets = graph.get(from) ?? new Set()
  graph.set(from, targets.add(to))
}
