/** One operation on data, by its definition. */
import { deviceDType, type Operation, type TensorType } from '@tilewright/graph'
import { type Buffer, buffer, definition } from '@tilewright/ir'
import { evaluateDefinition, type TypedArray } from '@tilewright/simulator'

/** The outputs of `operation` on `inputs`, as devices hold them (int64 as i32). */
export function runOperation(
  operation: Operation,
  inputs: readonly { readonly type: TensorType; readonly data: TypedArray }[],
): readonly (TypedArray | undefined)[] {
  const make = (type: TensorType): Buffer => buffer('t', deviceDType(type.dtype), type.shape, 'storage')
  const operands = inputs.map(({ type }) => make(type))
  const outputs = operation.outputs.map(make)
  const meaning = definition(operation.name, operands, outputs, operation.define(operands, outputs))
  const values = evaluateDefinition(meaning, new Map(inputs.flatMap(({ data }, i) => zip(operands[i], data))))
  return outputs.map((output) => values.get(output))
}

const zip = (operand: Buffer | undefined, data: TypedArray): readonly [Buffer, TypedArray][] =>
  operand === undefined ? [] : [[operand, data]]
