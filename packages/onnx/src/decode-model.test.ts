import { CompileError, UnsupportedError } from '@tilewright/ir'
import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeModel } from './decode-model.js'
import { encodeModel } from './encode-model.js'
import { attribute, graphBuilder, modelOf } from './graph-builder.js'
import { type Message, writeMessage } from './message.js'
import type { OnnxGraph, OnnxModel } from './model.js'
import {
  attributeProto,
  dimProto,
  functionProto,
  graphProto,
  modelProto,
  nodeProto,
  opsetProto,
  shapeProto,
  tensorTypeProto,
  typeProto,
  valueInfoProto,
} from './protos.js'
import { tensorData } from './tensor-data.js'

function modelBytes(fields: Partial<Message<typeof modelProto>> = {}): Uint8Array {
  return writeMessage(modelProto, { irVersion: 8n, graph: graphBytes({}), ...fields })
}

function graphBytes(fields: Partial<Message<typeof graphProto>>): Uint8Array {
  return writeMessage(graphProto, { name: 'main', ...fields })
}

function inGraph(fields: Partial<Message<typeof graphProto>>): Uint8Array {
  return modelBytes({ graph: graphBytes(fields) })
}

function inNode(fields: Partial<Message<typeof nodeProto>>): Uint8Array {
  return inGraph({ nodes: [writeMessage(nodeProto, { opType: 'Relu', name: 'relu', ...fields })] })
}

function inAttributes(...attributes: Partial<Message<typeof attributeProto>>[]): Uint8Array {
  return inNode({ attributes: attributes.map((fields) => writeMessage(attributeProto, { name: 'axis', ...fields })) })
}

function typed(fields: Partial<Message<typeof typeProto>>): Uint8Array {
  return inGraph({ inputs: [writeMessage(valueInfoProto, { name: 'x', type: writeMessage(typeProto, fields) })] })
}

function shaped(...dims: Partial<Message<typeof dimProto>>[]): Uint8Array {
  const shape = writeMessage(shapeProto, { dims: dims.map((dim) => writeMessage(dimProto, dim)) })
  return typed({ tensor: writeMessage(tensorTypeProto, { dataType: 1, shape }) })
}

/** A model with every part of the format that is read. */
function everything(): OnnxModel {
  const branch = graphBuilder('then')
  branch.output(branch.node('Identity', ['x']), 'f32')
  const graph = graphBuilder('main')
  const x = graph.input('x', 'f32', ['batch', 4, undefined])
  const flag = graph.input('flag', 'bool', [])
  const weight = graph.initializer('weight', { dtype: 'f32', dims: [2, 2], data: Float32Array.of(1, 2, 3, 4) })
  const limits = graph.initializer('limits', { dtype: 'i64', dims: [1], data: BigInt64Array.of(2n ** 63n - 1n) })
  const sum = graph.node('Add', [x, weight], { name: 'sum' })
  const chosen = graph.node('If', [flag], {
    outputs: ['chosen', ''],
    attributes: { then_branch: attribute.graph(branch.build()), else_branch: attribute.graph(branch.build()) },
  })
  graph.node('Own', [sum, chosen, '', limits], {
    domain: 'my.domain',
    attributes: {
      alpha: attribute.float(0.5),
      axis: attribute.int(-1),
      mode: attribute.string('linéar'),
      value: attribute.tensor({ dtype: 'u8', dims: [1], data: Uint8Array.of(7) }),
      scales: attribute.floats([1, 0.25]),
      pads: attribute.ints([0, 2n ** 63n - 1n, -(2n ** 63n)]),
      names: attribute.strings(['a', '']),
    },
  })
  graph.output(chosen, 'f16', ['batch', 4])
  const model = modelOf(graph.build(), { opset: 17 })
  return {
    ...model,
    opsetImports: [...model.opsetImports, { domain: 'my.domain', version: 1 }],
    graph: {
      ...model.graph,
      initializers: [
        ...model.graph.initializers,
        { name: 'f', dtype: 'f32', dims: [2], data: { kind: 'float-data', values: Float32Array.of(1, 2) } },
        { name: 'i', dtype: 'i8', dims: [2], data: { kind: 'int32-data', values: Int32Array.of(-1, 2) } },
        { name: 'l', dtype: 'i64', dims: [2], data: { kind: 'int64-data', values: BigInt64Array.of(-1n, 300n) } },
        {
          name: 'e',
          dtype: 'f32',
          dims: [2],
          data: { kind: 'external-data', location: 'w.bin', offset: 4, length: 8 },
        },
      ],
    },
    functions: [
      {
        name: 'Own',
        domain: 'my.domain',
        inputs: ['a', 'b'],
        outputs: ['c'],
        attributeNames: ['axis'],
        attributeDefaults: [{ name: 'alpha', kind: 'float', value: 0.5 }],
        opsetImports: [{ domain: '', version: 17 }],
        nodes: [
          {
            name: '',
            opType: 'Concat',
            domain: '',
            inputs: ['a', 'b'],
            outputs: ['c'],
            attributes: [{ name: 'axis', kind: 'reference', value: 'axis', of: 'int' }],
          },
        ],
      },
    ],
  }
}

