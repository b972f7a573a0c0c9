/** ValueInfoProto to `OnnxValueInfo`: what a model says about the type and shape of one of its values. */
import { dataTypeOf } from './data-type.js'
import { checkRank, toSize } from './dims.js'
import { malformed, quote } from './format-errors.js'
import { readMessage } from './message.js'
import type { OnnxDim, OnnxType, OnnxValueInfo } from './model.js'
import { dimProto, shapeProto, tensorTypeProto, typeProto, valueInfoProto } from './protos.js'

/** Throws `CompileError` for anything malformed, an element type that ONNX does not define, or a size out of range. */
export function decodeValueInfo(bytes: Uint8Array, where: string): OnnxValueInfo {
  const { name = '', type } = readMessage(valueInfoProto, bytes, where)
  return { name, type: type === undefined ? { kind: 'unknown' } : decodeType(type, `${where} ${quote(name)}`) }
}

function decodeType(bytes: Uint8Array, where: string): OnnxType {
  const proto = readMessage(typeProto, bytes, where)
  const types: readonly OnnxType[] = [
    ...(proto.tensor === undefined ? [] : [decodeTensorType(proto.tensor, where)]),
    ...(proto.sequence === undefined ? [] : [{ kind: 'sequence' } as const]),
    ...(proto.map === undefined ? [] : [{ kind: 'map' } as const]),
    ...(proto.opaque === undefined ? [] : [{ kind: 'opaque' } as const]),
    ...(proto.sparseTensor === undefined ? [] : [{ kind: 'sparse-tensor' } as const]),
    ...(proto.optional === undefined ? [] : [{ kind: 'optional' } as const]),
  ]
  if (types.length > 1) {
    const kinds = types.map((type) => type.kind).join(' and ')
    throw malformed('onnx/malformed', `a value has more than one type: ${kinds}`, where)
  }
  return types[0] ?? { kind: 'unknown' }
}

function decodeTensorType(bytes: Uint8Array, where: string): OnnxType {
  const { dataType = 0, shape } = readMessage(tensorTypeProto, bytes, where)
  if (dataType === 0) return { kind: 'unknown' }
  const dtype = dataTypeOf(dataType)
  if (dtype === undefined) throw malformed('onnx/data-type', `${dataType} is no element type of ONNX`, where)
  if (shape === undefined) return { kind: 'tensor', dtype, shape: 'unknown' }
  const { dims } = readMessage(shapeProto, shape, where)
  checkRank(dims.length, where)
  return { kind: 'tensor', dtype, shape: dims.map((dim) => decodeDim(dim, where)) }
}

function decodeDim(bytes: Uint8Array, where: string): OnnxDim {
  const { value, param = '' } = readMessage(dimProto, bytes, where)
  if (value === undefined) return param === '' ? 'unknown' : { param }
  if (param !== '') {
    throw malformed('onnx/dimension', `a dimension is both ${value} and ${quote(param)}`, where)
  }
  // Older exporters write -1 for a size they do not know; ONNX Runtime reads it so too.
  return value === -1n ? 'unknown' : toSize(value, where)
}
