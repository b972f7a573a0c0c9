import type { Graph, Tensor } from '@tilewright/graph'
import { runOperation, thrownBy } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { attribute, type GraphBuilder, graphBuilder, modelOf } from '../../graph-builder.js'
import type { OnnxGraph } from '../../model.js'
import { hostInputs } from '../host-inputs.js'
import { importGraph } from '../import-model.js'

type Data = NonNullable<Parameters<typeof runOperation>[1][number]['data']>

/** The outputs of a graph on data, node by node. */
function evaluate(graph: Graph, inputs: Readonly<Record<string, Data>>): readonly (readonly number[])[] {
  const values = new Map<Tensor, Data>()
  const dataOf = (tensor: Tensor): Data => {
    const data = values.get(tensor) ?? inputs[tensor.name] ?? tensor.constant?.data
    if (data === undefined) throw new TypeError(`no data for ${tensor.name}`)
    return data instanceof BigInt64Array ? Int32Array.from(data, Number) : data
  }
  for (const node of graph.nodes) {
    const results = runOperation(
      node.operation,
      node.inputs.map((tensor) => ({ type: tensor, data: dataOf(tensor) })),
    )
    node.outputs.forEach((tensor, i) => {
      const result = results[i]
      if (result !== undefined) values.set(tensor, result)
    })
  }
  return graph.outputs.map(({ tensor }) => Array.from(dataOf(tensor), Number))
}

/** A graph without inputs whose nodes `body` makes. */
function branch(name: string, body: (graph: GraphBuilder) => string): OnnxGraph {
  const graph = graphBuilder(name)
  graph.output(body(graph), 'f32')
  return graph.build()
}

const flag = (value: number) => ({ dtype: 'bool', shape: [], data: Uint8Array.of(value) }) as const
const model = (graph: GraphBuilder) => modelOf(graph.build(), { opset: 17 })

describe('If', () => {
  /** y = c ? x + x : −x, where c is an input or the sign of the sum of x. */
  function choosing(condition: 'given' | 'computed', otherwise = (graph: GraphBuilder) => graph.node('Neg', ['x'])) {
    const graph = graphBuilder('main')
    graph.input('x', 'f32', [2])
    const sum = () => graph.node('ReduceSum', ['x'], { attributes: { keepdims: attribute.int(1) } })
    const zero = () => graph.initializer('zero', { dtype: 'f32', dims: [], data: Float32Array.of(0) })
    const c = condition === 'given' ? graph.input('c', 'bool', []) : graph.node('Greater', [sum(), zero()])
    const attributes = {
      then_branch: attribute.graph(branch('yes', (inner) => inner.node('Add', ['x', 'x']))),
      else_branch: attribute.graph(branch('no', otherwise)),
    }
    graph.output(graph.node('If', [c], { attributes, outputs: ['y'] }), 'f32', [2])
    return model(graph)
  }

  test('takes the branch of a condition that is known', () => {
    expect(hostInputs(choosing('given'))).toEqual(['c'])
    const taken = (value: number) => importGraph(choosing('given'), { hostValues: new Map([['c', flag(value)]]) })
    expect(taken(1).nodes.map(({ operation }) => operation.name)).toEqual(['Add'])
    expect(evaluate(taken(1), { x: Float32Array.of(1, 2) })).toEqual([[2, 4]])
    expect(evaluate(taken(0), { x: Float32Array.of(1, 2) })).toEqual([[-1, -2]])
  })

  test('computes both branches where only a run knows', () => {
    expect(hostInputs(choosing('computed'))).toEqual([])
    const graph = importGraph(choosing('computed'))
    expect(evaluate(graph, { x: Float32Array.of(1, 2) })).toEqual([[2, 4]])
    expect(evaluate(graph, { x: Float32Array.of(1, -2) })).toEqual([[-1, 2]])
    const given = importGraph(choosing('given'))
    expect(evaluate(given, { x: Float32Array.of(1, 2), c: Uint8Array.of(1) })).toEqual([[2, 4]])
  })

  test('refuses branches of different types that only a run chooses', () => {
    const wider = choosing('computed', (graph) =>
      graph.node('Concat', ['x', 'x'], { attributes: { axis: attribute.int(0) } }),
    )
    expect(thrownBy(() => importGraph(wider))).toMatchObject({ code: 'onnx/control-flow', where: 'node "main/If_2"' })
  })

  test('names the gaps inside of branches', () => {
    const strange = choosing('given', (graph) => graph.node('Strange', ['x']))
    expect(thrownBy(() => importGraph(strange))).toMatchObject({
      gaps: [{ where: 'node "main/If_0" › node "no/Strange_0"', what: 'operator "Strange"' }],
    })
  })
})

