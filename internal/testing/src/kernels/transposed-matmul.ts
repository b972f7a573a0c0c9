// A matmul with an epilogue: bias, relu and a transposed result, all sizes symbolic. One kernel runs at every size.
import { buffer, buildKernel, ceilDiv, compute, definition } from '@tilewright/ir'
import { compose, repeat, spatial } from '@tilewright/task-mapping'
import type { MatmulShape } from '../fixtures/authored-matmul.js'
import { element, type HandWritten, matmulDefinition } from './hand-written.js'

const side = 4 // threads of a workgroup: side × side
const own = 2 // elements of the result that a thread owns: own × own
const tile = side * own
const tileK = 4

/**
 * out[n, m] = max(c[m, n] + bias[n], 0) with c = a[m, k] · b[k, n], in f32. A workgroup owns a tile of c. Neighbouring
 * threads own neighbouring rows of c: the epilogue writes along the rows of the transposed result.
 */
export function transposedMatmul(shape: MatmulShape): HandWritten {
  const product = matmulDefinition(shape)
  const addend = buffer('bias', 'f32', [shape.n], 'storage')
  const result = buffer('out', 'f32', [shape.n, shape.m], 'storage')
  const epilogue = compute(result, (j, i) => element(product.c, i, j).add(element(addend, j)).max(0).expr)

  const loadA = compose(repeat(own, tileK / side), spatial(side, side)) // tile × tileK
  const loadB = compose(repeat(tileK / side, own), spatial(side, side)) // tileK × tile
  const owners = spatial([side, side], { order: [1, 0] }) // side × side: neighbouring threads, neighbouring rows
  const cells = repeat(own, own) // own × own: a thread's elements stand `side` apart

  const workgroups = [ceilDiv(shape.n, tile), ceilDiv(shape.m, tile), 1] as const
  const kernel = buildKernel({ name: 'transposed_matmul', threads: side * side, workgroups }, (g) => {
    const [a, b, bias, out] = [g.use(product.a), g.use(product.b), g.use(addend), g.use(result)]
    const tileA = g.workgroupBuffer('tile_a', 'f32', [tile, tileK])
    const tileB = g.workgroupBuffer('tile_b', 'f32', [tileK, tile])
    const sums = g.privateBuffer('sums', 'f32', [own, own])
    const row = g.let('row', g.workgroup.y.mul(tile))
    const column = g.let('column', g.workgroup.x.mul(tile))

    g.forTask(cells, 0, (i, j) => sums.set([i, j], 0))
    g.loop('step', ceilDiv(shape.k, tileK), (step) => {
      const from = g.let('from', step.mul(tileK))
      g.forTask(loadA, g.thread, (i, k) => tileA.set([i, k], a.atOrZero(row.add(i), from.add(k))))
      g.forTask(loadB, g.thread, (k, j) => tileB.set([k, j], b.atOrZero(from.add(k), column.add(j))))
      g.barrier()
      g.forTask(owners, g.thread, (r, s) =>
        g.loop('k', tileK, (k) =>
          g.forTask(cells, 0, (i, j) => {
            const term = tileA.at(i.mul(side).add(r), k).mul(tileB.at(k, j.mul(side).add(s)))
            sums.update([i, j], (sum) => sum.add(term))
          }),
        ),
      )
      g.barrier()
    })
    g.forTask(owners, g.thread, (r, s) =>
      g.forTask(cells, 0, (i, j) => {
        const y = g.let('y', row.add(i.mul(side)).add(r))
        const x = g.let('x', column.add(j.mul(side)).add(s))
        out.setIfInside([x, y], sums.at(i, j).add(bias.atOrZero(x)).max(0))
      }),
    )
  })

  const { inputs, equations } = product.definition
  return {
    definition: definition('transposed-matmul', [...inputs, addend], [result], [...equations, epilogue]),
    kernels: [kernel],
  }
}
