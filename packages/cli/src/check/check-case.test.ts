import { rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { attribute, type TensorData } from '@tilewright/onnx'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { writeDemoCase } from '../fixtures/demo-case.js'
import { f32, i64, modelBytes, reluModel, temporaryFolder, writeCase, writeDataSet } from '../fixtures/write-case.js'
import { type OpenedDevice, openDevice } from '../open-device.js'
import { onnxTolerance } from '../tolerance.js'
import { type CaseReport, checkCase } from './check-case.js'
import { findCases } from './find-cases.js'

let root: ReturnType<typeof temporaryFolder>
let opened: OpenedDevice
beforeAll(async () => {
  opened = await openDevice('cpu')
})
afterAll(() => opened.device.dispose())
beforeEach(() => {
  root = temporaryFolder()
})
afterEach(() => root.remove())

async function checkIn(folder: string, fixed: Readonly<Record<string, number>> = {}): Promise<CaseReport> {
  const [found] = findCases([folder])
  if (found === undefined) throw new TypeError('no case was written')
  return checkCase(found, opened, { tolerance: onnxTolerance, fixed }, silent)
}

const silent = { onRun: () => undefined, onStage: () => undefined }

const good = { inputs: [f32([3], [-1, 0, 2])], outputs: [f32([3], [0, 0, 2])] }
const wrong = { inputs: [f32([3], [-1, 0, 2])], outputs: [f32([3], [0, 0, 2.5])] }
const folder = (): string => join(root.path, 'case')

test('a right result passes, with what it took', async () => {
  expect(await checkIn(writeCase(folder(), reluModel(), [good]))).toMatchObject({
    name: 'case',
    status: 'passed',
    failures: [],
    gaps: [],
    dataSets: 1,
    compiles: 1,
    dispatches: 1,
    hostSteps: 0,
    largestError: 0,
  })
})

test('one compile serves every batch of a symbolic model, an empty one included', async () => {
  expect(await checkIn(writeDemoCase(folder(), [0, 1, 3, 17]))).toMatchObject({
    status: 'passed',
    dataSets: 4,
    compiles: 1,
    failures: [],
  })
})

describe('host values', () => {
  const reshape = modelBytes((g) => {
    const operands = [g.input('x', 'f32', [2, 3]), g.input('shape', 'i64', [2])]
    g.output(g.node('Reshape', operands, { outputs: ['y'] }), 'f32')
  })
  const set = (to: readonly [number, number]) => ({
    inputs: [f32([2, 3], [1, 2, 3, 4, 5, 6]), i64([2], to)],
    outputs: [f32(to[0] < 0 ? [6] : to, [1, 2, 3, 4, 5, 6])],
  })

  test('are compiled in, once for each distinct tuple', async () => {
    const report = await checkIn(writeCase(folder(), reshape, [set([3, 2]), set([6, 1]), set([3, 2])]))
    expect(report).toMatchObject({ status: 'passed', compiles: 2, dataSets: 3 })
  })

  test('that the model forbids fail', async () => {
    const report = await checkIn(writeCase(folder(), reshape, [set([-1, -1])]))
    expect(report).toMatchObject({ status: 'failed', compiles: 0 })
    expect(report.helps).toEqual([expect.stringMatching(/./)])
    expect(report.failures).toEqual([
      'test_data_set_0: error[graph/shape]: Reshape: the shape [-1, -1] is not valid (at node "test/Reshape_0")',
    ])
  })
})

describe('sizes that a model cannot be compiled without', () => {
  const recurrent = modelBytes((g) => {
    const zeros = (name: string, dims: readonly number[]): string =>
      g.initializer(name, f32(dims, Array(dims.reduce((n, dim) => n * dim, 1)).fill(0)))
    const rnn = (x: string): string =>
      g.node('RNN', [x, zeros(`w${x}`, [1, 1, 1]), zeros(`r${x}`, [1, 1, 1])], {
        attributes: { hidden_size: attribute.int(1) },
        outputs: [`y${x}`],
      })
    for (const [x, length] of [['a', 'T'] as const, ['b', 'U'] as const]) {
      g.output(rnn(g.input(x, 'f32', [length, 'N', 1])), 'f32')
    }
  })
  const set = (t: number, u: number) => ({
    inputs: [f32([t, 1, 1], Array(t).fill(1)), f32([u, 1, 1], Array(u).fill(1))],
    outputs: [f32([t, 1, 1, 1], Array(t).fill(0)), f32([u, 1, 1, 1], Array(u).fill(0))],
  })

  test('are those of the data: one compile serves the data sets that agree in them', async () => {
    const report = await checkIn(writeCase(folder(), recurrent, [set(3, 5), set(2, 5), set(3, 5)]))
    expect(report).toMatchObject({
      status: 'passed',
      compiles: 2,
      fixed: [
        { T: 3, U: 5 },
        { T: 2, U: 5 },
      ],
      helps: [],
    })
  })

  test('may be fixed in part; data of other sizes is then refused, for the option that did it', async () => {
    const report = await checkIn(writeCase(folder(), recurrent, [set(3, 5), set(2, 5)]), { T: 3 })
    expect(report).toMatchObject({ status: 'failed', compiles: 1, fixed: [{ U: 5 }] })
    expect(report.failures).toEqual([
      expect.stringContaining(
        'test_data_set_1: error[size/fixed]: input "a" is f32 [2, 1, 1], expected f32 [T, N, 1]; T is 3 by --fix T=3',
      ),
    ])
    expect(report.helps).toEqual([expect.stringMatching(/^leave --fix T=3 away/)])
  })
})

describe('a case fails', () => {
  const failure = async (): Promise<readonly string[]> => {
    const { status, failures } = await checkIn(folder())
    expect(status).toBe('failed')
    return failures.map((text) => text.replaceAll(root.path, ''))
  }

  test('when an element is wrong, and the other data sets are still run', async () => {
    writeCase(folder(), reluModel(), [wrong, good, wrong])
    const line =
      'error[check/mismatch]: output 0 "y": 1 of 3 elements differ, the worst at [2]: got 2, expected 2.5; ' +
      'the largest error is 2.0e-1 of the largest value'
    expect(await failure()).toEqual([`test_data_set_0: ${line}`, `test_data_set_2: ${line}`])
  })

  test('when a small element has the rounding of a large one, and which tolerance is for that is said', async () => {
    const got = [1, 1e-6]
    writeCase(folder(), reluModel(), [{ inputs: [f32([2], got)], outputs: [f32([2], [1, 5e-6])] }])
    const [line] = await failure()
    expect(line).toMatch(/the largest error is 4\.0e-6 of the largest value, which --of-max 1e-4 allows$/)
  })

  test('when an output has another dtype or shape', async () => {
    writeCase(folder(), reluModel(), [
      { ...good, outputs: [i64([3], [0, 0, 2])] },
      { ...good, outputs: [f32([1, 3], [0, 0, 2])] },
    ])
    expect(await failure()).toEqual([
      'test_data_set_0: error[check/mismatch]: output 0 "y": dtype is f32, expected i64',
      'test_data_set_1: error[check/mismatch]: output 0 "y": shape is [3], expected [1, 3]',
    ])
  })

  test('when outputs are missing or too many', async () => {
    writeCase(folder(), reluModel(), [
      { ...good, outputs: [] },
      { ...good, outputs: [...good.outputs, ...good.outputs] },
    ])
    expect(await failure()).toEqual([
      'test_data_set_0: error[data/output-count]: 0 output files for 1 output (y)',
      'test_data_set_1: error[data/output-count]: 2 output files for 1 output (y)',
    ])
  })

  test('when inputs are missing, or of another dtype or shape', async () => {
    writeCase(folder(), reluModel([3]), [
      { ...good, inputs: [] },
      { ...good, inputs: [i64([3], [1, 2, 3])] },
      { ...good, inputs: [f32([2], [1, 2])] },
    ])
    expect(await failure()).toEqual([
      'test_data_set_0: error[data/input-count]: 0 input files for 1 input (x) (at /case/test_data_set_0)',
      'test_data_set_1: error[data/input-dtype]: input "x" is i64 [3], expected f32 [3] (at /case/test_data_set_1/input_0.pb)',
      'test_data_set_2: error[data/input-shape]: input "x" is f32 [2], expected f32 [3] (at /case/test_data_set_2/input_0.pb)',
    ])
  })

  test('when the model or the data is cut short', async () => {
    writeCase(folder(), reluModel(), [good])
    truncateSync(join(folder(), 'test_data_set_0/input_0.pb'), 12)
    expect((await failure()).join()).toContain('error[onnx/truncated]')
    writeFileSync(join(folder(), 'model.onnx'), reluModel().subarray(0, 40))
    expect((await failure()).join()).toContain('error[onnx/truncated]')
  })

  test('when a file in between is missing', async () => {
    writeCase(folder(), reluModel(), [])
    writeDataSet(join(folder(), 'test_data_set_0'), { inputs: [...good.inputs, ...good.inputs], outputs: good.outputs })
    rmSync(join(folder(), 'test_data_set_0/input_0.pb'))
    expect(await failure()).toEqual([
      'test_data_set_0: error[data/numbering]: input_0.pb is missing, and files with higher numbers are there (at /case/test_data_set_0)',
    ])
  })
})

describe('a case is unsupported', () => {
  test('when the model needs what is not there, all of it listed', async () => {
    const model = modelBytes((g) => {
      const x = g.input('x', 'f32', [3])
      g.output(g.node('Foo', [g.node('Bar', [x], { name: 'bar' })], { name: 'foo', domain: 'my.ops' }), 'f32')
    })
    expect(await checkIn(writeCase(folder(), model, [good, good]))).toMatchObject({
      status: 'unsupported',
      failures: [],
      compiles: 0,
      gaps: [
        { where: 'node "bar"', what: 'operator "Bar"' },
        { where: 'node "foo"', what: 'operator "my.ops.Foo"' },
      ],
    })
  })

  test('even when its data is of a kind that is not read', async () => {
    const model = modelBytes((g) => {
      const operands = [g.input('x', 'f64', [1]), g.input('shape', 'i64', [1])]
      g.output(g.node('Reshape', operands, { attributes: { allowzero: attribute.int(0) } }), 'f64')
    })
    const double: TensorData = { dtype: 'f64', dims: [1], data: Float64Array.of(1) }
    const data = { inputs: [double, i64([1], [1])], outputs: [double] }
    expect(await checkIn(writeCase(folder(), model, [data]))).toMatchObject({
      status: 'unsupported',
      gaps: [{ where: 'input "x"', what: 'element type f64' }],
    })
  })
})
