/**
 * What templates on matrix units share: the form of the instruction, and which rows of a tile in workgroup memory the lanes
 * of a subgroup point to when they load its operands. Rows of a tile are padded by 16 bytes, so that the eight rows of a
 * matrix lie in different banks.
 */
import {
  type BufferHandle,
  type Expr,
  invariant,
  type KernelBuilder,
  type MatrixInstruction,
  type Target,
  type Value,
} from '@tilewright/ir'
import { compose, spatial, type TaskMapping, taskShape } from '@tilewright/task-mapping'
import { taskOf } from './task-of.js'

/** Rows, columns and depth of the instruction: A and B are loaded as 8 × 8 matrices in the order of its registers. */
export const instructionM = 16
export const instructionN = 8
export const instructionK = 16
export const halfBytes = 2
/** Elements between the rows of a tile: 16 bytes. */
export const padding = 8
/** What an instruction leaves to others of the 255 registers of a thread. */
export const mostRegisters = 224
/** Registers for addresses, loops and edges. */
export const otherRegisters = 48

/** Whether the values of a factor are f16: it is memory of that type, perhaps with zeros around it. */
export function isHalf(factor: Expr): boolean {
  if (factor.kind === 'select') return isHalf(factor.then) && factor.else.kind === 'const' && factor.else.value === 0
  return factor.kind === 'load' && factor.buffer.dtype === 'f16'
}

export function instructionOf(target: Target): MatrixInstruction | undefined {
  return target.matrixInstructions.find(({ operands, a, b }) => {
    const [m, k] = taskShape(a)
    return operands === 'f16' && m === instructionM && k === instructionK && taskShape(b)[1] === instructionN
  })
}

/**
 * Which row of 8 elements a lane points to when a fragment of A, or two neighbours of B, are loaded as four matrices: in
 * the order of the instruction's registers. Tasks are (own, k), of which the one along the tile counts in rows of 8.
 */
interface MatrixRows {
  readonly alongOwn: TaskMapping
  readonly alongK: TaskMapping
}
const rowsOfA: MatrixRows = {
  alongOwn: compose(spatial(1, 2), spatial(2, 8)), // 2 × 16
  alongK: spatial([16, 2], { order: [1, 0] }), // 16 × 2
}
const rowsOfB: MatrixRows = {
  alongOwn: spatial(2, 16), // 2 × 16
  alongK: compose(spatial(2, 1), spatial([8, 2], { order: [1, 0] })), // 16 × 2
}

/** A tile of a factor in workgroup memory, [stage, slow, fast]: whether its own axis, rather than k, is the fast one. */
export interface FragmentTile {
  readonly tile: BufferHandle
  readonly stage: Value
  readonly alongOwn: boolean
}

/** Where fragments are loaded from: elements along the factor's own axis, and along k. */
type Place = readonly [own: Value, k: Value]

function placeOf({ alongOwn }: FragmentTile, rows: MatrixRows, lane: Value): Place {
  const [own, k] = taskOf(alongOwn ? rows.alongOwn : rows.alongK, lane)
  invariant(own !== undefined && k !== undefined, 'rows of matrices stand in two dimensions')
  return alongOwn ? [own.mul(8), k] : [own, k.mul(8)]
}

/** Loads the fragment of A whose first row is `start`, from `depth` of k on. */
export type LoadA = (start: Value, depth: number) => BufferHandle

/** Makes what loads fragments of A of a tile. All lanes of a subgroup load together. */
export function fragmentsOfA(g: KernelBuilder, tile: FragmentTile): LoadA {
  const place = placeOf(tile, rowsOfA, g.lane)
  return (start, depth) => {
    const registers = g.privateBuffer('a', 'f16', [8])
    g.loadMatrices(4, [registers], tile.tile, indexIn(tile, place, start, depth), { transposed: tile.alongOwn })
    return registers
  }
}

/** Loads the two fragments of B whose first column is `start`, from `depth` of k on. */
export type LoadPairB = (start: Value, depth: number) => readonly [BufferHandle, BufferHandle]

/** Makes what loads pairs of neighbouring fragments of B of a tile. All lanes of a subgroup load together. */
export function fragmentsOfB(g: KernelBuilder, tile: FragmentTile): LoadPairB {
  const place = placeOf(tile, rowsOfB, g.lane)
  return (start, depth) => {
    const pair = [g.privateBuffer('b', 'f16', [4]), g.privateBuffer('b', 'f16', [4])] as const
    g.loadMatrices(4, pair, tile.tile, indexIn(tile, place, start, depth), { transposed: tile.alongOwn })
    return pair
  }
}

function indexIn({ stage, alongOwn }: FragmentTile, [own, k]: Place, start: Value, depth: number): readonly Value[] {
  return alongOwn ? [stage, k.add(depth), start.add(own)] : [stage, start.add(own), k.add(depth)]
}

/** Adds the product of a fragment of A and one of B to a fragment of results. */
export function multiplyFragments(
  g: KernelBuilder,
  { a, b, d }: MatrixInstruction,
  left: BufferHandle,
  right: BufferHandle,
  sum: BufferHandle,
): void {
  g.matrixMultiply({ buffer: left.buffer, map: a }, { buffer: right.buffer, map: b }, { buffer: sum.buffer, map: d })
}
