import { thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import type { OnnxNode } from '../model.js'
import { checkSchema } from './check-schema.js'
import { controlFlow } from './control-flow/index.js'
import { operatorNames } from './operators/index.js'
import { schemas } from './operators/schemas.js'

const node = (opType: string, inputs: readonly string[], attributes: readonly string[] = []): OnnxNode => ({
  name: 'n',
  opType,
  domain: '',
  inputs,
  outputs: ['y'],
  attributes: attributes.map((name) => ({ name, kind: 'int', value: 1n })),
})
const faultOf = (one: OnnxNode, opset: number) => thrownBy(() => checkSchema(one, opset, 'node "n"'))

test('every operator that is imported has a schema, and no other', () => {
  expect(Object.keys(schemas).sort()).toEqual([...operatorNames, ...controlFlow.keys()].sort())
})

test('forms are in order, each with something of its own', () => {
  for (const [name, forms] of Object.entries(schemas)) {
    forms.slice(1).forEach(({ since, ...what }, i) => {
      const { since: before = 0, ...old } = forms[i] ?? {}
      expect(since, name).toBeGreaterThan(before)
      expect(what, name).not.toEqual(old)
    })
  }
})

test('an attribute that the operator does not have is refused, with those that it has', () => {
  expect(faultOf(node('Conv', ['x', 'w'], ['stride']), 17)).toMatchObject({
    code: 'onnx/attribute',
    message: 'Conv of operator set 17 has no attribute "stride"',
    help: expect.stringMatching(/^it has auto_pad, dilations, group, kernel_shape, pads, strides: /),
  })
  expect(faultOf(node('Relu', ['x'], ['alpha']), 17).help).toMatch(/^it has none: /)
})

test('attributes are those of the operator set', () => {
  const squeeze = node('Squeeze', ['x'], ['axes'])
  checkSchema(squeeze, 12, '')
  expect(faultOf(squeeze, 13).message).toBe('Squeeze of operator set 13 has no attribute "axes"')
  // Younger than the model: its first form.
  checkSchema(node('Gelu', ['x'], ['approximate']), 17, '')
})

test('an attribute that a node must have is asked for', () => {
  expect(faultOf(node('Concat', ['x', 'y']), 17)).toMatchObject({
    code: 'onnx/attribute',
    message: 'Concat of operator set 17 must have the attribute "axis"',
  })
  expect(faultOf(node('TopK', ['x']), 9).message).toMatch(/must have the attribute "k"$/)
})

test('inputs are as many as the operator takes; one that is left out counts where one follows', () => {
  expect(faultOf(node('Relu', ['x', 'y']), 17)).toMatchObject({
    code: 'onnx/inputs',
    message: 'Relu of operator set 17 takes at most 1 input, and the node has 2',
  })
  expect(faultOf(node('Clip', ['x', '', '', 'y']), 11).message).toMatch(/takes at most 3 inputs, and the node has 4$/)
  expect(faultOf(node('Unsqueeze', ['x', '']), 13).message).toMatch(/takes at least 2 inputs, and the node has 1$/)
  checkSchema(node('Clip', ['x', '', 'high', '']), 11, '')
  checkSchema(node('Concat', Array(100).fill('x'), ['axis']), 11, '')
})

test('an output too many is refused', () => {
  const twice = { ...node('Relu', ['x']), outputs: ['y', 'z'] }
  expect(faultOf(twice, 17)).toMatchObject({
    code: 'onnx/outputs',
    message: 'Relu of operator set 17 has at most 1 output, and the node has 2',
  })
  checkSchema({ ...twice, outputs: ['y', ''] }, 17, '')
  checkSchema({ ...twice, opType: 'Split' }, 12, '')
})
