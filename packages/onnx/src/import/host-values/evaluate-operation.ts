/**
 * Operations on the host: what exporters compute from shapes is known when compiling, and never reaches the device.
 *
 * No operator has a second meaning for this: its definition is evaluated, over elements that are exact or sizes. An
 * operation whose operands are not all known, whose results are large, or of which some element is neither exact nor a
 * size stays in the graph.
 */
import { deviceDType, type Operation, type Tensor, type TensorDType } from '@tilewright/graph'
import {
  type Axis,
  type Buffer,
  buffer,
  type Equation,
  type Expr,
  type Load,
  type SizeExpr,
  type Var,
} from '@tilewright/ir'
import { evaluateHostExpr } from './evaluate-expr.js'
import { type HostElement, stored } from './host-element.js'
import { elementReader, knownTensor } from './known-tensor.js'

/** Elements of a result that is worth knowing: shapes, tables of positions, scalars; no weights. */
const mostElements = 1024
/** Nodes of expressions that are evaluated for one operation. */
const mostSteps = 2 ** 18

/** A buffer while its operation is evaluated. */
interface Memory {
  readonly dtype: TensorDType
  readonly shape: readonly number[]
  readonly read: (position: number) => HostElement | undefined
}

/** The results of an operation as tensors with known values, by the names given; undefined where the device must compute. */
export function evaluateOperation(
  operation: Operation,
  operands: readonly Tensor[],
  names: readonly string[],
): readonly Tensor[] | undefined {
  const shapes = operation.outputs.map((type) => staticShape(type.shape))
  if (shapes.some((shape) => shape === undefined || countOf(shape) > mostElements)) return undefined
  if ((operation.equalSizes ?? []).length > 0) return undefined
  const memory = new Map<Buffer, Memory>()
  const inputs: Buffer[] = []
  for (const tensor of operands) {
    const [read, shape] = [elementReader(tensor), staticShape(tensor.shape)]
    if (read === undefined || shape === undefined) return undefined
    const made = buffer('operand', deviceDType(tensor.dtype), shape, 'storage')
    memory.set(made, { dtype: tensor.dtype, shape, read })
    inputs.push(made)
  }
  const outputs = operation.outputs.map(({ dtype, shape }) => buffer('result', deviceDType(dtype), shape, 'storage'))
  const isWide = [...operands, ...operation.outputs].some(({ dtype }) => dtype === 'i64')
  const dtypeOf = (written: Buffer): TensorDType => {
    const position = outputs.indexOf(written)
    // What stands between equations is as wide as the integers of the operation.
    const between = isWide && written.dtype === 'i32' ? 'i64' : written.dtype
    return operation.outputs[position]?.dtype ?? between
  }
  let steps = 0
  const spend = (): boolean => {
    steps += 1
    return steps <= mostSteps
  }
  for (const equation of operation.define(inputs, outputs)) {
    const written = evaluateEquation(equation, memory, { isWide, spend })
    if (written === undefined) return undefined
    for (const [output, elements] of written) {
      const dtype = dtypeOf(output)
      const kept = elements.map((element) => stored(dtype, element))
      memory.set(output, { dtype, shape: staticShape(output.shape) ?? [], read: (position) => kept[position] })
    }
  }
  const results = outputs.map((output, i) => {
    const { dtype, shape, read } = memory.get(output) ?? { dtype: 'f32', shape: [], read: () => undefined }
    const elements = Array.from({ length: countOf(shape) }, (_, position) => read(position))
    return knownTensor(names[i] ?? '', dtype, shape, elements)
  })
  const known = results.flatMap((tensor) => (tensor === undefined ? [] : [tensor]))
  return known.length === results.length ? known : undefined
}

interface Limits {
  readonly isWide: boolean
  readonly spend: () => boolean
}