describe('Loop', () => {
  interface Details {
    readonly trips?: number
    readonly condition?: 'true' | 'until-2' | 'computed'
    readonly scanShape?: readonly number[]
  }

  /** Carries a, which each step doubles; collects a + step. */
  function looping({ trips, condition, scanShape }: Details) {
    const body = graphBuilder('body')
    body.input('step', 'i64', [])
    body.input('goes_on', 'bool', [])
    body.input('a', 'f32', [2])
    const two = body.initializer('two', { dtype: 'i64', dims: [], data: BigInt64Array.of(2n) })
    const isEarly = () => body.node('Less', ['step', two])
    const largest = () => body.node('ReduceMax', ['a'], { attributes: { keepdims: attribute.int(0) } })
    const goesOn =
      condition === 'until-2'
        ? isEarly()
        : condition === 'computed'
          ? body.node('Less', [largest(), 'outer'])
          : body.node('Identity', ['goes_on'])
    body.output(goesOn, 'bool')
    body.output(body.node('Add', ['a', 'a']), 'f32')
    const step = body.node('Cast', ['step'], { attributes: { to: attribute.int(1) } })
    body.output(body.node('Add', ['a', step]), 'f32', scanShape)

    const graph = graphBuilder('main')
    graph.input('x', 'f32', [2])
    graph.initializer('outer', { dtype: 'f32', dims: [], data: Float32Array.of(9) })
    const count =
      trips === undefined
        ? ''
        : graph.initializer('m', { dtype: 'i64', dims: [], data: BigInt64Array.of(BigInt(trips)) })
    const start =
      condition === undefined ? '' : graph.initializer('c', { dtype: 'bool', dims: [], data: Uint8Array.of(1) })
    graph.node('Loop', [count, start, 'x'], {
      attributes: { body: attribute.graph(body.build()) },
      outputs: ['y', 'rows'],
    })
    graph.output('y', 'f32', [2])
    graph.output('rows', 'f32')
    return model(graph)
  }
  const x = Float32Array.of(1, 3)

  test('is unrolled by its trip count', () => {
    const graph = importGraph(looping({ trips: 3 }))
    expect(graph.outputs.map(({ tensor }) => tensor.shape)).toEqual([[2], [3, 2]])
    expect(evaluate(graph, { x })).toEqual([
      [8, 24],
      [1, 3, 3, 7, 6, 14],
    ])
  })

  test('ends by a condition that is known, and ignores those of a loop that starts without one', () => {
    expect(evaluate(importGraph(looping({ condition: 'until-2' })), { x })[0]).toEqual([8, 24])
    expect(evaluate(importGraph(looping({ trips: 1, condition: 'computed' })), { x })[0]).toEqual([2, 6])
    expect(evaluate(importGraph(looping({ trips: 2, condition: 'true' })), { x })[0]).toEqual([4, 12])
  })

  test('of no steps gives what it was given, and nothing collected', () => {
    const graph = importGraph(looping({ trips: 0, scanShape: [2] }))
    expect(graph.outputs.map(({ tensor }) => tensor.shape)).toEqual([[2], [0, 2]])
    expect(thrownBy(() => importGraph(looping({ trips: 0 })))).toMatchObject({ code: 'onnx/control-flow' })
  })

  test('is refused when only a run knows when it ends, or too late', () => {
    expect(String(thrownBy(() => importGraph(looping({ trips: 3, condition: 'computed' }))))).toMatch(
      /only a run knows/,
    )
    expect(String(thrownBy(() => importGraph(looping({ trips: 1025 }))))).toMatch(/more than 1024 steps/)
    expect(String(thrownBy(() => importGraph(looping({ condition: 'true' }))))).toMatch(/more than 1024 steps/)
  })
})

