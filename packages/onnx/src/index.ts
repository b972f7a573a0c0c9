export type { OnnxAttributeKind } from './attribute-kind.js'
export type { OnnxDataType } from './data-type.js'
export { decodeModel } from './decode-model.js'
export { decodeTensor } from './decode-tensor.js'
export { encodeModel } from './encode-model.js'
export { encodeTensor } from './encode-tensor.js'
export { fixSizes } from './fix-sizes.js'
export type { OnnxFormatCode, OnnxFormatGap } from './format-errors.js'
export { attribute, type DimSpec, type GraphBuilder, graphBuilder, modelOf, type NodeOptions } from './graph-builder.js'
export { hostInputs } from './import/host-inputs.js'
export { type ImportOptions, importGraph, importModel } from './import/import-model.js'
export { operatorNames } from './import/operators/index.js'
export type {
  OnnxAttribute,
  OnnxAttributeValue,
  OnnxDim,
  OnnxFunction,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxOpset,
  OnnxTensor,
  OnnxTensorData,
  OnnxType,
  OnnxValueInfo,
} from './model.js'
export { sizeName } from './size-name.js'
export { type ReadableDataType, type TensorData, tensorData, tensorOf } from './tensor-data.js'