/** The elements that an equation writes, or undefined where the host cannot tell. */
function evaluateEquation(
  equation: Equation,
  memory: ReadonlyMap<Buffer, Memory>,
  { isWide, spend }: Limits,
): ReadonlyMap<Buffer, readonly HostElement[]> | undefined {
  const load = ({ buffer: source }: Load, index: readonly HostElement[]): HostElement | undefined => {
    const { shape, read } = memory.get(source) ?? { shape: [], read: () => undefined }
    let position = 0
    for (const [d, at] of index.entries()) {
      const extent = shape[d] ?? 0
      if (typeof at !== 'bigint' || at < 0n || at >= BigInt(extent)) return undefined
      position = position * extent + Number(at)
    }
    return read(position)
  }
  const value = (expr: Expr, vars: ReadonlyMap<Var, HostElement>): HostElement | undefined =>
    evaluateHostExpr(expr, { vars, load, isWide, spend })

  if (equation.kind === 'compute') {
    const elements = everyPoint(pointsOf(equation.axes, equation.output), (vars) => value(equation.value, vars))
    return elements === undefined ? undefined : new Map([[equation.output, elements]])
  }
  if (equation.kind !== 'reduce') return undefined
  const [first] = equation.outputs
  const domain = equation.domain.map((axis) => staticAxis(axis))
  if (first === undefined || domain.some((axis) => axis === undefined)) return undefined
  const fold = (vars: ReadonlyMap<Var, HostElement>): readonly HostElement[] | undefined => {
    let state = all(equation.identity.map((identity) => value(identity, vars)))
    for (const point of points(domain.flatMap((axis) => axis ?? []))) {
      const inner = new Map([...vars, ...point])
      const element = all(equation.value.map((expr) => value(expr, inner)))
      if (state === undefined || element === undefined) return undefined
      const both = new Map(inner)
      for (const [i, v] of equation.left.entries()) bind(both, v, state[i])
      for (const [i, v] of equation.right.entries()) bind(both, v, element[i])
      state = all(equation.combine.map((expr) => value(expr, both)))
    }
    return state
  }
  const states = everyPoint(pointsOf(equation.axes, first), fold)
  if (states === undefined) return undefined
  return new Map(equation.outputs.map((output, i) => [output, states.flatMap((state) => state[i] ?? [])]))
}

function bind(vars: Map<Var, HostElement>, v: Var, element: HostElement | undefined): void {
  if (element !== undefined) vars.set(v, element)
}

const all = (elements: readonly (HostElement | undefined)[]): readonly HostElement[] | undefined => {
  const known = elements.flatMap((element) => (element === undefined ? [] : [element]))
  return known.length === elements.length ? known : undefined
}

function everyPoint<T>(
  all: Iterable<ReadonlyMap<Var, HostElement>>,
  work: (vars: ReadonlyMap<Var, HostElement>) => T | undefined,
): readonly T[] | undefined {
  const results: T[] = []
  for (const vars of all) {
    const result = work(vars)
    if (result === undefined) return undefined
    results.push(result)
  }
  return results
}

const pointsOf = (axes: readonly Var[], { shape }: Buffer): Iterable<ReadonlyMap<Var, HostElement>> =>
  points(axes.map((v, d) => ({ var: v, extent: staticShape(shape)?.[d] ?? 0 })))

/** All points of an iteration, row-major. */
function* points(
  axes: readonly { readonly var: Var; readonly extent: number }[],
): Generator<ReadonlyMap<Var, HostElement>, void, undefined> {
  const count = countOf(axes.map(({ extent }) => extent))
  for (let flat = 0; flat < count; flat++) {
    const vars = new Map<Var, HostElement>()
    let rest = flat
    for (const { var: v, extent } of axes.toReversed()) {
      vars.set(v, BigInt(rest % extent))
      rest = Math.floor(rest / extent)
    }
    yield vars
  }
}

function staticAxis({ var: v, extent }: Axis): { readonly var: Var; readonly extent: number } | undefined {
  return typeof extent === 'number' ? { var: v, extent } : undefined
}

function staticShape(shape: readonly SizeExpr[]): readonly number[] | undefined {
  const numbers = shape.flatMap((extent) => (typeof extent === 'number' ? [extent] : []))
  return numbers.length === shape.length ? numbers : undefined
}

const countOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1)
