import { expect, test } from 'vitest'
import { announce } from './workspace.mjs'

test('a build is announced once, and only when there is something to build', () => {
  const said = []
  const watch = announce('cache miss', 'Building …', (line) => said.push(line))
  watch('ir:build:js: cache hit, suppressing logs\n')
  expect(said).toEqual([])
  watch('ir:build:js: cache miss, executing\n')
  watch('ir:build:js: cache miss, executing\ngraph:build:js: cache miss, executing\n')
  expect(said).toEqual(['Building …'])
})
