import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { closureOf, danglingLinks } from './offline-bundle/closure.mjs'
import { summarize } from './offline-bundle/summarize-check.mjs'
import { isWanted, workspaceFolders } from './offline-bundle.mjs'
import { ROOT } from './workspace.mjs'

const workspace = workspaceFolders()
const closure = closureOf(ROOT, ['.', ...workspace], isWanted)

test('whatever a package in the bundle links to is in the bundle', () => {
  expect(danglingLinks(closure, workspace)).toEqual([])
  const { links, folders } = closure
  const without = { links, folders: folders.filter((path) => !path.includes('/koffi@')) }
  expect(danglingLinks(without, workspace)).toContain('node_modules/koffi')
})

test('it has what runs tests and calls drivers, and no tool that builds', () => {
  const has = (name) => closure.folders.some((path) => path.endsWith(`/node_modules/${name}`))
  for (const name of ['vitest', 'vite', 'fast-check', 'koffi', 'webgpu', 'commander'])
    expect([name, has(name)]).toEqual([name, true])
  for (const name of ['typescript', 'playwright-core', 'esbuild', 'turbo'])
    expect([name, has(name)]).toEqual([name, false])
  expect(closure.links.has('packages/cli/node_modules/commander')).toBe(true)
})

test('what runs there is a script for sh, as it stands', () => {
  const script = join(ROOT, 'scripts/offline-bundle/run.sh')
  expect(spawnSync('sh', ['-n', script], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
})

test('failed cases are named before the counts', () => {
  const cases = [
    { name: 'a', status: 'passed', failures: [] },
    { name: 'b', status: 'failed', failures: ['wrong', 'more'] },
  ]
  expect(summarize({ passed: 1, failed: 1, unsupported: 0, cases })).toEqual([
    'failed b: wrong',
    '1 passed, 1 failed, 0 unsupported',
  ])
  expect(summarize({ error: { code: 'device/no-driver', message: 'none' } })).toEqual(['error[device/no-driver]: none'])
})
