import { decodeModel, type TensorData } from '@tilewright/onnx'
import { thrownBy } from '@tilewright/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDataSet } from './data-set.js'
import { f32, i64, modelBytes, temporaryFolder, writeDataSet } from './fixtures/write-case.js'
import { type InputData, readInputs } from './read-inputs.js'

let root: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  root = temporaryFolder()
})
afterEach(() => root.remove())

const model = decodeModel(
  modelBytes((g) => {
    const a = g.input('a', 'f32', ['batch', 4])
    const b = g.input('b', 'f32', ['batch', undefined])
    g.output(g.node('Max', [a, b]), 'f32')
  }),
)
const read = (inputs: readonly TensorData[], sizes = {}): InputData =>
  readInputs(model, openDataSet(writeDataSet(`${root.path}/data`, { inputs, outputs: [] })), sizes)
const zeros = (...dims: readonly number[]): TensorData => f32(dims, Array(dims.reduce((n, dim) => n * dim, 1)).fill(0))

test('inputs are read under their names; sizes without a name are any', () => {
  expect(read([zeros(2, 4), zeros(2, 9)])).toEqual({
    sizes: { batch: 2, 'b.1': 9 },
    hostValues: new Map(),
    given: {
      a: { dtype: 'f32', shape: [2, 4], data: new Float32Array(8) },
      b: { dtype: 'f32', shape: [2, 9], data: new Float32Array(18) },
    },
  })
})

test('a size that one input has twice', () => {
  const square = decodeModel(modelBytes((g) => g.output(g.node('Relu', [g.input('x', 'f32', ['n', 'n'])]), 'f32')))
  const folder = writeDataSet(`${root.path}/data`, { inputs: [zeros(2, 3)], outputs: [] })
  const message = 'input "x" is f32 [2, 3], expected f32 [n, n]; n is 2 in input "x"'
  expect(thrownBy(() => readInputs(square, openDataSet(folder)))).toMatchObject({ message })
})

test('what the model is compiled with stands apart', () => {
  const reshape = decodeModel(
    modelBytes((g) => g.output(g.node('Reshape', [g.input('x', 'f32', [4]), g.input('to', 'i64', [1])]), 'f32')),
  )
  const folder = writeDataSet(`${root.path}/data`, { inputs: [zeros(4), i64([1], [4])], outputs: [] })
  const { hostValues, given } = readInputs(reshape, openDataSet(folder))
  expect([...hostValues.keys()]).toEqual(['to'])
  expect(Object.keys(given)).toEqual(['x'])
})

describe('a tensor that is not what the model declares names its file, and what is expected', () => {
  const double: TensorData = { dtype: 'f64', dims: [2, 4], data: new Float64Array(8) }
  test.each([
    ['double precision', [double, zeros(2, 9)], {}, 0, 'dtype', 'input "a" is f64 [2, 4], expected f32 [batch, 4]'],
    ['a rank', [zeros(4), zeros(2, 9)], {}, 0, 'shape', 'input "a" is f32 [4], expected f32 [batch, 4]'],
    ['a number', [zeros(2, 5), zeros(2, 9)], {}, 0, 'shape', 'input "a" is f32 [2, 5], expected f32 [batch, 4]'],
    [
      'a size of another input',
      [zeros(2, 4), zeros(3, 9)],
      {},
      1,
      'shape',
      'input "b" is f32 [3, 9], expected f32 [batch, b.1]; batch is 2 in input "a"',
    ],
  ])('%s', (_, inputs, sizes, position, what, message) => {
    expect(thrownBy(() => read(inputs, sizes))).toMatchObject({
      code: `data/input-${what}`,
      message,
      where: `${root.path}/data/input_${position}.pb`,
    })
  })
})

test('a size of the data that is fixed to another is not the fault of the data', () => {
  expect(read([zeros(8, 4), zeros(8, 9)], { batch: 8 }).sizes).toEqual({ batch: 8, 'b.1': 9 })
  expect(thrownBy(() => read([zeros(2, 4), zeros(2, 9)], { batch: 8 }))).toMatchObject({
    code: 'size/fixed',
    message: 'input "a" is f32 [2, 4], expected f32 [batch, 4]; batch is 8 by --fix batch=8',
    where: `${root.path}/data/input_0.pb`,
    help: 'leave --fix batch=8 away: with data, a model that needs to know a size is compiled for the size of the data',
  })
})
