import { join } from 'node:path'
import { decodeModel, importModel } from '@tilewright/onnx'
import { expect, test } from 'vitest'
import { wrongDeclarations } from './declared-outputs.js'
import { capture } from './fixtures/capture.js'
import { f32, modelBytes, temporaryFolder, writeCase } from './fixtures/write-case.js'

/** y = max(x, 0) with shapes as they are declared, right or wrong. */
const relu = (x: readonly (number | string)[], y?: readonly (number | string)[]): Uint8Array =>
  modelBytes((g) => g.output(g.node('Relu', [g.input('x', 'f32', x)], { outputs: ['y'] }), 'f32', y))

const wrong = (bytes: Uint8Array): readonly string[] => wrongDeclarations(decodeModel(bytes), importModel(bytes))

test.each([
  [[2, 3], [2, 4], 'output "y" is declared as [2, 4], its node makes [2, 3]: the declaration is ignored'],
  [[2, 3], [2, 3, 1], 'output "y" is declared as [2, 3, 1], its node makes [2, 3]: the declaration is ignored'],
  [['n', 3], ['m', 4], 'output "y" is declared as [m, 4], its node makes [n, 3]: the declaration is ignored'],
])('%j declared as %j', (x, y, note) => {
  expect(wrong(relu(x, y))).toEqual([note])
})

test.each([
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], undefined],
  [
    ['n', 3],
    ['m', 3],
  ],
  [
    ['n', 3],
    [5, 3],
  ],
  [
    [2, 3],
    ['n', 3],
  ],
])('%j may be declared as %j', (x, y) => {
  expect(wrong(relu(x, y))).toEqual([])
})

test('each command says so, and goes on', async () => {
  const root = temporaryFolder()
  try {
    const data = { inputs: [f32([2], [1, -1])], outputs: [f32([2], [1, 0])] }
    const folder = writeCase(join(root.path, 'stale'), relu([2], [4]), [data])
    const model = join(folder, 'model.onnx')
    const note = 'output "y" is declared as [4], its node makes [2]: the declaration is ignored\n'
    for (const args of [['run'], ['explain'], ['compile', '--out', join(root.path, 'out')]]) {
      const [command = '', ...rest] = args
      const { code, stderr } = await capture(command, model, '--device', 'cpu', ...rest)
      expect([command, code, stderr]).toEqual([command, 0, note])
    }
    const { code, stdout } = await capture('check', folder, '--device', 'cpu')
    expect([code, stdout]).toEqual([0, expect.stringContaining(`\n  note  ${note}1 passed`)])
  } finally {
    root.remove()
  }
})
