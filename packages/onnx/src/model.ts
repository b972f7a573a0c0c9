/**
 * An ONNX model as plain readonly data: the file with its encoding taken off and nothing interpreted.
 *
 * What holds of every model that `decodeModel` gives: dimensions are in [0, 2^31), ranks at most 32, tensors have the number
 * of elements that their dimensions say, text is well-formed, no node has an attribute twice, external data stays in the
 * model's folder. Nothing is said about the graph itself: whether names are defined, unique and in order is for the importer.
 *
 * Integers of attributes and constants are bigint, exact: models write 2^63-1 for "to the end". The domain of ONNX's own
 * operators is always '', never 'ai.onnx'.
 */
import type { OnnxAttributeKind } from './attribute-kind.js'
import type { OnnxDataType } from './data-type.js'

export interface OnnxModel {
  readonly irVersion: number
  readonly producerName: string
  readonly producerVersion: string
  readonly opsetImports: readonly OnnxOpset[]
  readonly graph: OnnxGraph
  /** Operators defined by the model itself, to be expanded where nodes name them. */
  readonly functions: readonly OnnxFunction[]
}

export interface OnnxOpset {
  readonly domain: string
  readonly version: number
}

export interface OnnxGraph {
  readonly name: string
  readonly nodes: readonly OnnxNode[]
  /** Before IR version 4 every initializer is listed among the inputs too. */
  readonly inputs: readonly OnnxValueInfo[]
  readonly outputs: readonly OnnxValueInfo[]
  readonly initializers: readonly OnnxTensor[]
  /** Types of values in between, where the exporter knew them. */
  readonly valueInfos: readonly OnnxValueInfo[]
}

export interface OnnxNode {
  /** May be empty, and need not be unique. */
  readonly name: string
  readonly opType: string
  readonly domain: string
  /** '' is an optional input left out. */
  readonly inputs: readonly string[]
  /** '' is an output that nobody wants. */
  readonly outputs: readonly string[]
  readonly attributes: readonly OnnxAttribute[]
}

export interface OnnxFunction {
  readonly name: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Attributes that a calling node must give, or may leave out where the body allows it. */
  readonly attributeNames: readonly string[]
  readonly attributeDefaults: readonly OnnxAttribute[]
  readonly opsetImports: readonly OnnxOpset[]
  readonly nodes: readonly OnnxNode[]
}

export type OnnxAttributeValue =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: OnnxTensor }
  | { readonly kind: 'graph'; readonly value: OnnxGraph }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly bigint[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensors'; readonly value: readonly OnnxTensor[] }
  | { readonly kind: 'graphs'; readonly value: readonly OnnxGraph[] }
  /** Inside a function: the value of the calling node's attribute `value`, which has kind `of`. */
  | { readonly kind: 'reference'; readonly value: string; readonly of: OnnxAttributeKind }

export type OnnxAttribute = OnnxAttributeValue & { readonly name: string }

export interface OnnxValueInfo {
  readonly name: string
  readonly type: OnnxType
}

export type OnnxType =
  | { readonly kind: 'tensor'; readonly dtype: OnnxDataType; readonly shape: readonly OnnxDim[] | 'unknown' }
  | { readonly kind: 'sequence' }
  | { readonly kind: 'map' }
  | { readonly kind: 'opaque' }
  | { readonly kind: 'sparse-tensor' }
  | { readonly kind: 'optional' }
  /** The exporter did not know. */
  | { readonly kind: 'unknown' }

/** A fixed size, a size that has one value for all its uses in a run, or any size. */
export type OnnxDim = number | { readonly param: string } | 'unknown'

export interface OnnxTensor {
  readonly name: string
  readonly dtype: OnnxDataType
  readonly dims: readonly number[]
  readonly data: OnnxTensorData
}

/** Where the elements are: one of the fields of TensorProto. `tensorData` reads them all alike. */
export type OnnxTensorData =
  /** Little-endian elements, row-major; 4-bit elements two a byte, low nibble first. May be a view into the file. */
  | { readonly kind: 'raw-data'; readonly bytes: Uint8Array }
  | { readonly kind: 'float-data'; readonly values: Float32Array }
  | { readonly kind: 'double-data'; readonly values: Float64Array }
  /** Holds i32 and everything narrower: integers, bool, the bits of f16 and bf16, bytes of 4-bit pairs. */
  | { readonly kind: 'int32-data'; readonly values: Int32Array }
  | { readonly kind: 'int64-data'; readonly values: BigInt64Array }
  /** Holds u32 and u64. */
  | { readonly kind: 'uint64-data'; readonly values: BigUint64Array }
  | { readonly kind: 'string-data'; readonly values: readonly string[] }
  /** A file in the model's folder; bytes from `offset`, to the end of the file when `length` is undefined. */
  | {
      readonly kind: 'external-data'
      readonly location: string
      readonly offset: number
      readonly length: number | undefined
    }
