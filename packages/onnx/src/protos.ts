/**
 * The messages of ONNX that this package reads and writes, by field number, from onnx/onnx.proto at IR version 13.
 * A nested message is `bytes`. Fields that decide nothing about a computation (documentation, metadata, device
 * configurations, training) are left out, and thus skipped.
 */

export const modelProto = [
  [1, 'irVersion', 'int64'],
  [2, 'producerName', 'string'],
  [3, 'producerVersion', 'string'],
  [7, 'graph', 'bytes'],
  [8, 'opsetImports', 'messages'],
  [25, 'functions', 'messages'],
] as const

export const opsetProto = [
  [1, 'domain', 'string'],
  [2, 'version', 'int64'],
] as const

export const graphProto = [
  [1, 'nodes', 'messages'],
  [2, 'name', 'string'],
  [5, 'initializers', 'messages'],
  [11, 'inputs', 'messages'],
  [12, 'outputs', 'messages'],
  [13, 'valueInfos', 'messages'],
  [15, 'sparseInitializers', 'messages'],
] as const

export const nodeProto = [
  [1, 'inputs', 'strings'],
  [2, 'outputs', 'strings'],
  [3, 'name', 'string'],
  [4, 'opType', 'string'],
  [5, 'attributes', 'messages'],
  [7, 'domain', 'string'],
  [8, 'overload', 'string'],
] as const

export const functionProto = [
  [1, 'name', 'string'],
  [4, 'inputs', 'strings'],
  [5, 'outputs', 'strings'],
  [6, 'attributeNames', 'strings'],
  [7, 'nodes', 'messages'],
  [9, 'opsetImports', 'messages'],
  [10, 'domain', 'string'],
  [11, 'attributeDefaults', 'messages'],
  [13, 'overload', 'string'],
] as const

export const attributeProto = [
  [1, 'name', 'string'],
  [2, 'float', 'float'],
  [3, 'int', 'int64'],
  [4, 'string', 'string'],
  [5, 'tensor', 'bytes'],
  [6, 'graph', 'bytes'],
  [7, 'floats', 'floats'],
  [8, 'ints', 'int64s'],
  [9, 'strings', 'strings'],
  [10, 'tensors', 'messages'],
  [11, 'graphs', 'messages'],
  [20, 'type', 'int32'],
  [21, 'refName', 'string'],
] as const

export const tensorProto = [
  [1, 'dims', 'int64s'],
  [2, 'dataType', 'int32'],
  [3, 'segment', 'bytes'],
  [4, 'floatData', 'floats'],
  [5, 'int32Data', 'int32s'],
  [6, 'stringData', 'strings'],
  [7, 'int64Data', 'int64s'],
  [8, 'name', 'string'],
  [9, 'rawData', 'bytes'],
  [10, 'doubleData', 'doubles'],
  [11, 'uint64Data', 'uint64s'],
  [13, 'externalData', 'messages'],
  [14, 'dataLocation', 'int32'],
] as const

export const entryProto = [
  [1, 'key', 'string'],
  [2, 'value', 'string'],
] as const

export const valueInfoProto = [
  [1, 'name', 'string'],
  [2, 'type', 'bytes'],
] as const

export const typeProto = [
  [1, 'tensor', 'bytes'],
  [4, 'sequence', 'bytes'],
  [5, 'map', 'bytes'],
  [7, 'opaque', 'bytes'],
  [8, 'sparseTensor', 'bytes'],
  [9, 'optional', 'bytes'],
] as const

export const tensorTypeProto = [
  [1, 'dataType', 'int32'],
  [2, 'shape', 'bytes'],
] as const

export const shapeProto = [[1, 'dims', 'messages']] as const

export const dimProto = [
  [1, 'value', 'int64'],
  [2, 'param', 'string'],
] as const
