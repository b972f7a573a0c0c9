/** A node as its operator's import function sees it: inputs resolved to tensors, attributes read with their defaults. */
import type { Tensor } from '@tilewright/graph'
import { CompileError, elementCount, type SizeExpr } from '@tilewright/ir'
import { quote } from '../format-errors.js'
import type { OnnxAttributeValue, OnnxNode } from '../model.js'
import { type HostElement, isSymbolic, saturated } from './host-values/host-element.js'
import { elementReader } from './host-values/known-tensor.js'

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
  /** As `hostInts`, of elements that may be sizes. */
  readonly hostSizes: (position: number) => readonly SizeExpr[]
  /** The elements, as numbers, of an input that must be known when compiling. Throws `CompileError` `onnx/host-value`. */
  readonly hostFloats: (position: number) => readonly number[]
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
  /** Counts and depths may come as floats. */
  const wholeOf = (element: bigint | number | boolean): number =>
    typeof element === 'bigint' ? saturated(element) : Math.trunc(Number(element))
  /** The elements of an input, each as a number or a size that `read` makes of it. */
  const known = <T>(position: number, read: (element: HostElement) => T | undefined): readonly T[] => {
    const tensor = input(position)
    const reader = elementReader(tensor)
    const count = elementCount(tensor.shape)
    // A tensor that is not known may be declared with any number of elements.
    const length = reader === undefined || typeof count !== 'number' ? 0 : count
    const elements = Array.from({ length }, (_, i) => {
      const element = reader?.(i)
      return element === undefined ? undefined : read(element)
    })
    const found = elements.flatMap((element) => (element === undefined ? [] : [element]))
    if (reader !== undefined && found.length === count) return found
    throw new CompileError({
      code: 'onnx/host-value',
      message: `input ${position} (${quote(tensor.name)}) of ${node.opType} must be known when compiling`,
      where,
      help: 'pass its value as a host value, or make it a constant of the model',
    })
  }
  return {
    node,
    opset,
    where,
    input,
    optional: (position) => tensors[position],
    inputs: () => tensors.flatMap((tensor) => (tensor === undefined ? [] : [tensor])),
    hostInts: (position) => known(position, (element) => (isSymbolic(element) ? undefined : wholeOf(element))),
    hostSizes: (position) => known(position, (element) => (isSymbolic(element) ? element : wholeOf(element))),
    hostFloats: (position) => known(position, (element) => (typeof element === 'number' ? element : undefined)),
    int: (name, fallback) => {
      const found = attribute(name)
      if (found === undefined) return fallback
      if (found.kind !== 'int') throw wrongKind(name, 'an int', found.kind)
      return saturated(found.value)
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
      return found.value.map(saturated)
    },
    attribute,
  }
}
