import { expect, test } from 'vitest'
import { announce } from './workspace.mjs'

test('a build is announced once, and only when there is something to build, and then each package', () => {
  const said = []
  const watch = announce('Building …', (line) => said.push(line))
  let output = '@tilewright/ir:build:js: cache hit, suppressing logs 1a\n'
  watch(output)
  expect(said).toEqual([])
  output +=
    '@tilewright/graph:build:js: cache miss, executing 2b\n@tilewright/graph:build:js: cache miss is a word of it\ntile'
  watch(output)
  expect(said).toEqual(['Building …', '  @tilewright/graph'])
  output += 'wright:build:types: cache miss, executing 3c\n'
  watch(output)
  watch(output)
  expect(said).toEqual(['Building …', '  @tilewright/graph', '  tilewright'])
})
