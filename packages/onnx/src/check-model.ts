/** What takes a decoded model says so to callers without types, who may pass the bytes. */
import { CompileError } from '@tilewright/ir'
import type { OnnxModel } from './model.js'

/** Throws `CompileError` `onnx/model` for what is no decoded model. */
export function checkModel(model: OnnxModel): void {
  if (Array.isArray(model?.graph?.nodes)) return
  throw new CompileError({
    code: 'onnx/model',
    message: 'what is given is no decoded model',
    help: 'decode the bytes of a file first: decodeModel(await readFile(path)); importModel takes bytes',
  })
}
