/** Operations of the IR as functions of authoring handles, and numbers to try them on. */
import {
  type BinaryOp,
  binary,
  bitcast,
  constant,
  type FloatFunction,
  floatFunctions,
  type ScalarType,
  type UnaryOp,
  unary,
  type Value,
  value,
} from '@tilewright/ir'
import type { MapRow } from './map-case.js'

export function unaryOp(op: UnaryOp): (x: Value) => Value {
  return (x) => value(unary(op, x.expr))
}

export function binaryOp(op: BinaryOp): (x: Value, y: Value) => Value {
  return (x, y) => value(binary(op, x.expr, y.expr))
}

/** `op` with a constant on its right: what passes and printers treat apart. */
export function withConstant(op: BinaryOp, type: ScalarType, right: number): (x: Value) => Value {
  return (x) => value(binary(op, x.expr, constant(type, right)))
}

export function bitsAs(type: ScalarType): (x: Value) => Value {
  return (x) => value(bitcast(type, x.expr))
}

export const binaryRows = (ops: readonly BinaryOp[]): readonly MapRow[] =>
  ops.map((op) => ({ name: op, of: binaryOp(op) }))

export const constantRows = (op: BinaryOp, type: ScalarType, rights: readonly number[]): readonly MapRow[] =>
  rights.map((right) => ({ name: `${op} ${right}`, of: withConstant(op, type, right) }))

/** The distance of neighbouring f32 numbers at `x`. */
export function ulp(x: number): number {
  return 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(x)))) - 23)
}

/**
 * The bound of a function that is given as relative and absolute. The simulator has rounded what the bound is about: half a
 * unit more.
 */
export function bound(relative: number, absolute: number): (expected: number) => number {
  return (expected) => (Number.isFinite(expected) ? relative * Math.abs(expected) + absolute + ulp(expected) / 2 : 0)
}

/** `count` numbers from `from` to `to`, as far from each other as they can be, as f32. */
export function sweep(from: number, to: number, count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1))
}

/** A row for one function of an f32, within a bound. */
export function functionRow(op: FloatFunction, tolerance: NonNullable<MapRow['tolerance']>): MapRow {
  return { name: op, of: unaryOp(op), tolerance }
}

/** How much a function differs over the numbers within `shift` of x, and a relative bound on top. */
export function near(op: FloatFunction, shift: number, relative: number): (expected: number, x: number) => number {
  const of = floatFunctions[op]
  return (expected, x) => {
    const sides = [of(x - shift), of(x + shift)]
    const largest = Math.max(Math.abs(expected), ...sides.map(Math.abs))
    return Math.max(...sides.map((side) => Math.abs(side - expected))) + relative * largest + ulp(expected) / 2
  }
}
