// Adds rows to the rows of a tensor that an index tensor names, some of them several times: atomics. Two launches.
import {
  add,
  type Buffer,
  buffer,
  buildKernel,
  ceilDiv,
  definition,
  type Kernel,
  type SizeExpr,
  scatter,
} from '@tilewright/ir'
import { spatial } from '@tilewright/task-mapping'
import { element, type HandWritten } from './hand-written.js'

const [rows, columns] = [4, 8] // of the tile of a workgroup
const owners = spatial(rows, columns) // one thread an element

export interface ScatterAdd extends HandWritten {
  /** Which row of the output each update goes to: i32 in 0..rows-1, shape [updates]. */
  readonly index: Buffer
}

/**
 * y = base, then y[index[p], j] += update[p, j] for all p, in i32 arithmetic, which wraps: any order gives the same.
 * `base` and y have shape [height, width], `update` has [updates, width].
 */
export function scatterAdd(height: SizeExpr, updates: SizeExpr, width: SizeExpr): ScatterAdd {
  const base = buffer('base', 'i32', [height, width], 'storage')
  const index = buffer('index', 'i32', [updates], 'storage')
  const update = buffer('update', 'i32', [updates, width], 'storage')
  const y = buffer('y', 'i32', [height, width], 'storage')
  const sum = scatter(
    y,
    (i, j) => element(base, i, j).expr,
    [
      { hint: 'p', extent: updates },
      { hint: 'j', extent: width },
    ],
    (p, j) => ({ index: [element(index, p).expr, j], value: element(update, p, j).expr }),
    add,
  )
  return {
    index,
    definition: definition('scatter-add', [base, index, update], [y], [sum]),
    kernels: [copyBase(base, y), addUpdates(index, update, y)],
  }
}

function copyBase(from: Buffer, to: Buffer): Kernel {
  const [height = 0, width = 0] = to.shape
  const workgroups = [ceilDiv(width, columns), ceilDiv(height, rows), 1] as const
  return buildKernel({ name: 'scatter_base', threads: rows * columns, workgroups }, (g) => {
    const [base, y] = [g.use(from), g.use(to)]
    g.forTask(owners, g.thread, (i, j) => {
      const row = g.let('row', g.workgroup.y.mul(rows).add(i))
      const column = g.let('column', g.workgroup.x.mul(columns).add(j))
      y.setIfInside([row, column], base.atOrZero(row, column))
    })
  })
}

/** One thread an element of the updates. Workgroups update the same elements: only atomics may do so. */
function addUpdates(indexOf: Buffer, updates: Buffer, to: Buffer): Kernel {
  const [count = 0, width = 0] = updates.shape
  const workgroups = [ceilDiv(width, columns), ceilDiv(count, rows), 1] as const
  return buildKernel({ name: 'scatter_add', threads: rows * columns, workgroups }, (g) => {
    const [index, update, y] = [g.use(indexOf), g.use(updates), g.use(to)]
    g.forTask(owners, g.thread, (i, j) => {
      const p = g.let('p', g.workgroup.y.mul(rows).add(i))
      const column = g.let('column', g.workgroup.x.mul(columns).add(j))
      g.if(p.lt(count).and(column.lt(width)), () => {
        g.atomic('add', y, [index.at(p), column], update.at(p, column))
      })
    })
  })
}
