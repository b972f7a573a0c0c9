/**
 * What templates on matrix units share: the form of the instructions, and which rows of a tile in workgroup memory the lanes
 * of a subgroup point to when they load its operands. Rows of a tile are padded by 16 bytes, so that the eight rows of a
 * matrix lie in different banks.
 */
import {
  type BufferHandle,
  computeType,
  constant,
  type Expr,
  type HalfDType,
  invariant,
  isHalf,
  type KernelBuilder,
  type MatrixInstruction,
  matrixSum,
  select,
  type Target,
  type Value,
} from '@tilewright/ir'
import { compose, spatial, type TaskMapping, taskShape } from '@tilewright/task-mapping'
import { taskOf } from './task-of.js'

/** Rows and columns of the instructions: A and B are loaded as matrices of 8 rows in the order of their registers. */
export const instructionM = 16
export const instructionN = 8
/** Bytes of the depth of an instruction, whatever its elements: two rows of what is loaded. */
const depthBytes = 32
const rowBytes = depthBytes / 2
/** Depth of the instruction for halves. */
export const instructionK = 16
export const halfBytes = 2
/** Halves between the rows of a tile. */
export const padding = 8
/** What an instruction leaves to others of the 255 registers of a thread. */
export const mostRegisters = 224
/** Registers for addresses, loops and edges. */
export const otherRegisters = 48

/** Which halves the values of a factor are: it is memory of that type, perhaps with zeros around it. */
export function halfOf(factor: Expr): HalfDType | undefined {
  if (factor.kind === 'select') {
    return factor.else.kind === 'const' && factor.else.value === 0 ? halfOf(factor.then) : undefined
  }
  return factor.kind === 'load' && isHalf(factor.buffer.dtype) ? factor.buffer.dtype : undefined
}

/** Bytes of the element types that are multiplied. */
const multipliedBytes = { f16: halfBytes, bf16: halfBytes, f32: 4, i8: 1, u8: 1 } as const
export type MultipliedDType = HalfDType | 'f32' | 'i8' | 'u8'

/** How elements of a type fill the rows of a tile. */
export interface ElementForm {
  readonly dtype: MultipliedDType
  readonly bytes: number
  /** Depth of an instruction. */
  readonly depth: number
  /** Elements of a row of a matrix that is loaded: so many are also left between the rows of a tile along k. */
  readonly row: number
  /** Elements between the rows of a tile along the factor's own axis; undefined where none are loaded across k. */
  readonly across: number | undefined
}

export function formOf(dtype: MultipliedDType): ElementForm {
  const bytes = multipliedBytes[dtype]
  const row = rowBytes / bytes
  // Lanes load f32 one by one across rows, 4 by 8 of them: none from the bank of another.
  return { dtype, bytes, depth: depthBytes / bytes, row, across: bytes === 1 ? undefined : 8 }
}

/** A factor as an instruction takes it: of which element type its values are, as what a store to that type takes. */
export interface NarrowFactor {
  readonly dtype: MultipliedDType
  readonly value: Expr
}

/**
 * The factor as memory of a type of which instructions multiply every value exactly, perhaps with others of its values
 * around it.
 */
export function narrowed(factor: Expr): NarrowFactor | undefined {
  const half = halfOf(factor)
  if (half !== undefined) return { dtype: half, value: factor }
  for (const dtype of ['i8', 'u8'] as const) {
    const value = asByte(factor, dtype)
    if (value !== undefined) return { dtype, value }
  }
  return undefined
}

const byteLimits = { i8: [-128, 127], u8: [0, 255] } as const

/** An i32 that is a byte of `dtype`, in its compute type; undefined where it may be none. */
function asByte(expr: Expr, dtype: 'i8' | 'u8'): Expr | undefined {
  switch (expr.kind) {
    case 'load':
      return dtype === 'i8' && expr.buffer.dtype === dtype ? expr : undefined
    case 'cast': {
      const { value } = expr
      return dtype === 'u8' && value.kind === 'load' && value.buffer.dtype === dtype ? value : undefined
    }
    case 'const': {
      const [lowest, highest] = byteLimits[dtype]
      const inside = expr.dtype === 'i32' && Number(expr.value) >= lowest && Number(expr.value) <= highest
      return inside ? constant(computeType(dtype), expr.value) : undefined
    }
    case 'select': {
      const [then, other] = [asByte(expr.then, dtype), asByte(expr.else, dtype)]
      return then === undefined || other === undefined ? undefined : select(expr.cond, then, other)
    }
    default:
      return undefined
  }
}

