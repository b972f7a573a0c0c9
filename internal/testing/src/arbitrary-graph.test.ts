import { deviceDType, type Tensor } from '@tilewright/graph'
import { type Buffer, buffer, definition, sizeParams } from '@tilewright/ir'
import { evaluateDefinition, type TypedArray } from '@tilewright/simulator'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arbitraryGraph } from './arbitrary-graph.js'
import { propertyRuns } from './property-runs.js'

const anchors = /^(Conv|ConvTranspose|MatMul|Gemm|MaxPool|CumSum|Reduce.*)$/
const movements = /^(Transpose|Slice|Pad|Expand|Reduce.*)$/

test('every graph has an anchor, a movement or a reduction, a shared producer, and a symbolic size at two values', () => {
  fc.assert(
    fc.property(arbitraryGraph(), ({ graph, runs }) => {
      const names = graph.nodes.map(({ operation }) => operation.name)
      expect(names.some((name) => anchors.test(name))).toBe(true)
      expect(names.some((name) => movements.test(name))).toBe(true)
      const reads = graph.nodes.flatMap(({ inputs }) => [...new Set(inputs)])
      expect(reads.some((tensor, i) => tensor.constant === undefined && reads.indexOf(tensor) !== i)).toBe(true)
      const params = graph.inputs.flatMap(({ shape }) => shape.flatMap((extent) => [...sizeParams(extent).keys()]))
      expect(params).toEqual(['n'])
      const [prime, small] = runs.map(({ sizes }) => sizes.n)
      expect([2, 3, 5, 7]).toContain(prime)
      expect([0, 1]).toContain(small)
    }),
    { numRuns: propertyRuns() },
  )
})

test('every value is an integer that f32 holds exactly; the extremum of nothing is infinite', () => {
  const isExact = (value: number): boolean =>
    Number.isInteger(value) ? Math.abs(value) <= 2 ** 24 : Math.abs(value) === Number.POSITIVE_INFINITY
  fc.assert(
    fc.property(arbitraryGraph(), ({ graph, runs }) => {
      const buffers = new Map<Tensor, Buffer>()
      const bufferOf = (tensor: Tensor): Buffer => {
        const known = buffers.get(tensor) ?? buffer('tensor', deviceDType(tensor.dtype), tensor.shape, 'storage')
        buffers.set(tensor, known)
        return known
      }
      const equations = graph.nodes.flatMap(({ operation, inputs, outputs }) =>
        operation.define(inputs.map(bufferOf), outputs.map(bufferOf)),
      )
      for (const { sizes, inputs } of runs) {
        const given = new Map<Buffer, TypedArray>()
        for (const [tensor, of] of buffers) {
          const data =
            tensor.constant === undefined ? inputs.get(tensor.name) : Float32Array.from(tensor.constant.data, Number)
          if (data !== undefined) given.set(of, data)
        }
        const meaning = definition('graph', [...given.keys()], [], equations)
        for (const data of evaluateDefinition(meaning, given, sizes).values()) {
          expect([...data].filter((value) => !isExact(value))).toEqual([])
        }
      }
    }),
    { numRuns: propertyRuns() },
  )
})