describe('decodeModel', () => {
  test('undoes encodeModel', () => {
    expect(decodeModel(encodeModel(everything()))).toEqual(everything())
  })

  test('gives plain Uint8Arrays that view the file, also from a Buffer', () => {
    const file = Buffer.from(encodeModel(everything()))
    const data = decodeModel(file).graph.initializers[0]?.data
    if (data?.kind !== 'raw-data') throw new Error('expected raw data')
    expect(data.bytes.constructor).toBe(Uint8Array)
    expect(data.bytes.buffer).toBe(file.buffer)
  })

  test("reads 'ai.onnx' as ''", () => {
    const bytes = modelBytes({
      opsetImports: [writeMessage(opsetProto, { domain: 'ai.onnx', version: 9n })],
      graph: graphBytes({ nodes: [writeMessage(nodeProto, { opType: 'Relu', domain: 'ai.onnx' })] }),
    })
    const model = decodeModel(bytes)
    expect(model.opsetImports).toEqual([{ domain: '', version: 9 }])
    expect(model.graph.nodes[0]?.domain).toBe('')
  })

  test('reads dimensions', () => {
    const [input] = decodeModel(shaped({ value: 3n }, { value: 0n }, { value: -1n }, { param: 'n' }, {}, { param: '' }))
      .graph.inputs
    expect(input).toEqual({
      name: 'x',
      type: { kind: 'tensor', dtype: 'f32', shape: [3, 0, 'unknown', { param: 'n' }, 'unknown', 'unknown'] },
    })
  })

  test.each([
    ['a tensor of unknown shape', { tensor: writeMessage(tensorTypeProto, { dataType: 7 }) }, 'tensor'],
    ['a tensor of unknown type', { tensor: writeMessage(tensorTypeProto, {}) }, 'unknown'],
    ['a sequence', { sequence: Uint8Array.of(0x0a, 0) }, 'sequence'],
    ['a map', { map: new Uint8Array() }, 'map'],
    ['an optional', { optional: new Uint8Array() }, 'optional'],
    ['a sparse tensor', { sparseTensor: new Uint8Array() }, 'sparse-tensor'],
    ['an opaque value', { opaque: new Uint8Array() }, 'opaque'],
    ['nothing', {}, 'unknown'],
  ])('reads the type of %s', (_, fields, kind) => {
    expect(decodeModel(typed(fields)).graph.inputs[0]?.type.kind).toBe(kind)
  })

  test.each([
    ['a float', { float: 0.5 }, { kind: 'float', value: 0.5 }],
    ['an int of 0', { int: 0n }, { kind: 'int', value: 0n }],
    ['ints', { ints: BigInt64Array.of(1n) }, { kind: 'ints', value: [1n] }],
    ['strings', { strings: ['a'] }, { kind: 'strings', value: ['a'] }],
  ])('finds out the kind of an attribute that does not say it: %s', (_, fields, value) => {
    expect(decodeModel(inAttributes(fields)).graph.nodes[0]?.attributes).toEqual([{ name: 'axis', ...value }])
  })

  test.each([
    [1, { kind: 'float', value: 0 }],
    [2, { kind: 'int', value: 0n }],
    [3, { kind: 'string', value: '' }],
    [6, { kind: 'floats', value: [] }],
    [7, { kind: 'ints', value: [] }],
    [8, { kind: 'strings', value: [] }],
    [9, { kind: 'tensors', value: [] }],
    [10, { kind: 'graphs', value: [] }],
  ])('reads a missing value of attribute type %i as the zero of its kind', (type, value) => {
    expect(decodeModel(inAttributes({ type })).graph.nodes[0]?.attributes).toEqual([{ name: 'axis', ...value }])
  })

  const relu = 'graph "main" › node 0 "relu" ("Relu")'

  test.each<[string, Uint8Array, string, string, string]>([
    [
      'no IR version',
      modelBytes({ irVersion: undefined }),
      'onnx/missing-field',
      'the model has no IR version',
      'model',
    ],
    ['IR version 0', modelBytes({ irVersion: 0n }), 'onnx/bad-number', '0 is no version', 'model'],
    [
      'an operator set of 2^60',
      modelBytes({ opsetImports: [writeMessage(opsetProto, { version: 2n ** 60n })] }),
      'onnx/bad-number',
      '1152921504606846976 is no version',
      'model',
    ],
    [
      'an operator set without version',
      modelBytes({ opsetImports: [writeMessage(opsetProto, { domain: 'd' })] }),
      'onnx/missing-field',
      'the operator set "d" has no version',
      'model',
    ],
    [
      'a node without operator',
      inNode({ opType: undefined }),
      'onnx/missing-field',
      'the operator is missing',
      'graph "main" › node 0',
    ],
    [
      'an attribute twice',
      inAttributes({ type: 2 }, { type: 1 }),
      'onnx/attribute',
      'the attribute "axis" is given twice',
      relu,
    ],
    [
      'an attribute without name',
      inAttributes({ name: undefined }),
      'onnx/missing-field',
      'the name of an attribute is missing',
      relu,
    ],
    [
      'an attribute of no kind',
      inAttributes({}),
      'onnx/attribute',
      'the attribute does not say its type',
      `${relu} › attribute "axis"`,
    ],
    [
      'an attribute of two kinds',
      inAttributes({ int: 1n, float: 1 }),
      'onnx/attribute',
      'the attribute does not say its type',
      `${relu} › attribute "axis"`,
    ],
    [
      'an attribute of an unknown kind',
      inAttributes({ type: 77 }),
      'onnx/attribute',
      '77 is no attribute type of ONNX',
      `${relu} › attribute "axis"`,
    ],
    [
      'an attribute without its tensor',
      inAttributes({ type: 4 }),
      'onnx/missing-field',
      'the tensor is missing',
      `${relu} › attribute "axis"`,
    ],
    [
      'a negative dimension',
      shaped({ value: -2n }),
      'onnx/dimension',
      'a dimension of -2 is not in [0, 2147483647]',
      'graph "main" › input 0 "x"',
    ],
    [
      'a dimension of 2^40',
      shaped({ value: 2n ** 40n }),
      'onnx/dimension',
      'a dimension of 1099511627776 is not in [0, 2147483647]',
      'graph "main" › input 0 "x"',
    ],
    [
      'a dimension of two kinds',
      shaped({ value: 1n, param: 'n' }),
      'onnx/dimension',
      'a dimension is both 1 and "n"',
      'graph "main" › input 0 "x"',
    ],
    [
      'rank 33',
      shaped(...Array<object>(33).fill({ value: 1n })),
      'onnx/dimension',
      'rank 33 is more than 32',
      'graph "main" › input 0 "x"',
    ],
    [
      'an unknown element type',
      typed({ tensor: writeMessage(tensorTypeProto, { dataType: 1000 }) }),
      'onnx/data-type',
      '1000 is no element type of ONNX',
      'graph "main" › input 0 "x"',
    ],
    [
      'two types of one value',
      typed({ map: new Uint8Array(), sequence: new Uint8Array() }),
      'onnx/malformed',
      'a value has more than one type: sequence and map',
      'graph "main" › input 0 "x"',
    ],
    [
      'text that is not UTF-8',
      inGraph({ nodes: [Uint8Array.of(0x22, 2, 0xc3, 0x28)] }),
      'onnx/bad-string',
      'a name or text is not UTF-8',
      'graph "main" › node 0',
    ],
  ])('refuses %s', (_, bytes, code, message, where) => {
    expect(() => decodeModel(bytes)).toThrow(expect.objectContaining({ code, message, where }))
    expect(() => decodeModel(bytes)).toThrow(CompileError)
  })

  test.each<[string, Uint8Array, string, string]>([
    ['sparse initializers', inGraph({ sparseInitializers: [new Uint8Array()] }), 'onnx/sparse-tensor', 'graph "main"'],
    ['attributes that hold types', inAttributes({ type: 13 }), 'onnx/attribute-kind', `${relu} › attribute "axis"`],
    ['overloaded nodes', inNode({ overload: 'v2' }), 'onnx/function-overload', relu],
    [
      'overloaded functions',
      modelBytes({ functions: [writeMessage(functionProto, { name: 'F', overload: 'v2' })] }),
      'onnx/function-overload',
      'function "F"',
    ],
  ])('does not support %s', (_, bytes, code, where) => {
    expect(() => decodeModel(bytes)).toThrow(expect.objectContaining({ code, where }))
    expect(() => decodeModel(bytes)).toThrow(UnsupportedError)
  })

  test('quotes, escapes and cuts names in errors', () => {
    const name = `\u001b[31m${'x'.repeat(1000)}`
    expect(() => decodeModel(inNode({ name, attributes: [new Uint8Array()] }))).toThrow(
      expect.objectContaining({
        where: `graph "main" › node 0 "\\u001b[31m${'x'.repeat(35)}…${'x'.repeat(39)}" ("Relu")`,
      }),
    )
  })

  test('reads subgraphs 32 deep and no deeper', () => {
    const nested = (depth: number): OnnxGraph => {
      const builder = graphBuilder(`level${depth}`)
      if (depth > 0) builder.node('Loop', [], { attributes: { body: attribute.graph(nested(depth - 1)) } })
      return builder.build()
    }
    const model = modelOf(nested(32), { opset: 17 })
    expect(decodeModel(encodeModel(model))).toEqual(model)
    expect(() => decodeModel(encodeModel(modelOf(nested(33), { opset: 17 })))).toThrow(
      expect.objectContaining({ code: 'onnx/nesting', message: 'subgraphs nest more than 32 deep' }),
    )
  })
})

