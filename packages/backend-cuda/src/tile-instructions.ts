/**
 * Products of tiles in shared memory by warpgroups, from compute capability 9.0 on. Source: PTX ISA, "Asynchronous Warpgroup
 * Level Matrix Instructions".
 *
 * Each warp of four has 16 rows of D. Of every 8 columns, lanes in groups of four have rows g and g + 8, a lane 2 columns. Where
 * threads hold A, they do so as they hold 16 columns of D.
 */
import { type AsyncMultiply, isHeld, type TileInstruction } from '@tilewright/ir'
import { compose, repeat, spatial, type TaskMapping, taskShape } from '@tilewright/task-mapping'
import { isMappedBy } from './matrix-instructions.js'

/** Rows of D, and elements along k, of one instruction. */
const instructionRows = 64
export const instructionDepth = 16

/** Columns of D: there are instructions for all multiples of 8 up to 256; these are enough for templates. */
export const instructionColumns = [64, 128, 192, 256] as const
export type InstructionColumns = (typeof instructionColumns)[number]

const unrolled = { unroll: true } as const

const rowsByColumns = (columns: number): TaskMapping =>
  compose(
    spatial(4, 1),
    repeat([1, columns / 8], unrolled),
    repeat([2, 1], unrolled),
    spatial(8, 4),
    repeat([1, 2], unrolled),
  )

const instructionOf = (columns: InstructionColumns): TileInstruction => ({
  operands: ['f16', 'bf16'],
  depth: instructionDepth,
  a: rowsByColumns(instructionDepth),
  d: rowsByColumns(columns),
})

/** Products of f16, or of bf16, and sums in f32, narrow ones first. */
export const halfTileInstructions: readonly TileInstruction[] = instructionColumns.map(instructionOf)

/** The columns of the instruction for an async multiply; undefined where there is none for its map and depth. */
export function instructionColumnsOf({ a, d, depth }: AsyncMultiply): InstructionColumns | undefined {
  const [rows, columns] = taskShape(d.map)
  const known = instructionColumns.find((each) => each === columns)
  if (known === undefined || rows !== instructionRows || depth % instructionDepth !== 0) return undefined
  const instruction = halfTileInstructions[instructionColumns.indexOf(known)]
  if (instruction === undefined || !isMappedBy(d, instruction.d)) return undefined
  return !isHeld(a) || isMappedBy(a, rowsByColumns(depth)) ? known : undefined
}