/** The instruction that multiplies elements of `a` by elements of `b`. */
export function instructionOf(target: Target, a: MultipliedDType, b: MultipliedDType): MatrixInstruction | undefined {
  return target.matrixInstructions.find(({ operands, sums, ...maps }) => {
    const [m, k] = taskShape(maps.a)
    const multiplies = operands.includes(a) && operands.includes(b) && sums === matrixSum(a, b)
    return multiplies && m === instructionM && k === formOf(a).depth && taskShape(maps.b)[1] === instructionN
  })
}

/**
 * Which row of 16 bytes a lane points to when a fragment of A, or two neighbours of B, are loaded as four matrices: in
 * the order of the instruction's registers. Tasks are (own, k), of which the one along the tile counts in such rows.
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

/** Tiles are made of elements that are multiplied. */
function formIn({ tile }: FragmentTile): ElementForm {
  const { dtype } = tile.buffer
  invariant(dtype !== 'bool' && dtype !== 'i32' && dtype !== 'u32', `no instruction multiplies ${dtype}`)
  return formOf(dtype)
}

/** Whether lanes load each element by itself: no statement transposes matrices of f32. */
const isOneByOne = ({ tile, alongOwn }: FragmentTile): boolean => alongOwn && tile.buffer.dtype === 'f32'

function placeOf(tile: FragmentTile, rows: MatrixRows, lane: Value): Place {
  const { row } = formIn(tile)
  const [own, k] = taskOf(tile.alongOwn ? rows.alongOwn : rows.alongK, lane)
  invariant(own !== undefined && k !== undefined, 'rows of matrices stand in two dimensions')
  return tile.alongOwn ? [own.mul(row), k] : [own, k.mul(row)]
}

/** Loads the fragment of A whose first row is `start`, from `depth` of k on. */
export type LoadA = (start: Value, depth: number) => BufferHandle

/** Makes what loads fragments of A of a tile. All lanes of a subgroup load together. */
export function fragmentsOfA(g: KernelBuilder, tile: FragmentTile, { a }: MatrixInstruction): LoadA {
  const place = placeOf(tile, rowsOfA, g.lane)
  const { dtype, row } = formIn(tile)
  return (start, depth) => {
    const registers = g.privateBuffer('a', dtype, [row])
    if (isOneByOne(tile)) {
      g.forTask(a, g.lane, (own, k, register) =>
        registers.set([register], tile.tile.at(...indexIn(tile, [own, k], start, depth))),
      )
    } else g.loadMatrices(4, [registers], tile.tile, indexIn(tile, place, start, depth), { transposed: tile.alongOwn })
    return registers
  }
}

/** Loads the two fragments of B whose first column is `start`, from `depth` of k on. */
export type LoadPairB = (start: Value, depth: number) => readonly [BufferHandle, BufferHandle]

/** Makes what loads pairs of neighbouring fragments of B of a tile. All lanes of a subgroup load together. */
export function fragmentsOfB(g: KernelBuilder, tile: FragmentTile, { b }: MatrixInstruction): LoadPairB {
  const place = placeOf(tile, rowsOfB, g.lane)
  const { dtype, row } = formIn(tile)
  return (start, depth) => {
    const pair = [g.privateBuffer('b', dtype, [row / 2]), g.privateBuffer('b', dtype, [row / 2])] as const
    if (isOneByOne(tile)) {
      for (const [i, registers] of pair.entries()) {
        g.forTask(b, g.lane, (k, own, register) =>
          registers.set([register], tile.tile.at(...indexIn(tile, [own.add(i * instructionN), k], start, depth))),
        )
      }
    } else g.loadMatrices(4, pair, tile.tile, indexIn(tile, place, start, depth), { transposed: tile.alongOwn })
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
