// A matmul whose next tiles are on their way while the present ones are multiplied: two stages, one barrier a step.
import { buildKernel, ceilDiv, type Value } from '@tilewright/ir'
import { compose, repeat, spatial } from '@tilewright/task-mapping'
import type { MatmulShape } from '../fixtures/authored-matmul.js'
import { type HandWritten, matmulDefinition } from './hand-written.js'

const side = 4 // threads of a workgroup: side × side
const own = 2 // elements of the result that a thread owns: own × own
const tile = side * own
const tileK = 8

/**
 * c[m, n] = a[m, k] · b[k, n] in f32, a workgroup a tile of c. An async copy moves `vector` elements of a row: `vector`
 * divides the row lengths k and n.
 */
export function doubleBufferedMatmul(shape: MatmulShape, vector: 1 | 2): HandWritten {
  const { definition, ...operands } = matmulDefinition(shape)
  const copyA = compose(repeat(own, tileK / side / vector), spatial(side, side)) // tile × tileK/vector
  const copyB = compose(repeat(tileK / side, own / vector), spatial(side, side)) // tileK × tile/vector
  const owners = spatial(side, side) // side × side: who owns which cells
  const cells = repeat(own, own) // own × own
  const steps = ceilDiv(shape.k, tileK)

  const workgroups = [ceilDiv(shape.n, tile), ceilDiv(shape.m, tile), 1] as const
  const kernel = buildKernel({ name: 'double_buffered', threads: side * side, workgroups }, (g) => {
    const [a, b, c] = [g.use(operands.a), g.use(operands.b), g.use(operands.c)]
    const tileA = g.workgroupBuffer('tile_a', 'f32', [2, tile, tileK])
    const tileB = g.workgroupBuffer('tile_b', 'f32', [2, tileK, tile])
    const sums = g.privateBuffer('sums', 'f32', [own, own])
    const row = g.let('row', g.workgroup.y.mul(tile))
    const column = g.let('column', g.workgroup.x.mul(tile))

    /** Starts the copies of one step; zeros come from beyond the edges, and for steps beyond the last. */
    const fetch = (step: Value): void => {
      const stage = g.let('fetched', step.mod(2))
      const from = g.let('from', step.mul(tileK))
      g.forTask(copyA, g.thread, (i, unit) => {
        const [y, x] = [row.add(i), from.add(unit.mul(vector))]
        g.asyncCopy(tileA, [stage, i, unit.mul(vector)], a, [y, x], vector, y.lt(shape.m).and(x.lt(shape.k)))
      })
      g.forTask(copyB, g.thread, (k, unit) => {
        const [y, x] = [from.add(k), column.add(unit.mul(vector))]
        g.asyncCopy(tileB, [stage, k, unit.mul(vector)], b, [y, x], vector, y.lt(shape.k).and(x.lt(shape.n)))
      })
      g.asyncCommit()
    }

    g.forTask(cells, 0, (i, j) => sums.set([i, j], 0))
    fetch(g.constant('i32', 0))
    g.loop('step', steps, (step) => {
      const stage = g.let('stage', step.mod(2))
      g.asyncWait(0)
      // Shows everyone's copies of this step, and that everyone is done with the stage that is filled next.
      g.barrier()
      g.if(step.add(1).lt(steps), () => fetch(step.add(1)))
      g.forTask(owners, g.thread, (r, s) =>
        g.loop('k', tileK, (k) =>
          g.forTask(cells, 0, (i, j) => {
            const product = tileA.at(stage, r.mul(own).add(i), k).mul(tileB.at(stage, k, s.mul(own).add(j)))
            sums.update([i, j], (sum) => sum.add(product))
          }),
        ),
      )
    })
    g.forTask(owners, g.thread, (r, s) =>
      g.forTask(cells, 0, (i, j) =>
        c.setIfInside([row.add(r.mul(own)).add(i), column.add(s.mul(own)).add(j)], sums.at(i, j)),
      ),
    )
  })
  return { definition, kernels: [kernel] }
}
