// A matmul on matrix units: one subgroup a tile of 16 × 8, f16 operands, sums in f32.
import { buildKernel, ceilDiv } from '@tilewright/ir'
import { compose, repeat, spatial, type TaskMapping } from '@tilewright/task-mapping'
import type { MatmulShape } from '../fixtures/authored-matmul.js'
import { type HandWritten, matmulDefinition } from './hand-written.js'

/**
 * Which lane holds which elements of the tiles of `mma.m16n8k16` with f16 operands and f32 accumulators, in the order of
 * its registers: PTX ISA, "Matrix Fragments for mma.m16n8k16 with floating point type". Lanes are in 8 groups of 4.
 * - A, 16×16: a group has rows g and g + 8, a lane 2 columns and those 8 further; rows alternate before columns.
 * - B, 16×8: a group has a column, a lane 2 rows and those 8 further.
 * - C and D, 16×8: a group has rows g and g + 8, a lane 2 columns.
 */
export const m16n8k16: { readonly a: TaskMapping; readonly b: TaskMapping; readonly d: TaskMapping } = {
  a: compose(repeat(1, 2), repeat(2, 1), spatial(8, 4), repeat(1, 2)),
  b: compose(repeat(2, 1), spatial([4, 8], { order: [1, 0] }), repeat(2, 1)),
  d: compose(repeat(2, 1), spatial(8, 4), repeat(1, 2)),
}

const lanes = 32
const [m, n, k] = [16, 8, 16]

/** c[m, n] = a[m, k] · b[k, n]: f16 operands, products and sums in f32. A workgroup is one subgroup. */
export function matrixUnitMatmul(shape: MatmulShape): HandWritten {
  const { definition, ...operands } = matmulDefinition(shape, 'f16')
  const loadA = compose(repeat(8, 1), spatial(2, 16)) // m × k
  const loadB = compose(repeat(4, 1), spatial(4, 8)) // k × n

  const workgroups = [ceilDiv(shape.n, n), ceilDiv(shape.m, m), 1] as const
  const kernel = buildKernel({ name: 'matrix_unit', threads: lanes, subgroupSize: lanes, workgroups }, (g) => {
    const [a, b, c] = [g.use(operands.a), g.use(operands.b), g.use(operands.c)]
    const tileA = g.workgroupBuffer('tile_a', 'f16', [m, k])
    const tileB = g.workgroupBuffer('tile_b', 'f16', [k, n])
    const fragmentA = g.privateBuffer('fragment_a', 'f16', [(m * k) / lanes])
    const fragmentB = g.privateBuffer('fragment_b', 'f16', [(k * n) / lanes])
    const fragmentD = g.privateBuffer('fragment_d', 'f32', [(m * n) / lanes])
    const row = g.let('row', g.workgroup.y.mul(m))
    const column = g.let('column', g.workgroup.x.mul(n))

    g.forTask(m16n8k16.d, g.lane, (_, __, register) => fragmentD.set([register], 0))
    g.loop('step', ceilDiv(shape.k, k), (step) => {
      const from = g.let('from', step.mul(k))
      g.forTask(loadA, g.lane, (i, kk) => tileA.set([i, kk], a.atOrZero(row.add(i), from.add(kk))))
      g.forTask(loadB, g.lane, (kk, j) => tileB.set([kk, j], b.atOrZero(from.add(kk), column.add(j))))
      g.barrier('subgroup')
      g.forTask(m16n8k16.a, g.lane, (i, kk, register) => fragmentA.set([register], tileA.at(i, kk)))
      g.forTask(m16n8k16.b, g.lane, (kk, j, register) => fragmentB.set([register], tileB.at(kk, j)))
      g.matrixMultiply(
        { buffer: fragmentA.buffer, map: m16n8k16.a },
        { buffer: fragmentB.buffer, map: m16n8k16.b },
        { buffer: fragmentD.buffer, map: m16n8k16.d },
      )
      g.barrier('subgroup')
    })
    g.forTask(m16n8k16.d, g.lane, (i, j, register) =>
      c.setIfInside([row.add(i), column.add(j)], fragmentD.at(register)),
    )
  })
  return { definition, kernels: [kernel] }
}
