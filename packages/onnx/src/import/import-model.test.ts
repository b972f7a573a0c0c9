import { formatSize } from '@tilewright/ir'
import { thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { encodeModel } from '../encode-model.js'
import { fixSizes } from '../fix-sizes.js'
import { graphBuilder, modelOf } from '../graph-builder.js'
import type { OnnxModel } from '../model.js'
import { hostInputs } from './host-inputs.js'
import { importGraph, importModel } from './import-model.js'

test('dimensions of one name have one size; those without a name are sizes of their own, whatever stands for a name', () => {
  const b = graphBuilder('g')
  const x = b.input('x', 'f32', ['n', 'n', undefined, '?', '?', '…', 'größe', '3d'])
  b.output(b.node('Relu', [x]), 'f32')
  const [input] = importGraph(modelOf(b.build(), { opset: 17 })).inputs
  expect(input?.shape.map(formatSize)).toEqual(['n', 'n', 'x.2', 'x.3', 'x.4', 'x.5', 'größe', '3d'])
})

test.each(['model.onnx', undefined, {}])('%j is no model: what to pass is said', (given) => {
  expect(() => Reflect.apply(importModel, undefined, [given])).toThrow(
    expect.objectContaining({ code: 'onnx/bytes', help: expect.stringContaining('await readFile(path)') }),
  )
})

test('the message alone names all that is missing, and where', () => {
  const b = graphBuilder('g')
  const x = b.input('x', 'f64', [3])
  b.output(b.node('Foo', [b.node('Bar', [x], { name: 'bar' })], { name: 'foo', domain: 'my.ops' }), 'f64')
  const bytes = encodeModel(modelOf(b.build(), { opset: 17 }))
  expect(thrownBy(() => importModel(bytes)).message).toMatchInlineSnapshot(`
    "the model needs 3 things that are not supported
      with  element type f64: input "x"
      with  operator "Bar": node "bar"
      with  operator "my.ops.Foo": node "foo""
  `)
})

test.each([1, 99])('a model of operator set %i is to be converted', (opset) => {
  const b = graphBuilder('g')
  b.output(b.node('Relu', [b.input('x', 'f32', [1])]), 'f32')
  const error = thrownBy(() => importGraph(modelOf(b.build(), { opset })))
  expect(error).toMatchObject({ code: 'onnx/unsupported', help: expect.stringContaining('version_converter') })
})

test('host values are a Map: an object of them is refused', () => {
  const b = graphBuilder('g')
  b.output(b.node('Relu', [b.input('x', 'f32', [1])]), 'f32')
  const hostValues = { x: { dtype: 'f32', shape: [1], data: new Float32Array(1) } }
  expect(() => Reflect.apply(importGraph, undefined, [modelOf(b.build(), { opset: 17 }), { hostValues }])).toThrow(
    expect.objectContaining({ code: 'onnx/host-value', message: 'the host values are no Map' }),
  )
})

test.each([
  [{ hostValue: new Map() }, 'onnx/option', 'the import has no option "hostValue"'],
  [null, 'onnx/option', 'the options of the import are null'],
  [{ hostValues: new Map([['y', 1]]) }, 'onnx/host-value', 'the model has no input "y" to give a host value for'],
  [{ hostValues: new Map([['x', 1]]) }, 'onnx/host-value', 'the host value of input "x" is a tensor, not 1'],
])('options %o are refused', (options, code, message) => {
  const b = graphBuilder('g')
  b.output(b.node('Relu', [b.input('x', 'f32', [1])]), 'f32')
  const given = [modelOf(b.build(), { opset: 17 }), options]
  expect(thrownBy(() => Reflect.apply(importGraph, undefined, given))).toMatchObject({ code, message })
})

test.each([importGraph, hostInputs, fixSizes])('%o wants a decoded model, not its bytes', (take) => {
  for (const given of [undefined, new Uint8Array(4)]) {
    expect(() => Reflect.apply(take, undefined, [given, {}])).toThrow(expect.objectContaining({ code: 'onnx/model' }))
  }
})

test('an output of another dtype than it is declared with is refused', () => {
  const declared = (dtype: 'f32' | 'i32'): OnnxModel => {
    const g = graphBuilder('g')
    g.output(g.node('Relu', [g.input('x', 'f32', [1])], { outputs: ['y'] }), dtype, [1])
    return modelOf(g.build(), { opset: 17 })
  }
  expect(importGraph(declared('f32')).outputs).toHaveLength(1)
  expect(thrownBy(() => importGraph(declared('i32')))).toMatchObject({
    name: 'CompileError',
    code: 'onnx/output-dtype',
    message: 'it is declared as i32, and its node makes f32',
    where: 'output "y"',
  })
})
