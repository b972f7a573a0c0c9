import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { capture } from './fixtures/capture.js'
import { f32, modelBytes, temporaryFolder, writeCase, writeDataSet } from './fixtures/write-case.js'

/** More than are compiled at once, and nothing that any result depends on but the last. */
const large = modelBytes((g) => {
  const x = g.input('x', 'f32', [2])
  for (let i = 0; i < 200; i++) g.node('Neg', [x])
  g.output(g.node('Relu', [x], { outputs: ['y'] }), 'f32', [2])
})
const data = { inputs: [f32([2], [-1, 1])], outputs: [f32([2], [0, 1])] }

let root: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  root = temporaryFolder()
})
afterEach(() => root.remove())

const at = (...parts: string[]): string => join(root.path, ...parts)
/** What a log has of a command on the large model, or on the folder that holds it as a case. */
async function saidOf(command: string, ...args: readonly string[]): Promise<readonly string[]> {
  const place = command === 'check' ? writeCase(at('case'), large, [data, data]) : at('model.onnx')
  writeFileSync(at('model.onnx'), large)
  const { code, stderr } = await capture(command, place, '--device', 'cpu', ...args)
  expect(code).toBe(0)
  return stderr.replaceAll(root.path, '<folder>').trimEnd().split('\n')
}

test('a log has each stage of what takes long', async () => {
  expect(await saidOf('run', '--data', writeDataSet(at('data'), data))).toEqual([
    'compiling 201 nodes for cpu · JavaScript …',
    'preparing 1 pipeline and the weights …',
    'running for the first time …',
    'running again, to measure …',
    'evaluating by definition, to compare: a large model takes half a minute …',
  ])
  expect(await saidOf('check')).toEqual([
    '[1/1] case: compiling 201 nodes for cpu · JavaScript …',
    '[1/1] case: preparing 1 pipeline and the weights …',
    '[1/1] case: running test_data_set_0 …',
    '[1/1] case: running test_data_set_1 …',
  ])
  expect(await saidOf('compile', '--out', at('out'))).toEqual([
    'compiling 201 nodes for cpu …',
    'writing <folder>/out …',
  ])
  expect(await saidOf('explain')).toEqual(['compiling 201 nodes for cpu · JavaScript …'])
})
