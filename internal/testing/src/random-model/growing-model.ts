// A random ONNX model while it grows. Each value has a bound, so that nothing overflows, and is *exact* or not: exact values
// are integers that all orders of evaluation give alike, so that only they may be compared, rounded or counted.
import {
  graphBuilder,
  modelOf,
  type NodeOptions,
  type OnnxAttributeValue,
  type OnnxModel,
  type TensorData,
} from '@tilewright/onnx'

export type ModelDType = 'f32' | 'i32' | 'i64' | 'bool'
/** The symbolic size of the model, or a fixed one. */
export type Extent = 'n' | number

export interface Value {
  readonly name: string
  readonly dtype: ModelDType
  readonly shape: readonly Extent[]
  /** The most in magnitude. */
  readonly bound: number
  readonly exact: boolean
}

/** What decides a step: a number below `choices`, another one each time. */
export type Pick = (choices: number) => number

/** Appends to a model; gives the value that it ends in, or undefined when it has nothing to do with this value. */
export type Step = (g: GrowingModel, x: Value, pick: Pick) => Value | undefined

export type Attributes = Readonly<Record<string, OnnxAttributeValue>>

export interface GrowingModel {
  readonly opset: number
  readonly live: readonly Value[]
  readonly input: (name: string, dtype: ModelDType, shape: readonly Extent[]) => Value
  /** Integers in −2..2. */
  readonly constant: (shape: readonly number[], dtype?: 'f32' | 'i32' | 'i64') => Value
  /** Numbers in [0.5, 1.5): scales. */
  readonly positive: (shape: readonly number[]) => Value
  readonly ints: (values: readonly number[]) => string
  readonly scalar: (value: number, dtype?: ModelDType) => string
  /** The first output of a node. */
  readonly node: (
    opType: string,
    operands: readonly (Value | string)[],
    made: Omit<Value, 'name'>,
    attributes?: Attributes,
  ) => Value
  /** All outputs of a node. */
  readonly nodes: (
    opType: string,
    operands: readonly (Value | string)[],
    made: readonly Omit<Value, 'name'>[],
    attributes?: Attributes,
  ) => readonly Value[]
  /** The name of a value that no step sees, such as one of another element type. */
  readonly between: (opType: string, operand: Value, attributes: Attributes) => string
  /** The value, clipped where more than `bound` in magnitude is possible. */
  readonly bounded: (x: Value, bound: number) => Value
  /** The most that an extent is in a run. */
  readonly extentOf: (extent: Extent) => number
  readonly countOf: (x: Sized) => number
  /** The latest other value of the same type and shape. */
  readonly twinOf: (x: Value) => Value | undefined
  readonly finish: (also: Value | undefined) => OnnxModel
}

interface Sized {
  readonly shape: readonly Extent[]
}

/** Elements beyond which nothing is made larger: what runs in milliseconds. */
export const manyElements = 1500
/** Integers up to here are exact in f32. */
export const mostExact: number = 2 ** 23

/** One of several. */
export function oneOf<T>(pick: Pick, first: T, ...others: readonly T[]): T {
  return [first, ...others][pick(others.length + 1)] ?? first
}

export const isFloat = ({ dtype }: Value): boolean => dtype === 'f32'
export const isFixed = (shape: readonly Extent[]): shape is readonly number[] =>
  shape.every((extent) => typeof extent === 'number')
export const sameShape = (a: readonly Extent[], b: readonly Extent[]): boolean =>
  a.length === b.length && a.every((extent, d) => extent === b[d])

/** Small integers, the same each time. */
export const smallInteger = (i: number, seed: number): number => ((i * 7 + seed * 3 + (i >> 2)) % 5) - 2

/** An empty model, whose symbolic size is at most `most`. */
export function growingModel(opset: number, most: number, seed: number): GrowingModel {
  const builder = graphBuilder('random')
  const live: Value[] = []
  const read = new Set<string>()
  let constants = 0
  const nameConstant = (): string => `c${constants++}`
  const extentOf = (extent: Extent): number => (extent === 'n' ? most : extent)
  const countOf = ({ shape }: Sized): number => shape.reduce<number>((count, extent) => count * extentOf(extent), 1)
  const nodes: GrowingModel['nodes'] = (opType, operands, made, attributes = {}) => {
    const names = operands.map((operand) => (typeof operand === 'string' ? operand : operand.name))
    for (const name of names) read.add(name)
    const outputs = made.map((_, o) => `v${live.length + o}`)
    const options: NodeOptions = { attributes, outputs, name: `${opType}_${live.length}` }
    builder.node(opType, names, options)
    const values = made.map((value, o): Value => ({ ...value, name: outputs[o] ?? '' }))
    live.push(...values)
    return values
  }
  const node: GrowingModel['node'] = (opType, operands, made, attributes) => {
    const [value] = nodes(opType, operands, [made], attributes)
    if (value === undefined) throw new RangeError('a node has an output')
    return value
  }
  const ints = (values: readonly number[]): string =>
    builder.initializer(nameConstant(), {
      dtype: 'i64',
      dims: [values.length],
      data: BigInt64Array.from(values, BigInt),
    })
  const scalar: GrowingModel['scalar'] = (value, dtype = 'f32') =>
    builder.initializer(
      nameConstant(),
      tensorOf(dtype, [], () => value),
    )
  return {
    opset,
    live,
    input: (name, dtype, shape) => {
      builder.input(name, dtype, shape)
      const value: Value = { name, dtype, shape, bound: dtype === 'bool' ? 1 : 2, exact: true }
      live.push(value)
      return value
    },
    constant: (shape, dtype = 'f32') => {
      const name = builder.initializer(
        nameConstant(),
        tensorOf(dtype, shape, (i) => smallInteger(i, seed + constants)),
      )
      return { name, dtype, shape, bound: 2, exact: true }
    },
    positive: (shape) => {
      const data = tensorOf('f32', shape, (i) => 0.5 + ((i * 5 + seed) % 8) / 8)
      return { name: builder.initializer(nameConstant(), data), dtype: 'f32', shape, bound: 1.5, exact: false }
    },
    ints,
    scalar,
    node,
    nodes,
    between: (opType, operand, attributes) => {
      read.add(operand.name)
      return builder.node(opType, [operand.name], { attributes, outputs: [`b${constants++}`] })
    },
    bounded: (x, bound) => {
      if (x.bound <= bound) return x
      const limits = [scalar(-bound, x.dtype), scalar(bound, x.dtype)]
      return node('Clip', [x, ...limits], { ...x, bound })
    },
    extentOf,
    countOf,
    twinOf: (x) =>
      live.findLast((other) => other.name !== x.name && other.dtype === x.dtype && sameShape(other.shape, x.shape)),
    finish: (also) => {
      const results = live.filter((value) => !read.has(value.name) || value === also)
      for (const { name, dtype, shape } of results) builder.output(name, dtype, shape)
      return modelOf(builder.build(), { opset })
    },
  }
}

function tensorOf(dtype: ModelDType, dims: readonly number[], element: (i: number) => number): TensorData {
  const length = dims.reduce((count, extent) => count * extent, 1)
  switch (dtype) {
    case 'f32':
      return { dtype, dims, data: Float32Array.from({ length }, (_, i) => element(i)) }
    case 'i32':
      return { dtype, dims, data: Int32Array.from({ length }, (_, i) => element(i)) }
    case 'i64':
      return { dtype, dims, data: BigInt64Array.from({ length }, (_, i) => BigInt(element(i))) }
    case 'bool':
      return { dtype, dims, data: Uint8Array.from({ length }, (_, i) => (element(i) > 0 ? 1 : 0)) }
  }
}
