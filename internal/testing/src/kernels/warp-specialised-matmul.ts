// A matmul by specialised subgroups: one fills a ring of tiles, the others multiply what is full and give it back empty.
import { buildKernel, ceilDiv, type Value } from '@tilewright/ir'
import { compose, repeat, spatial } from '@tilewright/task-mapping'
import type { MatmulShape } from '../fixtures/authored-matmul.js'
import { type HandWritten, matmulDefinition } from './hand-written.js'

const own = 2 // elements of the result that a consumer owns: own × own
const tileK = 4

/**
 * c[m, n] = a[m, k] · b[k, n] in f32, a workgroup a tile of c, with `slots` pairs of tiles in the ring. Step s uses slot
 * s mod slots in its turn s div slots. In turn t the consumers wait for phase t of `full`, and the producers for phase
 * t - 1 of `empty`: there is none before turn 0, and a fresh mbarrier is past it.
 */
export function warpSpecialisedMatmul(shape: MatmulShape, slots: number, subgroupSize: 8 | 32 = 8): HandWritten {
  const producers = subgroupSize // threads: subgroup 0
  const side = subgroupSize === 8 ? 4 : 8 // consumers: side × side, subgroups 1 and 2
  const tile = side * own
  const { definition, ...operands } = matmulDefinition(shape)
  const copyA = compose(repeat((tile * tileK) / producers, 1), spatial(producers / tileK, tileK)) // tile × tileK, by the producers
  const copyB = compose(repeat((tileK * tile) / producers, 1), spatial(producers / tile, tile)) // tileK × tile, by the producers
  const owners = spatial(side, side) // side × side, by the consumers
  const cells = repeat(own, own) // own × own
  const threads = producers + side * side

  const workgroups = [ceilDiv(shape.n, tile), ceilDiv(shape.m, tile), 1] as const
  const kernel = buildKernel({ name: 'warp_specialised', threads, subgroupSize, workgroups }, (g) => {
    const [a, b, c] = [g.use(operands.a), g.use(operands.b), g.use(operands.c)]
    const tileA = g.workgroupBuffer('tile_a', 'f32', [slots, tile, tileK])
    const tileB = g.workgroupBuffer('tile_b', 'f32', [slots, tileK, tile])
    const full = g.mbarrier('full', slots, producers)
    const empty = g.mbarrier('empty', slots, side * side)
    const row = g.let('row', g.workgroup.y.mul(tile))
    const column = g.let('column', g.workgroup.x.mul(tile))

    const eachStep = (body: (step: Value, slot: Value, parity: Value) => void): void =>
      g.loop('step', ceilDiv(shape.k, tileK), (step) =>
        body(step, g.let('slot', step.mod(slots)), g.let('parity', step.div(slots).mod(2))),
      )

    const produce = (): void =>
      eachStep((step, slot, parity) => {
        const from = g.let('from', step.mul(tileK))
        g.wait(empty, slot, g.constant('i32', 1).sub(parity))
        g.forTask(copyA, g.thread, (i, k) => {
          const [y, x] = [row.add(i), from.add(k)]
          g.asyncCopy(tileA, [slot, i, k], a, [y, x], 1, y.lt(shape.m).and(x.lt(shape.k)))
        })
        g.forTask(copyB, g.thread, (k, j) => {
          const [y, x] = [from.add(k), column.add(j)]
          g.asyncCopy(tileB, [slot, k, j], b, [y, x], 1, y.lt(shape.k).and(x.lt(shape.n)))
        })
        g.asyncCommit()
        g.asyncWait(0)
        g.arrive(full, slot)
      })

    const consume = (): void => {
      const consumer = g.let('consumer', g.thread.sub(producers))
      const sums = g.privateBuffer('sums', 'f32', [own, own])
      g.forTask(cells, 0, (i, j) => sums.set([i, j], 0))
      eachStep((_, slot, parity) => {
        g.wait(full, slot, parity)
        g.forTask(owners, consumer, (r, s) =>
          g.loop('k', tileK, (k) =>
            g.forTask(cells, 0, (i, j) => {
              const product = tileA.at(slot, r.mul(own).add(i), k).mul(tileB.at(slot, k, s.mul(own).add(j)))
              sums.update([i, j], (sum) => sum.add(product))
            }),
          ),
        )
        g.arrive(empty, slot)
      })
      g.forTask(owners, consumer, (r, s) =>
        g.forTask(cells, 0, (i, j) =>
          c.setIfInside([row.add(r.mul(own)).add(i), column.add(s.mul(own)).add(j)], sums.at(i, j)),
        ),
      )
    }

    g.if(g.subgroup.eq(0), produce, consume)
  })
  return { definition, kernels: [kernel] }
}
