// Real models and the ONNX conformance cases decode, agree with the index of the cases, and survive being written again.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dataFolder, dataSkipReason } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import type { OnnxDataType } from './data-type.js'
import { decodeModel } from './decode-model.js'
import { decodeTensor } from './decode-tensor.js'
import { encodeModel } from './encode-model.js'
import { encodeTensor } from './encode-tensor.js'
import type { OnnxGraph } from './model.js'
import { tensorData } from './tensor-data.js'

interface ConformanceCase {
  readonly path: string
  readonly opset: string
  readonly dtypes: readonly string[]
  readonly nodes: number
  readonly ops: readonly string[]
}

const dtypeOfName: Readonly<Record<string, OnnxDataType>> = {
  float: 'f32',
  double: 'f64',
  float16: 'f16',
  bfloat16: 'bf16',
  int8: 'i8',
  int16: 'i16',
  int32: 'i32',
  int64: 'i64',
  uint8: 'u8',
  uint16: 'u16',
  uint32: 'u32',
  uint64: 'u64',
  bool: 'bool',
  int4: 'i4',
  uint4: 'u4',
}

/** Megabytes at a time: a matcher that walks elements takes minutes. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** Every tensor of every set in the folder of a case, read to its elements: their types, `input_N` and `output_N` alike. */
function readTestData(folder: string): Set<OnnxDataType> {
  const dtypes = new Set<OnnxDataType>()
  for (const set of readdirSync(folder).filter((entry) => entry.startsWith('test_data_set_'))) {
    for (const file of readdirSync(join(folder, set)).filter((entry) => entry.endsWith('.pb'))) {
      const tensor = decodeTensor(readFileSync(join(folder, set, file)), file)
      const bytes = encodeTensor(tensor)
      expect(sameBytes(encodeTensor(decodeTensor(bytes)), bytes)).toBe(true)
      dtypes.add(tensorData(tensor).dtype)
    }
  }
  return dtypes
}

/** Reads the elements of every constant of a graph and its subgraphs; the operators of them all. */
function readConstants(graph: OnnxGraph): Set<string> {
  const ops = new Set<string>()
  for (const initializer of graph.initializers) tensorData(initializer)
  for (const node of graph.nodes) {
    ops.add(node.opType)
    for (const attribute of node.attributes) {
      if (attribute.kind === 'tensor') tensorData(attribute.value)
      if (attribute.kind === 'graph') for (const op of readConstants(attribute.value)) ops.add(op)
    }
  }
  return ops
}

const root = dataFolder()
const title = root === undefined ? `skipped: ${dataSkipReason()}` : 'external data'

describe.skipIf(root === undefined)(title, () => {
  const data = root ?? ''

  test('the conformance cases say what their index says', { timeout: 120_000 }, () => {
    const cases: readonly ConformanceCase[] = JSON.parse(
      readFileSync(join(data, 'onnx-conformance/index.json'), 'utf8'),
    )
    expect(cases.length).toBeGreaterThan(0)
    for (const { path, opset, dtypes, nodes, ops } of cases) {
      const folder = join(data, 'onnx-conformance', path)
      const model = decodeModel(readFileSync(join(folder, 'model.onnx')))
      const found = readConstants(model.graph)
      expect(
        model.opsetImports.map(({ domain, version }) => `${domain === '' ? 'onnx' : domain}:${version}`).join(','),
      ).toBe(opset)
      expect([path, model.graph.nodes.length, [...found].sort()]).toEqual([path, nodes, [...ops].sort()])
      expect([path, [...readTestData(folder)].sort()]).toEqual([path, dtypes.map((name) => dtypeOfName[name]).sort()])
      const bytes = encodeModel(model)
      expect(sameBytes(encodeModel(decodeModel(bytes)), bytes)).toBe(true)
    }
  })

  test('the models decode and survive being written again', { timeout: 120_000 }, () => {
    const folders = readdirSync(join(data, 'models')).map((name) => join(data, 'models', name))
    const models = folders.filter((folder) => existsSync(join(folder, 'model.onnx')))
    expect(models.length).toBeGreaterThan(0)
    for (const folder of models) {
      const model = decodeModel(readFileSync(join(folder, 'model.onnx')))
      readConstants(model.graph)
      readTestData(folder)
      const bytes = encodeModel(model)
      expect(sameBytes(encodeModel(decodeModel(bytes)), bytes)).toBe(true)
    }
  })
})
