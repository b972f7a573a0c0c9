/** What takes a decoded model says so to callers without types, who may pass the bytes. */
import { CompileError, checkArgument } from '@tilewright/ir'
import type { OnnxModel, OnnxTensor } from './model.js'

/** Throws `CompileError` `onnx/model` for what is no decoded model. */
export function checkModel(model: OnnxModel): void {
  const { nodes, inputs, outputs, initializers } = model?.graph ?? {}
  if ([nodes, inputs, outputs, initializers, model?.opsetImports, model?.functions].every(Array.isArray)) return
  throw new CompileError({
    code: 'onnx/model',
    message: 'what is given is no decoded model',
    help: 'decode the bytes of a file first: decodeModel(await readFile(path)); importModel takes bytes',
  })
}

/** Throws `CompileError` `onnx/bytes` for what are no bytes of `what`, such as the path of a file. */
export function checkBytes(what: string, bytes: Uint8Array): void {
  const help =
    'pass what a file holds, await readFile(path), or a response: new Uint8Array(await response.arrayBuffer())'
  checkArgument(ArrayBuffer.isView(bytes), 'onnx/bytes', `${what} is a Uint8Array`, bytes, help)
}

/** Throws `CompileError` `onnx/tensor` for what is no tensor of a model. */
export function checkTensor(tensor: OnnxTensor): void {
  const isTensor = typeof tensor?.name === 'string' && Array.isArray(tensor.dims) && tensor.data?.kind !== undefined
  checkArgument(isTensor, 'onnx/tensor', 'a tensor is what decodeTensor or tensorOf gives', tensor, 'pass one of them')
}
