/** Kinds of attributes by their number in AttributeProto.AttributeType. */

/** In the order of their numbers, from 1. */
export const attributeKinds = [
  'float',
  'int',
  'string',
  'tensor',
  'graph',
  'floats',
  'ints',
  'strings',
  'tensors',
  'graphs',
] as const

/** Kinds of values that an attribute can have. */
export type OnnxAttributeKind = (typeof attributeKinds)[number]

/** Undefined for 0 (not said), for kinds that are not read, and for numbers ONNX does not define. */
export function attributeKindOf(number: number): OnnxAttributeKind | undefined {
  return attributeKinds[number - 1]
}

/** The number of a kind in AttributeProto.AttributeType. */
export function attributeKindNumber(kind: OnnxAttributeKind): number {
  return attributeKinds.indexOf(kind) + 1
}