describe('Scan', () => {
  interface Details {
    readonly opset?: number
    readonly shapes?: readonly (readonly (number | string)[])[]
    readonly attributes?: Readonly<Record<string, readonly number[]>>
    readonly lengths?: boolean
  }

  /** Two states (a sum of x, a product of y) over two sequences; collects the sum, and x − y. */
  function scanning({ opset = 17, shapes = [[2], [2], [3, 2], [3, 2]], attributes = {}, lengths = false }: Details) {
    const body = graphBuilder('body')
    for (const name of ['sum', 'product', 'x', 'y']) body.input(name, 'f32', [2])
    const sum = body.node('Add', ['sum', 'x'])
    for (const name of [sum, body.node('Mul', ['product', 'y']), sum, body.node('Sub', ['x', 'y'])]) {
      body.output(name, 'f32', [2])
    }
    const graph = graphBuilder('main')
    const names = shapes.map((shape, i) => graph.input(`in${i}`, 'f32', shape))
    const outputs = ['sum_out', 'product_out', 'sums', 'differences']
    const before = opset < 9 ? [lengths ? graph.input('lengths', 'i64', [2]) : ''] : []
    graph.node('Scan', [...before, ...names], {
      attributes: {
        body: attribute.graph(body.build()),
        num_scan_inputs: attribute.int(2),
        ...Object.fromEntries(Object.entries(attributes).map(([name, values]) => [name, attribute.ints(values)])),
      },
      outputs,
    })
    for (const name of outputs) graph.output(name, 'f32')
    return modelOf(graph.build(), { opset })
  }
  const states = { in0: Float32Array.of(0, 10), in1: Float32Array.of(1, 2) }
  const sequences = { in2: Float32Array.of(1, 2, 3, 4, 5, 6), in3: Float32Array.of(1, 1, 2, 2, 3, 3) }

  test('carries states and collects values', () => {
    const graph = importGraph(scanning({}))
    expect(graph.outputs.map(({ tensor }) => tensor.shape)).toEqual([[2], [2], [3, 2], [3, 2]])
    expect(evaluate(graph, { ...states, ...sequences })).toEqual([
      [9, 22],
      [6, 12],
      [1, 12, 4, 16, 9, 22],
      [0, 1, 1, 2, 2, 3],
    ])
  })

  test('along any dimension, backwards where it is said', () => {
    const attributes = {
      scan_input_axes: [-1, 0],
      scan_input_directions: [1, 0],
      scan_output_axes: [1, 0],
      scan_output_directions: [0, 1],
    }
    const graph = importGraph(scanning({ shapes: [[2], [2], [2, 3], [3, 2]], attributes }))
    const in2 = Float32Array.of(1, 3, 5, 2, 4, 6)
    expect(graph.outputs.map(({ tensor }) => tensor.shape)).toEqual([[2], [2], [2, 3], [3, 2]])
    // x is (5, 6), (3, 4), (1, 2).
    expect(evaluate(graph, { ...states, ...sequences, in2 })).toEqual([
      [9, 22],
      [6, 12],
      [5, 8, 9, 16, 20, 22],
      [-2, -1, 1, 2, 4, 5],
    ])
  })

  test('of no steps gives its states, and nothing collected', () => {
    const attributes = { scan_output_axes: [0, -1] }
    const graph = importGraph(scanning({ shapes: [[2], [2], [0, 2], [0, 2]], attributes }))
    expect(graph.outputs.map(({ tensor }) => tensor.shape)).toEqual([[2], [2], [0, 2], [2, 0]])
  })

  test('has a batch in front before operator set 9', () => {
    const shapes = [
      [2, 2],
      [2, 2],
      [2, 2, 2],
      [2, 2, 2],
    ]
    const graph = importGraph(scanning({ opset: 8, shapes, attributes: { directions: [0, 1] } }))
    expect(graph.outputs.map(({ tensor }) => tensor.shape)).toEqual(shapes)
    const inputs = {
      in0: Float32Array.of(0, 10, 100, 1000),
      in1: Float32Array.of(1, 1, 2, 2),
      in2: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      in3: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    }
    expect(evaluate(graph, inputs)).toEqual([
      [4, 16, 112, 1014],
      [3, 8, 70, 96],
      [1, 12, 4, 16, 105, 1006, 112, 1014],
      [-2, -2, 2, 2, -2, -2, 2, 2],
    ])
    expect(thrownBy(() => importGraph(scanning({ opset: 8, shapes, lengths: true })))).toMatchObject({
      code: 'onnx/control-flow',
      message: 'a Scan of sequences of several lengths is not supported',
    })
  })

  test('is refused where only a run knows the length, where it is long, and where lengths differ', () => {
    const message = (details: Details) => String(thrownBy(() => importGraph(scanning(details))))
    expect(thrownBy(() => importGraph(scanning({ shapes: [[2], [2], ['n', 2], ['n', 2]] })))).toMatchObject({
      code: 'onnx/control-flow',
      help: 'fix the size that it is (--fix NAME=VALUE), or export the model with a fixed one',
    })
    expect(message({ shapes: [[2], [2], [1025, 2], [1025, 2]] })).toMatch(/more than 1024 steps/)
    expect(message({ shapes: [[2], [2], [3, 2], [4, 2]] })).toMatch(/no one extent of the sequence: 3, 4/)
    expect(message({ attributes: { scan_input_axes: [0] } })).toMatch(/1 axes or directions for 2 sequences/)
  })
})
