import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { attribute } from '@tilewright/onnx'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { capture } from './fixtures/capture.js'
import { f32, i64, modelBytes, reluModel, temporaryFolder, writeCase } from './fixtures/write-case.js'

/** The length of the sequence and the values of `shape` must be known; the batch need not be. */
const model = modelBytes((g) => {
  const weight = (name: string): string => g.initializer(name, f32([1, 1, 1], [0]))
  const sequence = [g.input('x', 'f32', ['T', 'N', 1]), weight('w'), weight('r')]
  g.output(g.node('RNN', sequence, { attributes: { hidden_size: attribute.int(1) }, outputs: ['y'] }), 'f32')
  const reshaped = [g.input('flat', 'f32', [6]), g.input('shape', 'i64', [2])]
  g.output(g.node('Reshape', reshaped, { outputs: ['z'] }), 'f32')
})
const inputs = [f32([3, 5, 1], Array(15).fill(1)), f32([6], [1, 2, 3, 4, 5, 6]), i64([2], [2, 3])]

let root: ReturnType<typeof temporaryFolder>
let file: string
let data: string
beforeEach(() => {
  root = temporaryFolder()
  file = join(writeCase(join(root.path, 'case'), model, [{ inputs, outputs: [] }]), 'model.onnx')
  data = join(root.path, 'case/test_data_set_0')
})
afterEach(() => root.remove())

const lineOf = (text: string, label: string): string | undefined =>
  text
    .replaceAll(root.path, '<folder>')
    .split('\n')
    .find((line) => line.startsWith(`  ${label} `))
    ?.trim()
    .replaceAll(/ {2,}/g, '  ')
const known = { hostInputs: ['shape'], fixed: { T: 3 } }

describe('compile', () => {
  const compiled = (...args: readonly string[]) =>
    capture('compile', ...args, '--out', join(root.path, 'out'), '--device', 'cpu')

  test('takes of data what the model cannot be compiled without, and says so', async () => {
    const { code, stdout, stderr } = await compiled(file, '--data', data)
    expect([code, stderr]).toEqual([0, ''])
    expect(lineOf(stdout, 'data')).toBe(
      'data  <folder>/case/test_data_set_0, compiled for its "shape" and T = 3, and for no others',
    )
    expect(lineOf(stdout, 'input')).toBe('input  x f32 [3, N, 1]')
    const plan = JSON.parse(readFileSync(join(root.path, 'out/plan.json'), 'utf8'))
    expect(plan.inputs.map(({ name }: { name: string }) => name)).toEqual(['x', 'flat'])
    expect(plan.outputs[1].shape).toEqual([2, 3])
  })

  test('has it in --json', async () => {
    const { stdout } = await compiled(file, '--data', data, '--json')
    expect(JSON.parse(stdout)).toMatchObject({ data, ...known })
  })

  test('says where data was not needed', async () => {
    const set = { inputs: [f32([2], [1, 2])], outputs: [] }
    const relu = writeCase(join(root.path, 'relu'), reluModel(), [set])
    const { stdout } = await compiled(join(relu, 'model.onnx'), '--data', join(relu, 'test_data_set_0'))
    expect(lineOf(stdout, 'data')).toBe('data  <folder>/relu/test_data_set_0, which compiling needs nothing of')
    expect(lineOf(stdout, 'input')).toBe('input  x f32 [n]')
  })
})

describe('explain', () => {
  test('takes of data what compile does, and its sizes', async () => {
    const { code, stdout, stderr } = await capture('explain', file, '--data', data, '--device', 'cpu')
    expect([code, stderr]).toEqual([0, ''])
    expect(lineOf(stdout, 'data')).toBe(
      'data  <folder>/case/test_data_set_0, compiled for its "shape" and T = 3, and for no others',
    )
    expect(lineOf(stdout, 'sizes')).toBe('sizes  N = 5; those of the data')
    const { stdout: json } = await capture('explain', file, '--data', data, '--device', 'cpu', '--json')
    expect(JSON.parse(json)).toMatchObject({ data, sizes: { N: 5 }, ...known })
  })

  test('takes no sizes beside data', async () => {
    expect((await capture('explain', file, '--data', data, '--size', 'N=1')).code).toBe(2)
  })
})

test.each(['compile', 'explain'])('without data %s names what is beside the model', async (command) => {
  const out = command === 'compile' ? ['--out', join(root.path, 'out')] : []
  const { code, stderr } = await capture(command, file, '--device', 'cpu', ...out)
  expect(code).toBe(1)
  expect(stderr).toContain(`error[${command}/host-value]: the model can only be compiled when "shape" is known`)
  expect(stderr).toContain(`help  pass --data ${data}`)
})
