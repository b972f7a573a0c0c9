import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { elementFor, floatToHalf } from '@tilewright/backend'
import { attribute, type GraphBuilder, type TensorData } from '@tilewright/onnx'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { f32, modelBytes, reluModel, temporaryFolder, writeDataSet } from '../fixtures/write-case.js'
import { type OpenedDevice, openDevice } from '../open-device.js'
import { createTerminal } from '../terminal.js'
import { bfloatModelTolerance, halfModelTolerance, wholeModelTolerance } from '../tolerance.js'
import { runText } from './report-run.js'
import { type RunReport, type RunRequest, readRequest, runModel } from './run-model.js'

const output = { write: () => undefined }
const silent = { note: () => undefined, progress: () => undefined }
const settings = { sizes: {}, tolerance: undefined }
const { colors } = createTerminal(output, output, {})

let root: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  root = temporaryFolder()
})
afterEach(() => root.remove())

const fileOf = (bytes: Uint8Array): string => {
  const file = join(root.path, 'model.onnx')
  writeFileSync(file, bytes)
  return file
}
async function onCpu<T>(work: (opened: OpenedDevice) => Promise<T>): Promise<T> {
  const opened = await openDevice('cpu')
  try {
    return await work(opened)
  } finally {
    opened.device.dispose()
  }
}
const reportOf = (file: string, progress: (line: string) => void = () => undefined): Promise<RunReport> =>
  onCpu((opened) => runModel(readRequest(file, undefined, {}), settings, opened, { ...silent, progress }))
const lineOf = (report: RunReport, label: string): string | undefined =>
  runText(report, colors)
    .split('\n')
    .find((line) => line.includes(`  ${label} `))

test('data beside a model is not compared with unless it is asked for, and how to is said', async () => {
  const data = writeDataSet(join(root.path, 'test_data_set_0'), {
    inputs: [f32([2], [-1, 1])],
    outputs: [f32([2], [0, 1])],
  })
  const report = await reportOf(fileOf(reluModel()))
  expect(runText(report, colors)).toContain(
    [
      '  check     against its definition      equal, exactly',
      `            against the reference data  not compared: pass --data ${data}`,
    ].join('\n'),
  )
})

test('each comparison says what it is against, and what came of it', async () => {
  const report = await reportOf(fileOf(reluModel()))
  const checks: RunReport['checks'] = [
    { against: 'definition', largestErrorOfMax: undefined, mismatches: [], skipped: 'it is too large' },
    { against: 'data', largestErrorOfMax: 0.00000131, mismatches: [] },
  ]
  expect(runText({ ...report, checks }, colors)).toContain(
    [
      '  check     against its definition      not compared: it is too large',
      '            against the reference data  equal; the largest error is 1.3e-6 of the largest value',
    ].join('\n'),
  )
})

describe('of models that compute in f16', () => {
  const half = (values: readonly number[]): TensorData => ({
    dtype: 'f16',
    dims: [values.length],
    data: Uint16Array.from(values, floatToHalf),
  })
  const toHalf = (g: GraphBuilder, x: string): string => g.node('Cast', [x], { attributes: { to: attribute.int(10) } })
  const reportOn = (model: Uint8Array, input: TensorData, output: TensorData): Promise<RunReport> => {
    const data = writeDataSet(join(root.path, 'data'), { inputs: [input], outputs: [output] })
    return onCpu((opened) => runModel(readRequest(fileOf(model), data, {}), settings, opened, silent))
  }

  test('values are shown, and ten steps of f16 are rounding', async () => {
    const model = modelBytes((g) => g.output(g.node('Relu', [g.input('x', 'f16', [3])], { outputs: ['y'] }), 'f16'))
    const report = await reportOn(model, half([-1, 1.25, 100]), half([0, 1.25, 100.5]))
    expect(report.tolerance).toEqual(halfModelTolerance)
    expect(lineOf(report, 'output')).toBe('  output    y f16 [3] = 0, 1.25, 100')
    expect(runText(report, colors)).toContain('equal; the largest error is 5.0e-3 of the largest value')
  })

  test('so they are where results are f32, and what is more is said beside what is allowed', async () => {
    const model = modelBytes((g) => {
      const y = g.node('Relu', [toHalf(g, g.input('x', 'f32', [1]))])
      g.output(g.node('Cast', [y], { attributes: { to: attribute.int(1) }, outputs: ['y'] }), 'f32')
    })
    const report = await reportOn(model, f32([1], [1]), f32([1], [1.25]))
    expect(report.tolerance).toEqual(halfModelTolerance)
    expect(runText(report, colors)).toContain(
      'the largest error is 2.0e-1 of the largest value, where 1e-2 is allowed (--of-max)',
    )
  })

  test('weights in f16 alone do not make one', async () => {
    const model = modelBytes((g) => {
      const y = g.node('Cast', [g.input('x', 'f16', [1])], { attributes: { to: attribute.int(1) } })
      g.output(y, 'f32')
    })
    expect((await reportOn(model, half([1]), f32([1], [1]))).tolerance).toEqual(wholeModelTolerance)
  })
})

