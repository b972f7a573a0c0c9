/** A node as its operator's import function sees it: inputs resolved to tensors, attributes read with their defaults. */
import type { Tensor } from '@tilewright/graph'
import { CompileError } from '@tilewright/ir'
import { quote } from '../format-errors.js'
import type { OnnxAttributeValue, OnnxNode } from '../model.js'

export interface NodeContext {
  readonly node: OnnxNode
  /** Version of the operator set the model was written for. */
  readonly opset: number
  /** The place, for errors. */
  readonly where: string
  /** A required input. Throws `CompileError` `onnx/missing-input`. */
  readonly input: (position: number) => Tensor
  readonly optional: (position: number) => Tensor | undefined
  /** All inputs given. */
  readonly inputs: () => readonly Tensor[]
  /** The integers of an input that must be known when compiling. Throws `CompileError` `onnx/host-value`. */
  readonly hostInts: (position: number) => readonly number[]
  readonly int: (name: string, fallback: number) => number
  readonly float: (name: string, fallback: number) => number
  readonly string: (name: string, fallback: string) => string
  /** Undefined when the node does not have the attribute. */
  readonly ints: (name: string) => readonly number[] | undefined
  readonly attribute: (name: string) => OnnxAttributeValue | undefined
}

/** Throws `CompileError` `onnx/attribute` for an attribute of another kind than asked for, when it is read. */
export function nodeContext(
  node: OnnxNode,
  opset: number,
  where: string,
  tensors: readonly (Tensor | undefined)[],
): NodeContext {
  const attribute = (name: string): OnnxAttributeValue | undefined => node.attributes.find((a) => a.name === name)
  const wrongKind = (name: string, wanted: string, found: string): CompileError =>
    new CompileError({
      code: 'onnx/attribute',
      message: `attribute ${quote(name)} of ${node.opType} is ${found}, not ${wanted}`,
      where,
      help: 'the exporter wrote an invalid model: check it with onnx.checker.check_model',
    })
  const input = (position: number): Tensor => {
    const tensor = tensors[position]
    if (tensor !== undefined) return tensor
    throw new CompileError({
      code: 'onnx/missing-input',
      message: `${node.opType} lacks input ${position}`,
      where,
      help: 'the exporter wrote an invalid model: check it with onnx.checker.check_model',
    })
  }
  const toNumber = (value: bigint): number => {
    // Integers beyond i32 mean "to the end": they saturate.
    const limit = 2n ** 31n - 1n
    return Number(value > limit ? limit : value < -limit ? -limit : value)
  }
  return {
    node,
    opset,
    where,
    input,
    optional: (position) => tensors[position],
    inputs: () => tensors.flatMap((tensor) => (tensor === undefined ? [] : [tensor])),
    hostInts: (position) => {
      const tensor = input(position)
      const data = tensor.constant?.data
      if (data === undefined) {
        throw new CompileError({
          code: 'onnx/host-value',
          message: `input ${position} (${quote(tensor.name)}) of ${node.opType} must be known when compiling`,
          where,
          help: 'pass its value as a host value, or make it a constant of the model',
        })
      }
      const numbers = data instanceof BigInt64Array ? Array.from(data, toNumber) : Array.from(data, Math.trunc)
      return numbers
    },
    int: (name, fallback) => {
      const found = attribute(name)
      if (found === undefined) return fallback
      if (found.kind !== 'int') throw wrongKind(name, 'an int', found.kind)
      return toNumber(found.value)
    },
    float: (name, fallback) => {
      const found = attribute(name)
      if (found === undefined) return fallback
      if (found.kind !== 'float') throw wrongKind(name, 'a float', found.kind)
      return found.value
    },
    string: (name, fallback) => {
      const found = attribute(name)
      if (found === undefined) return fallback
      if (found.kind !== 'string') throw wrongKind(name, 'a string', found.kind)
      return found.value
    },
    ints: (name) => {
      const found = attribute(name)
      if (found === undefined) return undefined
      if (found.kind !== 'ints') throw wrongKind(name, 'ints', found.kind)
      return found.value.map(toNumber)
    },
    attribute,
  }
}
