// What a set of packages needs of node_modules, as pnpm has laid it out: folders of packages, and the links that lead to them.
import { lstatSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/**
 * @typedef {{ folders: readonly string[], links: ReadonlyMap<string, string> }} Closure paths from the root; links to what
 *   they hold, which is relative to where they are
 */

/**
 * Follows the links in `node_modules` of some folders, and of every package that they lead to. Packages of the workspace are
 * not followed: they are importers themselves.
 *
 * @param {string} root
 * @param {readonly string[]} importers folders, from the root
 * @param {(name: string, importer: string) => boolean} isWanted
 * @returns {Closure}
 */
export function closureOf(root, importers, isWanted) {
  /** @type {Map<string, string>} */
  const links = new Map()
  /** @type {Set<string>} */
  const folders = new Set()
  const store = join(realpathSync(join(root, 'node_modules')), '.pnpm')
  /**
   * @param {string} modules a folder `node_modules`
   * @param {string} importer
   */
  const visit = (modules, importer) => {
    for (const name of packagesIn(modules)) {
      const path = join(modules, name)
      if (!lstatSync(path).isSymbolicLink() || !isWanted(name, importer)) continue
      links.set(relative(root, path), readlinkSync(path))
      const target = realpathSync(path)
      const folder = relative(root, target)
      if (!target.startsWith(store) || folders.has(folder)) continue
      folders.add(folder)
      // Its own dependencies stand beside it.
      const own = relative(store, target).split('/')[0] ?? ''
      visit(join(store, own, 'node_modules'), folder)
      visit(join(target, 'node_modules'), folder)
    }
  }
  for (const importer of importers) visit(join(root, importer, 'node_modules'), importer)
  return { folders: [...folders].sort(), links }
}

/**
 * Links that lead to nothing which is taken along.
 *
 * @param {Closure} closure
 * @param {readonly string[]} workspace folders of the workspace's packages
 * @returns {readonly string[]}
 */
export function danglingLinks({ folders, links }, workspace) {
  const there = new Set([...folders, ...workspace])
  return [...links].filter(([path, target]) => !there.has(join(dirname(path), target))).map(([path]) => path)
}

/** @param {string} modules */
function packagesIn(modules) {
  return list(modules).flatMap((name) =>
    name.startsWith('@') ? list(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
  )
}

/** @param {string} folder */
function list(folder) {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'))
  } catch {
    return []
  }
}
