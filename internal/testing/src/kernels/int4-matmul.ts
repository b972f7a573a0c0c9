// A matmul whose second operand is stored in four bits an element: a prologue unpacks and scales it on its way into
// workgroup memory.
import {
  type Buffer,
  buffer,
  buildKernel,
  ceilDiv,
  compute,
  type Definition,
  definition,
  load,
  matmul,
  type SizeExpr,
  type SizeParam,
  sizeDiv,
  type Value,
  value,
} from '@tilewright/ir'
import { compose, repeat, spatial } from '@tilewright/task-mapping'
import { element, type HandWritten } from './hand-written.js'

const side = 4 // threads of a workgroup: side × side
const own = 2 // elements of the result that a thread owns: own × own
const tile = side * own
const perWord = 8 // elements of 4 bits in a word
const tileK = 2 * perWord

export interface Int4Matmul extends HandWritten {
  readonly packed: Buffer
  readonly scale: Buffer
}

/**
 * c[m, n] = a[m, k] · w[k, n] in f32 with w[k, n] = (nibble - 8) · scale[k div group, n]. Word packed[k div 8, n] (u32)
 * has the nibbles of 8 consecutive k, the first in its lowest bits. `group`, a multiple of 16, divides k by its facts.
 */
export function int4Matmul(m: SizeExpr, n: SizeExpr, k: SizeParam, group: number): Int4Matmul {
  const buffers = {
    a: buffer('a', 'f32', [m, k], 'storage'),
    packed: buffer('packed', 'u32', [sizeDiv(k, perWord), n], 'storage'),
    scale: buffer('scale', 'f32', [sizeDiv(k, group), n], 'storage'),
    c: buffer('c', 'f32', [m, n], 'storage'),
  }
  const loadA = compose(repeat(own, tileK / side), spatial(side, side)) // tile × tileK
  const words = spatial(tileK / perWord, tile) // one thread a word
  const nibbles = repeat([perWord], { unroll: true })
  const owners = spatial(side, side) // side × side: who owns which cells
  const cells = repeat(own, own) // own × own

  const workgroups = [ceilDiv(n, tile), ceilDiv(m, tile), 1] as const
  const kernel = buildKernel({ name: 'int4_matmul', threads: side * side, workgroups }, (g) => {
    const [a, packed, scale, c] = [g.use(buffers.a), g.use(buffers.packed), g.use(buffers.scale), g.use(buffers.c)]
    const tileA = g.workgroupBuffer('tile_a', 'f32', [tile, tileK])
    const tileW = g.workgroupBuffer('tile_w', 'f32', [tileK, tile])
    const sums = g.privateBuffer('sums', 'f32', [own, own])
    const row = g.let('row', g.workgroup.y.mul(tile))
    const column = g.let('column', g.workgroup.x.mul(tile))

    g.forTask(cells, 0, (i, j) => sums.set([i, j], 0))
    g.loop('step', ceilDiv(k, tileK), (step) => {
      const from = g.let('from', step.mul(tileK))
      g.forTask(loadA, g.thread, (i, d) => tileA.set([i, d], a.atOrZero(row.add(i), from.add(d))))
      g.forTask(words, g.thread, (w, j) => {
        const word = g.let('word', packed.atOrZero(step.mul(tileK / perWord).add(w), column.add(j)))
        // A tile of the depth lies within one group.
        const factor = g.let('factor', scale.atOrZero(from.div(group), column.add(j)))
        g.forTask(nibbles, 0, (e) => tileW.set([w.mul(perWord).add(e), j], weight(word, e).mul(factor)))
      })
      g.barrier()
      g.forTask(owners, g.thread, (r, s) =>
        g.loop('d', tileK, (d) =>
          g.forTask(cells, 0, (i, j) => {
            const product = tileA.at(r.mul(own).add(i), d).mul(tileW.at(d, s.mul(own).add(j)))
            sums.update([i, j], (sum) => sum.add(product))
          }),
        ),
      )
      g.barrier()
    })
    g.forTask(owners, g.thread, (r, s) =>
      g.forTask(cells, 0, (i, j) =>
        c.setIfInside([row.add(r.mul(own)).add(i), column.add(s.mul(own)).add(j)], sums.at(i, j)),
      ),
    )
  })

  return { definition: int4Definition(k, group, buffers), kernels: [kernel], ...buffers }
}

type Int4Buffers = Readonly<Record<'a' | 'packed' | 'scale' | 'c', Buffer>>

function int4Definition(k: SizeParam, group: number, { a, packed, scale, c }: Int4Buffers): Definition {
  const [, n = 0] = c.shape
  const w = buffer('w', 'f32', [k, n], 'storage')
  const dequantised = compute(w, (d, j) => {
    const depth = value(d)
    const word = element(packed, depth.div(perWord), j)
    return weight(word, depth.mod(perWord)).mul(element(scale, depth.div(group), j)).expr
  })
  const product = matmul(
    c,
    k,
    (_, i, d) => load(a, [i, d]),
    (_, d, j) => load(w, [d, j]),
  )
  return definition('int4-matmul', [a, packed, scale], [c], [dequantised, product])
}

/** The unscaled value of nibble `e`, 0..7, of a word. */
function weight(word: Value, e: Value): Value {
  return word.shr(e.mul(4).cast('u32')).bitAnd(15).cast('i32').sub(8).cast('f32')
}
