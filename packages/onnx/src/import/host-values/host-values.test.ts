import {
  addOp,
  concatOp,
  divOp,
  type Graph,
  gatherOp,
  modOp,
  mulOp,
  type Operation,
  sliceOp,
  subOp,
  type Tensor,
} from '@tilewright/graph'
import { evaluateSize, formatSize, type SizeExpr, size } from '@tilewright/ir'
import { bfloatToNumber, halfToNumber } from '@tilewright/simulator'
import { arbitrarySize, arbitrarySizeValues, propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attribute, type GraphBuilder, graphBuilder, modelOf } from '../../graph-builder.js'
import { importGraph } from '../import-model.js'
import { evaluateOperation } from './evaluate-operation.js'
import { elementOf, elementOfSize } from './host-element.js'
import { knownTensor } from './known-tensor.js'

const integers = (...sizes: readonly SizeExpr[]): Tensor => {
  const tensor = knownTensor('t', 'i64', [sizes.length], sizes.map(elementOfSize))
  if (tensor === undefined) throw new RangeError('sizes are known')
  return tensor
}
const exact = (...values: readonly bigint[]): Tensor => {
  const data = { dtype: 'i64', shape: [values.length], data: BigInt64Array.from(values) } as const
  return { kind: 'tensor', name: 'c', dtype: 'i64', shape: data.shape, constant: data }
}
const evaluated = (operation: Operation, ...operands: readonly Tensor[]): Tensor | undefined =>
  evaluateOperation(operation, operands, ['y'])?.[0]
const texts = (tensor: Tensor | undefined): readonly string[] | undefined =>
  tensor?.sizes?.map(formatSize) ??
  (tensor?.constant === undefined ? undefined : Array.from(tensor.constant.data, String))

const n = size('n')

test.each([
  ['f16', halfToNumber],
  ['bf16', bfloatToNumber],
] as const)('elements of %s are the values of their bits', (dtype, toNumber) => {
  const data = Uint16Array.from({ length: 65536 }, (_, bits) => bits)
  const wrong = data.filter((_, i) => !Object.is(elementOf({ dtype, shape: [65536], data }, i), toNumber(i)))
  expect(wrong).toEqual(new Uint16Array())
})

describe('an operation on known values', () => {
  test('is evaluated by its definition, exactly and over sizes', () => {
    const shape = integers(n, 3, n)
    const index = exact(-1n)
    expect(texts(evaluated(gatherOp(shape, index, { axis: 0 }), shape, index))).toEqual(['n'])
    const joined = evaluated(concatOp([index, shape], { axis: 0 }), index, shape)
    expect(texts(joined)).toEqual(['-1', 'n', '3', 'n'])
    const end = exact(2n ** 63n - 1n)
    expect(texts(evaluated(concatOp([end, end], { axis: 0 }), end, end))).toEqual(Array(2).fill('9223372036854775807'))
    expect(texts(evaluated(mulOp(end, end), end, end))).toEqual(['1'])
    const reversed = sliceOp(shape, { starts: [-1], ends: [-(2 ** 31)], axes: [0], steps: [-1] })
    expect(texts(evaluated(reversed, shape))).toEqual(['n', '3', 'n'])
  })

  test('divides by sizes, and by zero not at all', () => {
    const [shape, by] = [integers(n), integers(size('m'))]
    expect(texts(evaluated(divOp(shape, by), shape, by))).toEqual(['n / m'])
    expect(texts(evaluated(modOp(shape, by, { truncated: true }), shape, by))).toEqual(['n % m'])
    expect(texts(evaluated(divOp(shape, exact(0n)), shape, exact(0n)))).toEqual(['n'])
  })

  test('stays on the device where it is not known', () => {
    const shape = integers(n)
    const unknown: Tensor = { kind: 'tensor', name: 'x', dtype: 'i64', shape: [1], constant: undefined }
    expect(evaluated(addOp(shape, unknown), shape, unknown)).toBeUndefined()
    expect(evaluated(mulOp(shape, exact(-1n)), shape, exact(-1n))).toBeUndefined()
    const large = exact(...Array<bigint>(2000).fill(1n))
    expect(evaluated(addOp(large, large), large, large)).toBeUndefined()
  })

  test('over sizes is what it is over their values', () => {
    const operators = fc.constantFrom(addOp, mulOp)
    fc.assert(
      fc.property(operators, arbitrarySize(), arbitrarySize(), arbitrarySizeValues(), (operator, a, b, values) => {
        const first = (tensor: Tensor | undefined): number => {
          if (tensor?.sizes !== undefined) return evaluateSize(tensor.sizes[0] ?? -1, values)
          return Number(tensor?.constant?.data[0])
        }
        const symbolic = [integers(a), integers(b)] as const
        const fixed = [integers(evaluateSize(a, values)), integers(evaluateSize(b, values))] as const
        expect(first(evaluated(operator(...symbolic), ...symbolic))).toBe(
          first(evaluated(operator(...fixed), ...fixed)),
        )
        const sum = evaluated(addOp(...symbolic), ...symbolic) ?? integers(-1)
        expect(first(evaluated(subOp(sum, symbolic[1]), sum, symbolic[1]))).toBe(evaluateSize(a, values))
      }),
      { numRuns: propertyRuns() },
    )
  })
})

