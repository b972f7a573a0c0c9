/**
 * The errors of reading and writing ONNX bytes: one table of codes, each with what the user can do about it.
 * Names that come from a file are shown quoted, escaped and cut, so that a hostile file cannot flood a terminal.
 */
import { CompileError, cutMiddle, UnsupportedError } from '@tilewright/ir'

const brokenFile = 'the file is damaged or is no ONNX file: export or download it again'
const brokenExport = 'the exporter wrote an invalid model: check it with onnx.checker.check_model'

/** Codes of what is wrong with the bytes of a model. */
export type OnnxFormatCode =
  | 'onnx/truncated'
  | 'onnx/malformed'
  | 'onnx/bad-string'
  | 'onnx/duplicate-field'
  | 'onnx/missing-field'
  | 'onnx/bad-number'
  | 'onnx/data-type'
  | 'onnx/dimension'
  | 'onnx/data-length'
  | 'onnx/data-field'
  | 'onnx/data-value'
  | 'onnx/attribute'
  | 'onnx/tensor-size'
  | 'onnx/nesting'
  | 'onnx/external-path'

const formatHelp: Readonly<Record<OnnxFormatCode, string>> = {
  'onnx/truncated': brokenFile,
  'onnx/malformed': brokenFile,
  'onnx/bad-string': brokenFile,
  'onnx/duplicate-field': brokenFile,
  'onnx/missing-field': brokenFile,
  'onnx/bad-number': brokenExport,
  'onnx/data-type': brokenExport,
  'onnx/dimension': brokenExport,
  'onnx/data-length': brokenExport,
  'onnx/data-field': brokenExport,
  'onnx/data-value': brokenExport,
  'onnx/attribute': brokenExport,
  'onnx/tensor-size': 'split the tensor: offsets are 32-bit, so one tensor holds at most 2147483647 elements',
  'onnx/nesting': 'flatten the model: control flow is read to 32 levels of subgraphs',
  'onnx/external-path':
    'external data must lie in the folder of the model: save the model again with a plain file name',
}

/** Codes of what the format allows and this package does not read. */
export type OnnxFormatGap =
  | 'onnx/external-data'
  | 'onnx/element-type'
  | 'onnx/sparse-tensor'
  | 'onnx/attribute-kind'
  | 'onnx/segment'
  | 'onnx/function-overload'

const gapHelp: Readonly<Record<OnnxFormatGap, string>> = {
  'onnx/external-data': 'save the model with its weights inside: onnx.save(model, path, save_as_external_data=False)',
  'onnx/element-type': 'convert the tensor to float32, float16, or an integer type of 4 to 64 bits before exporting',
  'onnx/sparse-tensor': 'export the weights as dense tensors',
  'onnx/attribute-kind':
    'replace the node: type and sparse-tensor attributes belong to sequences, optionals and sparse data',
  'onnx/segment': 'save the tensor in one piece: segments are deprecated',
  'onnx/function-overload': 'inline the functions of the model before importing: onnx.inliner.inline_local_functions',
}

/** A `CompileError` for malformed bytes, with the help of its code. */
export function malformed(code: OnnxFormatCode, message: string, where: string, cause?: unknown): CompileError {
  return new CompileError({ code, message, where, help: formatHelp[code], cause })
}

/** An `UnsupportedError` for a part of the format that is not read, with the help of its code. */
export function formatGap(code: OnnxFormatGap, message: string, where: string): UnsupportedError {
  return new UnsupportedError({ code, message, where, help: gapHelp[code], gaps: [{ where, what: message }] })
}

const longestShownName = 80

/** A name from a file as it may stand in a message: quoted, control characters escaped, cut to 80 characters in its middle. */
export function quote(name: string): string {
  return JSON.stringify(cutMiddle(name, longestShownName))
}
