// A matmul whose depth is split among workgroups: for results too small to occupy a device. Two launches.
import { type Buffer, buffer, buildKernel, ceilDiv, type Kernel } from '@tilewright/ir'
import { compose, repeat, spatial } from '@tilewright/task-mapping'
import type { MatmulShape } from '../fixtures/authored-matmul.js'
import { type HandWritten, type MatmulDefinition, matmulDefinition } from './hand-written.js'

const side = 4 // threads of a workgroup: side × side
const own = 2 // elements of the result that a thread owns: own × own
const tile = side * own
const tileK = 4

/**
 * c[m, n] = a[m, k] · b[k, n] in f32. Workgroup (x, y, z) sums part z of the depth, whole tiles of it, for tile (y, x)
 * of the result into the workspace partial[splits, m, n]; a second kernel adds the parts.
 */
export function splitKMatmul(shape: MatmulShape, splits: number): HandWritten {
  const { definition, ...operands } = matmulDefinition(shape)
  const partial = buffer('partial', 'f32', [splits, shape.m, shape.n], 'storage')
  return {
    definition,
    kernels: [multiplyParts(shape, splits, operands, partial), addParts(shape, splits, partial, operands.c)],
  }
}

type Operands = Omit<MatmulDefinition, 'definition'>

function multiplyParts(shape: MatmulShape, splits: number, operands: Operands, workspace: Buffer): Kernel {
  const loadA = compose(repeat(own, tileK / side), spatial(side, side)) // tile × tileK
  const loadB = compose(repeat(tileK / side, own), spatial(side, side)) // tileK × tile
  const owners = spatial(side, side) // side × side: who owns which cells
  const cells = repeat(own, own) // own × own
  const steps = ceilDiv(ceilDiv(shape.k, tileK), splits)

  const workgroups = [ceilDiv(shape.n, tile), ceilDiv(shape.m, tile), splits] as const
  return buildKernel({ name: 'split_k_parts', threads: side * side, workgroups }, (g) => {
    const [a, b, partial] = [g.use(operands.a), g.use(operands.b), g.use(workspace)]
    const tileA = g.workgroupBuffer('tile_a', 'f32', [tile, tileK])
    const tileB = g.workgroupBuffer('tile_b', 'f32', [tileK, tile])
    const sums = g.privateBuffer('sums', 'f32', [own, own])
    const row = g.let('row', g.workgroup.y.mul(tile))
    const column = g.let('column', g.workgroup.x.mul(tile))
    const firstStep = g.let('first_step', g.workgroup.z.mul(steps))

    g.forTask(cells, 0, (i, j) => sums.set([i, j], 0))
    g.loop('step', steps, (step) => {
      const from = g.let('from', firstStep.add(step).mul(tileK))
      g.forTask(loadA, g.thread, (i, k) => tileA.set([i, k], a.atOrZero(row.add(i), from.add(k))))
      g.forTask(loadB, g.thread, (k, j) => tileB.set([k, j], b.atOrZero(from.add(k), column.add(j))))
      g.barrier()
      g.forTask(owners, g.thread, (r, s) =>
        g.loop('k', tileK, (k) =>
          g.forTask(cells, 0, (i, j) => {
            const product = tileA.at(r.mul(own).add(i), k).mul(tileB.at(k, s.mul(own).add(j)))
            sums.update([i, j], (sum) => sum.add(product))
          }),
        ),
      )
      g.barrier()
    })
    g.forTask(owners, g.thread, (r, s) =>
      g.forTask(cells, 0, (i, j) =>
        partial.setIfInside([g.workgroup.z, row.add(r.mul(own)).add(i), column.add(s.mul(own)).add(j)], sums.at(i, j)),
      ),
    )
  })
}

/** Each thread adds the parts of its elements, in the order of the depth. */
function addParts(shape: MatmulShape, splits: number, workspace: Buffer, result: Buffer): Kernel {
  const elements = compose(repeat(own, own), spatial(side, side)) // tile × tile
  const workgroups = [ceilDiv(shape.n, tile), ceilDiv(shape.m, tile), 1] as const
  return buildKernel({ name: 'split_k_combine', threads: side * side, workgroups }, (g) => {
    const [partial, c] = [g.use(workspace), g.use(result)]
    g.forTask(elements, g.thread, (i, j) => {
      const row = g.let('row', g.workgroup.y.mul(tile).add(i))
      const column = g.let('column', g.workgroup.x.mul(tile).add(j))
      g.if(row.lt(shape.m).and(column.lt(shape.n)), () => {
        const sum = g.privateBuffer('sum', 'f32', [])
        sum.set([], 0)
        g.loop('split', splits, (split) => sum.update([], (s) => s.add(partial.at(split, row, column))))
        c.set([row, column], sum.at())
      })
    })
  })
}
