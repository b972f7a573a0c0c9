import { runOperation, thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { attribute, graphBuilder, modelOf } from '../graph-builder.js'
import type { OnnxFunction, OnnxModel, OnnxNode } from '../model.js'
import { hostInputs } from './host-inputs.js'
import { importGraph } from './import-model.js'

const node = (opType: string, inputs: readonly string[], output: string, more: Partial<OnnxNode> = {}): OnnxNode => ({
  name: '',
  opType,
  domain: '',
  inputs,
  outputs: [output],
  attributes: [],
  ...more,
})

const fn = (name: string, nodes: readonly OnnxNode[], more: Partial<OnnxFunction> = {}): OnnxFunction => ({
  name,
  domain: 'local',
  inputs: ['a', 'b'],
  outputs: ['r'],
  attributeNames: [],
  attributeDefaults: [],
  opsetImports: [],
  nodes,
  ...more,
})

/** y = the call of `name` on x and, unless it is left out, w. */
function modelWith(functions: readonly OnnxFunction[], name: string, more: Partial<OnnxNode> = {}): OnnxModel {
  const graph = graphBuilder('main')
  graph.input('x', 'f32', [2, 2])
  graph.input('w', 'i64', [2])
  const built = graph.build()
  const call = node(name, ['x', 'w'], 'y', { domain: 'local', ...more })
  const outputs = [{ name: 'y', type: { kind: 'unknown' } }] as const
  return { ...modelOf({ ...built, nodes: [call], outputs }, { opset: 17 }), functions }
}

const data = Float32Array.of(-1, 2, -3, 4)
function valuesOf(model: OnnxModel): readonly number[] {
  const [first, ...rest] = importGraph(model).nodes
  expect(rest).toEqual([])
  if (first === undefined) return []
  return Array.from(runOperation(first.operation, [{ type: { dtype: 'f32', shape: [2, 2] }, data }])[0] ?? [], Number)
}

const reference = { kind: 'reference', value: 'slope', of: 'float' } as const
const leaky = fn('Leaky', [node('LeakyRelu', ['a'], 'r', { attributes: [{ name: 'alpha', ...reference }] })])

test('a call stands for the body, with the attributes of the call', () => {
  const slope = { name: 'slope', ...attribute.float(0.5) }
  expect(valuesOf(modelWith([leaky], 'Leaky', { attributes: [slope] }))).toEqual([-0.5, 2, -1.5, 4])
  // Left out, the operator's own default counts; a default of the function before it.
  expect(valuesOf(modelWith([leaky], 'Leaky'))).toEqual([-0.01, 2, -0.03, 4].map((value) => expect.closeTo(value, 6)))
  const withDefault = { ...leaky, attributeDefaults: [{ name: 'slope', ...attribute.float(2) }] }
  expect(valuesOf(modelWith([withDefault], 'Leaky'))).toEqual([-2, 2, -6, 4])
})

test('functions call functions, with values of their own', () => {
  const outer = fn('Outer', [
    node('Leaky', ['a'], 'r', { domain: 'local', attributes: [{ name: 'slope', ...attribute.float(3) }] }),
  ])
  expect(valuesOf(modelWith([outer, leaky], 'Outer'))).toEqual([-3, 2, -9, 4])
})

test('an input that a call leaves out is left out in the body', () => {
  const clip = fn('Cut', [node('Clip', ['a', 'b'], 'r')])
  expect(valuesOf(modelWith([clip], 'Cut', { inputs: ['x'] }))).toEqual([-1, 2, -3, 4])
})

test('a function may hide an operator, and has an operator set of its own', () => {
  const softmax = fn('Soft', [node('Softmax', ['a'], 'r')], { opsetImports: [{ domain: '', version: 11 }] })
  const ones = importGraph(modelWith([softmax], 'Soft')).nodes[0]
  expect(ones?.operation.name).toBe('Softmax')
  const relu = { ...fn('Relu', [node('Neg', ['a'], 'r')]), domain: '' }
  expect(valuesOf(modelWith([relu], 'Relu', { domain: '' }))).toEqual([1, -2, 3, -4])
})

test('what a body reads as a host value is an input of the caller', () => {
  const shaped = fn('Shaped', [node('Reshape', ['a', 'b'], 'r')])
  expect(hostInputs(modelWith([shaped], 'Shaped'))).toEqual(['w'])
})

test('refuse functions that call themselves, are there twice, or have gaps', () => {
  const self = fn('Self', [node('Self', ['a'], 'r', { domain: 'local' })])
  expect(thrownBy(() => importGraph(modelWith([self], 'Self')))).toMatchObject({ code: 'onnx/recursive-function' })
  expect(thrownBy(() => importGraph(modelWith([leaky, leaky], 'Leaky')))).toMatchObject({
    code: 'onnx/duplicate-function',
  })
  const strange = fn('Odd', [node('Strange', ['a'], 'r')], { opsetImports: [{ domain: '', version: 3 }] })
  expect(thrownBy(() => importGraph(modelWith([strange], 'Odd')))).toMatchObject({
    gaps: [
      { where: 'function "Odd"', what: 'operator set 3; 7 to 27 are read' },
      { where: 'function "Odd" › node 0', what: 'operator "Strange"' },
    ],
  })
})