describe('damaged bytes decode or end in an error of ours', () => {
  const whole = encodeModel(everything())

  /** Decodes and reads every tensor. A model that comes out must survive being written and read again. */
  function decodeOrRefuse(bytes: Uint8Array): void {
    try {
      const model = decodeModel(bytes)
      for (const initializer of model.graph.initializers) tensorData(initializer)
      expect(decodeModel(encodeModel(model))).toEqual(model)
    } catch (error) {
      if (!(error instanceof CompileError || error instanceof UnsupportedError)) throw error
      expect(error.code).toMatch(/^onnx\//)
      // What is wrong with the file as a whole has no place in it.
      expect(error.where === undefined).toBe(error.message.startsWith('this is no ONNX model'))
      expect(error.help).toBeDefined()
    }
  }

  test('cut at any byte', () => {
    for (let length = 0; length < whole.length; length++) decodeOrRefuse(whole.subarray(0, length))
  })

  test('with one bit flipped in any byte', () => {
    for (let index = 0; index < whole.length; index++) {
      const bytes = whole.slice()
      bytes[index] = (bytes[index] ?? 0) ^ (1 << (index & 7))
      decodeOrRefuse(bytes)
    }
  })

  test('with some bits flipped', () => {
    const bits = fc.array(fc.nat(whole.length * 8 - 1), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(bits, (flipped) => {
        const bytes = whole.slice()
        for (const bit of flipped) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        decodeOrRefuse(bytes)
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('with bytes replaced, put in and taken out', () => {
    const edit = fc.record({
      at: fc.nat(whole.length),
      remove: fc.nat(8),
      insert: fc.uint8Array({ maxLength: 12 }),
    })
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
        const bytes = edits.reduce<readonly number[]>(
          (all, { at, remove, insert }) => [...all.slice(0, at), ...insert, ...all.slice(at + remove)],
          [...whole],
        )
        decodeOrRefuse(Uint8Array.from(bytes))
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('bytes of no model at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => decodeOrRefuse(bytes)),
      { numRuns: propertyRuns() },
    )
  })
})
