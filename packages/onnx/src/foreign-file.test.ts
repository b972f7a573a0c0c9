import { CompileError } from '@tilewright/ir'
import { thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { decodeModel } from './decode-model.js'
import { decodeTensor } from './decode-tensor.js'
import { encodeModel } from './encode-model.js'
import { encodeTensor } from './encode-tensor.js'
import { graphBuilder, modelOf } from './graph-builder.js'
import { tensorOf } from './tensor-data.js'

const refusal = (bytes: Uint8Array): unknown => thrownBy(() => decodeModel(bytes))
const textOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const model = (): Uint8Array => {
  const g = graphBuilder('g')
  g.output(g.node('Relu', [g.input('x', 'f32', [2])]), 'f32')
  return encodeModel(modelOf(g.build(), { opset: 17 }))
}

test.each([
  ['nothing', '', 'an empty file', 'export or download it again'],
  ['a pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:1\n', 'a Git LFS pointer', 'git lfs pull'],
  ['a page', '\n<!DOCTYPE html>\n<title>404</title>', 'an HTML page', 'download the file itself'],
  ['a page without a type', '<html lang="en">', 'an HTML page', 'download the file itself'],
  ['a zip archive', 'PK\u0003\u0004\u0014\u0000', 'a zip archive', 'torch.onnx.export'],
  ['a script', '#!/bin/sh\necho größe\n', 'text', 'name the file that was exported'],
  ['what reads as a field', '"a', 'text', 'name the file that was exported'],
])('%s is no model, and what it is is said', (_, text, what, help) => {
  const error = refusal(textOf(text))
  expect(error).toBeInstanceOf(CompileError)
  expect(error).toMatchObject({
    code: 'onnx/not-a-model',
    where: undefined,
    message: expect.stringMatching(/^this is no ONNX model but [\w ,]+$/),
    help: expect.stringContaining(help),
  })
  expect(error).toMatchObject({ message: expect.stringContaining(what) })
})

test.each([
  ['several', [1, 3]],
  ['one', [3]],
  ['none', []],
])('a tensor is no model, dimensions: %s', (_, dims) => {
  const data = new Float32Array(dims.reduce<number>((count, extent) => count * extent, 1))
  expect(refusal(encodeTensor(tensorOf('x', { dtype: 'f32', dims, data })))).toMatchObject({
    code: 'onnx/not-a-model',
    message: 'this is no ONNX model but a tensor of ONNX, as its data sets have them',
    help: expect.stringContaining('name the model'),
  })
})

test('gzip is told by bytes that are no text', () => {
  expect(refusal(Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0))).toMatchObject({
    message: expect.stringContaining('but data compressed by gzip'),
    help: 'unpack it first: gunzip',
  })
})

test('what is none of them may be damaged: the code of the reader stays', () => {
  const message = 'this is no ONNX model, or a damaged one (the bytes end inside a field)'
  expect(refusal(model().subarray(0, 40))).toMatchObject({ code: 'onnx/truncated', message })
  expect(refusal(Uint8Array.of(0x08, 0x08))).toMatchObject({
    code: 'onnx/missing-field',
    message: 'this is no ONNX model, or a damaged one (it has no graph)',
  })
})

test('a file that is no tensor says so too, and a damaged one where it is damaged', () => {
  const refused = (bytes: Uint8Array): unknown => thrownBy(() => decodeTensor(bytes, 'input_0.pb'))
  expect(refused(textOf('version https://git-lfs.github.com/spec/v1\noid sha256:1\n'))).toMatchObject({
    code: 'onnx/not-a-tensor',
    message: 'this is no tensor of ONNX but a Git LFS pointer, which stands for the file',
    where: 'input_0.pb',
    help: 'fetch the file itself: git lfs pull',
  })
  expect(refused(new Uint8Array())).toMatchObject({ message: 'this is no tensor of ONNX but an empty file' })
  // dims = 2, dataType = 1, then a field of wire type 6, which there is not.
  expect(refused(Uint8Array.of(0x08, 2, 0x10, 1, 0x1e))).toMatchObject({
    code: 'onnx/malformed',
    message: 'from byte 4 on it is not in the format of ONNX',
    where: 'input_0.pb',
    help: 'the file is damaged or is no ONNX file: export or download it again',
  })
})