describe('importing', () => {
  const i64s = (b: GraphBuilder, name: string, ...values: readonly bigint[]): string =>
    b.initializer(name, { dtype: 'i64', dims: [values.length], data: BigInt64Array.from(values) })
  const built = (make: (b: GraphBuilder) => void): Graph => {
    const b = graphBuilder('g')
    make(b)
    return importGraph(modelOf(b.build(), { opset: 13 }))
  }
  const operators = (graph: Graph): readonly string[] => graph.nodes.map((node) => node.operation.name)

  test('leaves nothing of shape arithmetic in the graph', () => {
    const graph = built((b) => {
      const x = b.input('x', 'f32', ['batch', 'length', 50])
      const shape = b.node('Shape', [x])
      const batch = b.node('Gather', [shape, i64s(b, 'zero', 0n)], { attributes: { axis: attribute.int(0) } })
      const length = b.node('Slice', [shape, i64s(b, 'one', 1n), i64s(b, 'two', 2n)])
      const target = b.node('Concat', [batch, length, i64s(b, 'heads', 2n, 25n)], {
        attributes: { axis: attribute.int(0) },
      })
      b.node('Reshape', [x, target], { outputs: ['y'] })
      b.output('y', 'f32')
    })
    expect(operators(graph)).toEqual(['Reshape'])
    expect(graph.outputs[0]?.tensor.shape.map(formatSize)).toEqual(['batch', 'length', '2', '25'])
  })

  test('a table that is cut to a size meets that size: the run compares', () => {
    const graph = built((b) => {
      const x = b.input('x', 'f32', ['length'])
      const table = b.initializer('table', { dtype: 'f32', dims: [8], data: new Float32Array(8) })
      const cut = b.node('Slice', [table, i64s(b, 'zero', 0n), b.node('Shape', [x])])
      b.node('Add', [x, cut], { outputs: ['y'] })
      b.output('y', 'f32')
    })
    expect(operators(graph)).toEqual(['Slice', 'Add'])
    const [pair] = graph.nodes[1]?.operation.equalSizes ?? []
    expect([pair?.left, pair?.right].map((side) => formatSize(side ?? -1))).toEqual(['length', 'min(length, 8)'])
  })

  test('a shape may be a result', () => {
    const graph = built((b) => {
      b.node('Shape', [b.input('x', 'f32', ['n', 3])], { outputs: ['y'] })
      b.output('y', 'i64')
    })
    expect(graph.nodes).toEqual([])
    expect(graph.outputs[0]?.tensor.sizes?.map(formatSize)).toEqual(['n', '3'])
  })
})