test('a model that computes in bf16, weights and all, is held to ten steps of it', async () => {
  const bfloats = (dims: readonly number[], ...values: readonly number[]): TensorData => ({
    dtype: 'bf16',
    dims,
    data: Uint16Array.from(values, (value) => elementFor('bf16', value)),
  })
  const model = modelBytes((g) => {
    const [w, b] = [g.initializer('w', bfloats([2, 2], 1, 0.5, 0, 3)), g.initializer('b', bfloats([2], 0.25, 100))]
    const product = g.node('MatMul', [g.input('x', 'bf16', [1, 2]), w])
    g.output(g.node('Add', [product, b], { outputs: ['y'] }), 'bf16')
  })
  const [x, y] = [bfloats([1, 2], 1.5, 2), bfloats([1, 2], 1.75, 108)]
  const data = writeDataSet(join(root.path, 'bfloat'), { inputs: [x], outputs: [y] })
  const report = await onCpu((opened) => runModel(readRequest(fileOf(model), data, {}), settings, opened, silent))
  expect(report.tolerance).toEqual(bfloatModelTolerance)
  // 106.75 lies between 106.5 and 107.
  expect(lineOf(report, 'output')).toBe('  output    y bf16 [1, 2] = 1.75, 107')
  expect(report.checks.map(({ mismatches }) => mismatches)).toEqual([[], []])
})

test('of nothing it is not said that it is equal', async () => {
  const none = await reportOf(fileOf(modelBytes((g) => g.node('Relu', [g.input('x', 'f32', [2])]))))
  expect(lineOf(none, 'check')).toBe('  check     against its definition  not compared: the model has no outputs')
  const empty = await reportOf(fileOf(reluModel([0, 3])))
  expect(lineOf(empty, 'check')).toBe('  check     against its definition  not compared: all outputs are empty')
})

test('runs that were few are not called a median', async () => {
  const report = await reportOf(fileOf(reluModel()))
  const after = (runs: number): string | undefined =>
    lineOf({ ...report, times: { ...report.times, firstRun: 7900, run: runs === 0 ? 7900 : 4600, runs } }, 'run')
  expect([0, 1, 5].map(after)).toEqual([
    '  run       7.9 s, measured once',
    '  run       4.6 s, measured once; the first took 7.9 s',
    '  run       4.6 s, the median of 5; the first took 7.9 s',
  ])
})

test('what takes long is said before it begins', async () => {
  const said: string[] = []
  await reportOf(fileOf(reluModel()), (line) => said.push(line))
  expect(said).toEqual([
    'compiling 1 node for cpu · JavaScript …',
    'preparing 1 pipeline and the weights …',
    'running for the first time …',
    'running again, to measure …',
    'evaluating by definition, to compare: a large model takes half a minute …',
  ])
})

test('sizes that do not agree are found before pipelines are made', async () => {
  const model = modelBytes((g) => {
    const [x, y] = [g.input('x', 'f32', ['rows', 2]), g.input('y', 'f32', [2, 'columns'])]
    g.output(g.node('MatMul', [y, x], { name: 'product' }), 'f32')
  })
  const file = fileOf(model)
  const data = writeDataSet(join(root.path, 'data'), {
    inputs: [f32([1, 2], [1, 1]), f32([2, 3], [1, 1, 1, 1, 1, 1])],
    outputs: [],
  })
  const stages: string[] = []
  const ran = (request: RunRequest, sizes: Readonly<Record<string, number>>): Promise<RunReport> =>
    onCpu((opened) =>
      runModel(request, { ...settings, sizes }, opened, {
        ...silent,
        progress: (line) => stages.push(line.replace(/ .*/, '')),
      }),
    )
  await expect(ran(readRequest(file, undefined, {}), { rows: 1, columns: 3 })).rejects.toMatchObject({
    code: 'size/disagree',
  })
  await expect(ran(readRequest(file, data, {}), {})).rejects.toMatchObject({ code: 'run/shape' })
  expect(stages).toEqual(['compiling', 'compiling'])
})
