// A scan across workgroups in three launches. No workgroup waits for another: each launch finishes before the next.
import {
  add,
  type Buffer,
  type BufferHandle,
  buffer,
  buildKernel,
  ceilDiv,
  definition,
  type Kernel,
  type KernelBuilder,
  type SizeExpr,
  scan,
  type Value,
} from '@tilewright/ir'
import { spatial } from '@tilewright/task-mapping'
import { element, type HandWritten } from './hand-written.js'

const block = 4 // elements of a row that a workgroup scans, and its threads
const positions = spatial(block) // one thread an element

/**
 * y[r, i] = x[r, 0] + … + x[r, i] in f32. First each workgroup scans a block of a row on its own; then a workgroup a row
 * scans the sums of its blocks; then every block adds the sum of those before it.
 */
export function rowScan(rows: SizeExpr, length: SizeExpr): HandWritten {
  const x = buffer('x', 'f32', [rows, length], 'storage')
  const y = buffer('y', 'f32', [rows, length], 'storage')
  const sums = buffer('sums', 'f32', [rows, ceilDiv(length, block)], 'storage')
  const prefix = scan(y, 1, (r, i) => element(x, r, i).expr, add)
  return {
    definition: definition('scan', [x], [y], [prefix]),
    kernels: [scanBlocks(x, y, sums), scanSums(sums), addPreceding(sums, y)],
  }
}

/** Scans `block` values in workgroup memory: after the round with distance d each covers 2·d. Gives the finished copy. */
function scanInWorkgroup(g: KernelBuilder, tile: BufferHandle, of: (i: Value) => Value): (i: Value) => Value {
  let from = 0
  g.forTask(positions, g.thread, (i) => tile.set([from, i], of(i)))
  g.barrier()
  for (let distance = 1; distance < block; distance *= 2) {
    const [source, target] = [from, 1 - from]
    g.forTask(positions, g.thread, (i) => {
      const before = i.ge(distance).select(tile.at(source, i.sub(distance)), 0)
      tile.set([target, i], before.add(tile.at(source, i)))
    })
    g.barrier()
    from = target
  }
  return (i) => tile.at(from, i)
}

function scanBlocks(input: Buffer, output: Buffer, workspace: Buffer): Kernel {
  const [rows = 0, blocks = 0] = workspace.shape
  return buildKernel({ name: 'scan_blocks', threads: block, workgroups: [blocks, rows, 1] }, (g) => {
    const [x, y, sums] = [g.use(input), g.use(output), g.use(workspace)]
    const tile = g.workgroupBuffer('tile', 'f32', [2, block])
    const row = g.workgroup.y
    const first = g.let('first', g.workgroup.x.mul(block))
    const prefix = scanInWorkgroup(g, tile, (i) => x.atOrZero(row, first.add(i)))
    g.forTask(positions, g.thread, (i) => {
      y.setIfInside([row, first.add(i)], prefix(i))
      g.if(i.eq(block - 1), () => sums.set([row, g.workgroup.x], prefix(i)))
    })
  })
}

/** In place, `block` sums at a time: the last of each round is carried into the next. */
function scanSums(workspace: Buffer): Kernel {
  const [rows = 0, blocks = 0] = workspace.shape
  return buildKernel({ name: 'scan_sums', threads: block, workgroups: [rows, 1, 1] }, (g) => {
    const sums = g.use(workspace)
    const tile = g.workgroupBuffer('tile', 'f32', [2, block])
    const carried = g.privateBuffer('carried', 'f32', [])
    const row = g.workgroup.x
    carried.set([], 0)
    g.loop('round', ceilDiv(blocks, block), (round) => {
      const first = g.let('first', round.mul(block))
      const prefix = scanInWorkgroup(g, tile, (i) => sums.atOrZero(row, first.add(i)))
      g.forTask(positions, g.thread, (i) => sums.setIfInside([row, first.add(i)], carried.at().add(prefix(i))))
      carried.update([], (sum) => sum.add(prefix(g.constant('i32', block - 1))))
      g.barrier() // the next round writes the tile again
    })
  })
}

function addPreceding(workspace: Buffer, output: Buffer): Kernel {
  const [rows = 0, blocks = 0] = workspace.shape
  return buildKernel({ name: 'scan_add', threads: block, workgroups: [blocks, rows, 1] }, (g) => {
    const [sums, y] = [g.use(workspace), g.use(output)]
    const [row, own] = [g.workgroup.y, g.workgroup.x]
    const preceding = g.let('preceding', own.gt(0).select(sums.at(row, own.sub(1)), 0))
    g.forTask(positions, g.thread, (i) => {
      const at = g.let('at', own.mul(block).add(i))
      y.setIfInside([row, at], preceding.add(y.atOrZero(row, at)))
    })
  })
}
