import { describe, expect, test } from 'vitest'
import { checkLayers, cyclesOf } from './layers.mjs'

/** A package as the check sees it: exports `.` and the given subpaths, declares what it is told to. */
function pkg(dir, files, { dependencies = [], subpaths = [], ...rest } = {}) {
  return {
    dir,
    manifest: {
      name: `@tilewright/${dir}`,
      dependencies: Object.fromEntries(dependencies.map((name) => [name, 'workspace:*'])),
      exports: Object.fromEntries(['.', ...subpaths].map((subpath) => [subpath, { import: './dist/x.js' }])),
      ...rest,
    },
    files: Object.entries(files).map(([path, text]) => ({ path: `src/${path}`, text })),
  }
}

const leaf = pkg('task-mapping', { 'index.ts': 'export const a = 1' })
const backend = pkg('backend', { 'index.ts': '', 'plan/index.ts': '' }, { subpaths: ['./plan'] })

describe('layers', () => {
  test('an import along the arrows is fine', () => {
    const ir = pkg(
      'ir',
      { 'index.ts': "import { a } from '@tilewright/task-mapping'" },
      { dependencies: [leaf.manifest.name] },
    )
    expect(checkLayers([leaf, ir])).toEqual([])
  })

  test('an import against the arrows is found, in each form', () => {
    const ir = pkg('ir', { 'index.ts': '' })
    const forms = [
      "import { x } from '@tilewright/ir'",
      "import type { X } from '@tilewright/ir'",
      "export * from '@tilewright/ir'",
      "const x = await import('@tilewright/ir')",
      "type X = import('@tilewright/ir').X",
    ]
    for (const form of forms) {
      const low = pkg('task-mapping', { 'a.ts': form }, { dependencies: ['@tilewright/ir'] })
      expect(checkLayers([low, ir])).toEqual([
        "packages/task-mapping/src/a.ts: '@tilewright/ir' breaks the layers: task-mapping may import nothing",
      ])
    }
  })

  test('a reference to types must be declared where the declarations keep it', () => {
    const low = (attributes) => pkg('task-mapping', { 'a.ts': `/// <reference types="@webgpu/types"${attributes} />` })
    expect(checkLayers([low('')])).toEqual([])
    expect(checkLayers([low(' preserve="true"')])).toEqual([
      "packages/task-mapping/src/a.ts: '@webgpu/types' is not in the package's dependencies",
    ])
  })

  test('a package without a layer is found', () => {
    expect(checkLayers([pkg('novel', {})])).toEqual([
      'packages/novel has no layer: add it to scripts/layers.mjs and ARCHITECTURE.md',
    ])
  })

  test('deep imports, sideways relative imports and missing files are found', () => {
    const ir = pkg(
      'ir',
      {
        'a.ts': "import { a } from '@tilewright/task-mapping/src/mapping.js'",
        'b.ts': "import { a } from '../../task-mapping/src/mapping.js'",
        'c.ts': "import { a } from './absent.js'",
      },
      { dependencies: ['@tilewright/task-mapping'] },
    )
    expect(checkLayers([leaf, ir])).toEqual([
      "packages/ir/src/a.ts: '@tilewright/task-mapping/src/mapping.js' is not exported by @tilewright/task-mapping",
      "packages/ir/src/b.ts: '../../task-mapping/src/mapping.js' leaves the package's sources; import the other package by name",
      "packages/ir/src/c.ts: './absent.js' is no source file of the package",
    ])
  })

  test('backend/plan imports nothing but ir/arguments, which imports nothing', () => {
    const breach = pkg(
      'backend',
      {
        'device.ts': '',
        'plan/options.ts': "import '@tilewright/ir/arguments'",
        'plan/index.ts': "import './sizes.js'\nimport type { D } from '../device.js'",
        'plan/sizes.ts': "import 'node:fs'",
      },
      { dependencies: ['@tilewright/ir'] },
    )
    const ir = pkg(
      'ir',
      { 'arguments.ts': "import './errors.js'", 'errors.ts': '', 'index.ts': '' },
      { subpaths: ['./arguments'] },
    )
    const problems = checkLayers([breach, ir])
    expect(problems.some((problem) => problem.includes('plan/options.ts'))).toBe(false)
    expect(problems).toContain(
      "packages/ir/src/arguments.ts: './errors.js' in src/arguments.ts, which imports nothing: it ships to browsers without the compiler",
    )
    expect(problems).toContain(
      "packages/backend/src/plan/index.ts: '../device.js' is outside src/plan, which imports nothing: it ships to browsers without the compiler",
    )
    expect(problems).toContain(
      "packages/backend/src/plan/sizes.ts: 'node:fs' in src/plan, which imports nothing: it ships to browsers without the compiler",
    )
  })

  test('runtime takes types from backend and values from backend/plan alone', () => {
    const text = "import type { Device } from '@tilewright/backend'\nimport { solve } from '@tilewright/backend/plan'\n"
    const good = pkg('runtime', { 'a.ts': text }, { dependencies: ['@tilewright/backend'] })
    expect(checkLayers([backend, good])).toEqual([])
    const bad = pkg(
      'runtime',
      { 'a.ts': "import { x } from '@tilewright/backend'" },
      { dependencies: ['@tilewright/backend'] },
    )
    expect(checkLayers([backend, bad])).toEqual([
      "packages/runtime/src/a.ts: '@tilewright/backend' at run time: runtime takes types from it, and values only from '@tilewright/backend/plan'",
    ])
  })

  test('node: modules belong to the command line and to files named for Node', () => {
    const files = {
      'open.ts': "import 'node:fs'",
      'webgpu/node.ts': "import 'node:fs'",
      'node/files.ts': "import 'node:fs'",
    }
    expect(checkLayers([pkg('backend-wgsl', files)])).toEqual([
      "packages/backend-wgsl/src/open.ts: 'node:fs' outside the command line and files named for Node: browsers load this file",
    ])
  })
})

