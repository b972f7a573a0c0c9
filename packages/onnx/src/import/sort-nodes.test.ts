import { propertyRuns, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { graphBuilder, modelOf } from '../graph-builder.js'
import type { OnnxNode } from '../model.js'
import { importGraph } from './import-model.js'
import { sortNodes } from './sort-nodes.js'

const node = (name: string, inputs: readonly string[], outputs: readonly string[]): OnnxNode => ({
  name,
  opType: 'Sum',
  domain: '',
  inputs,
  outputs,
  attributes: [],
})
const sorted = (...nodes: readonly OnnxNode[]): readonly string[] =>
  sortNodes(nodes, new Set(['x'])).map((placed) => placed.node.name)

describe('nodes', () => {
  test('stand after what they read, and else in the order of the file', () => {
    expect(sorted(node('a', ['x'], ['p']), node('b', ['x', ''], ['q']), node('c', ['q'], ['r']))).toEqual([
      'a',
      'b',
      'c',
    ])
    expect(sorted(node('last', ['p', 'q'], ['y']), node('b', ['p'], ['q']), node('a', ['x'], ['p', '']))).toEqual([
      'a',
      'b',
      'last',
    ])
  })

  test('of any order are sorted, whatever the length of their chains', () => {
    const values = Array.from({ length: 30 }, (_, i) => `v${i}`)
    const chain = values.map((name, i) => node(name, i === 0 ? ['x'] : [`v${i - 1}`, `v${i >> 1}`], [name]))
    const inOrder = fc.shuffledSubarray(chain, { minLength: chain.length })
    // Each reads the one before: there is one order.
    fc.assert(
      fc.property(inOrder, (nodes) => {
        expect(sorted(...nodes)).toEqual(values)
      }),
      { numRuns: propertyRuns() },
    )
    const long = Array.from({ length: 50_000 }, (_, i) => node(`${i}`, [i === 0 ? 'x' : `v${i - 1}`], [`v${i}`]))
    expect(sorted(...long.toReversed())).toHaveLength(50_000)
  })

  test('that are constants of one name: the last one is taken, also before it', () => {
    const constant = (name: string): OnnxNode => ({ ...node(name, [], ['c']), opType: 'Constant' })
    expect(sorted(constant('old'), node('a', ['c', 'x'], ['y']), constant('new'))).toEqual(['new', 'a'])
    const other = [constant('old'), node('a', ['x'], ['c'])]
    expect(thrownBy(() => sorted(...other))).toMatchObject({ code: 'onnx/duplicate-value', where: 'node "a"' })
  })

  test('that cannot be sorted are an error that names the value', () => {
    const dangling = [node('a', ['p'], ['y']), node('b', ['x', 'nowhere'], ['p'])]
    expect(thrownBy(() => sorted(...dangling))).toMatchObject({
      code: 'onnx/undefined-value',
      message: 'nothing makes value "nowhere"',
      where: 'node "b"',
    })
    const cycle = [node('out', ['p'], ['y']), node('a', ['x', 'q'], ['p']), node('b', ['p'], ['q'])]
    expect(thrownBy(() => sorted(...cycle))).toMatchObject({
      code: 'onnx/cycle',
      message: 'values are made from themselves: "q", "p"',
    })
    const twice = [node('c', ['p'], ['y']), node('a', ['x'], ['p', '']), node('b', ['x'], ['p', ''])]
    expect(thrownBy(() => sorted(...twice))).toMatchObject({ code: 'onnx/duplicate-value', where: 'node "b"' })
    expect(thrownBy(() => sorted(node('a', ['y'], ['y'])))).toMatchObject({ code: 'onnx/cycle', where: 'node "a"' })
  })
})

test('a model whose nodes are not sorted is imported', () => {
  const b = graphBuilder('g')
  b.node('Neg', ['p'], { outputs: ['y'] })
  b.node('Abs', [b.input('x', 'f32', [2])], { outputs: ['p'] })
  b.output('y', 'f32')
  const graph = importGraph(modelOf(b.build(), { opset: 13 }))
  expect(graph.nodes.map(({ operation }) => operation.name)).toEqual(['Abs', 'Neg'])
})