describe('manifests', () => {
  test('what is imported must be declared, and what is declared must be imported', () => {
    const ir = pkg('ir', { 'index.ts': "import x from 'left-pad'" }, { dependencies: ['right-pad'] })
    expect(checkLayers([ir])).toEqual([
      "packages/ir/src/index.ts: 'left-pad' is not in the package's dependencies",
      "packages/ir/package.json: dependency 'right-pad' is imported nowhere in src",
    ])
  })

  test('a devDependency at or above the own layer is found', () => {
    const ir = pkg('ir', {})
    const low = pkg(
      'task-mapping',
      {},
      { devDependencies: { '@tilewright/ir': 'workspace:*', '@tilewright/testing': 'workspace:*' } },
    )
    expect(checkLayers([low, ir])).toEqual([
      "packages/task-mapping/package.json: devDependency '@tilewright/ir' is not below this package; tests find it without one",
      "packages/task-mapping/package.json: devDependency '@tilewright/testing' is not below this package; tests find it without one",
    ])
  })

  test('published exports must be the exports without the source condition', () => {
    const exports = { '.': { '@tilewright/source': './src/index.ts', import: './dist/index.js' } }
    const published = { publishConfig: { exports: { '.': { import: './dist/index.js' } } } }
    expect(checkLayers([pkg('ir', {}, { exports, ...published })])).toEqual([])
    expect(checkLayers([pkg('ir', {}, { exports, publishConfig: { exports } })])).toEqual([
      "packages/ir/package.json: publishConfig.exports differs from exports without '@tilewright/source'",
    ])
  })
})

describe('cycles', () => {
  test('between files, by imports that run; imports of types are erased', () => {
    const ir = pkg('ir', {
      'a.ts': "import { b } from './b.js'",
      'b.ts': "import { c } from './c.js'",
      'c.ts': "export { a } from './a.js'",
    })
    expect(checkLayers([ir])).toEqual(['packages/ir: import cycle src/a.ts → src/b.ts → src/c.ts → src/a.ts'])
    const typed = pkg('ir', { 'a.ts': "import { b } from './b.js'", 'b.ts': "import type { A } from './a.js'" })
    expect(checkLayers([typed])).toEqual([])
  })

  test('between packages', () => {
    const a = pkg('graph', { 'a.ts': "import '@tilewright/onnx'" }, { dependencies: ['@tilewright/onnx'] })
    const b = pkg('onnx', { 'b.ts': "import '@tilewright/graph'" }, { dependencies: ['@tilewright/graph'] })
    expect(checkLayers([a, b])).toContain('package cycle graph → onnx → graph')
  })

  test('a diamond is no cycle, a loop on itself is one', () => {
    const graph = (edges) => new Map(Object.entries(edges).map(([from, to]) => [from, new Set(to)]))
    expect(cyclesOf(graph({ a: ['b', 'c'], b: ['d'], c: ['d'] }))).toEqual([])
    expect(cyclesOf(graph({ a: ['a'] }))).toEqual([['a', 'a']])
  })
})
