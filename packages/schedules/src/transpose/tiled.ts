/**
 * Transposed reads through workgroup memory: a workgroup a square tile of a plane of the result.
 *
 * Its threads load what lies across into a tile, neighbouring threads along the dimension in which it is contiguous; after
 * a barrier each makes its results from the tile, neighbouring threads along the last dimension. So an element is loaded
 * once and stored once, and both are accesses of neighbours. Without the tile, 32 neighbouring threads that store 128
 * consecutive bytes load from 32 places a row apart: 32 sectors of memory for what 4 hold (of 32 bytes each), again and
 * again unless a cache keeps them until the next rows come. The price is a store and a load of workgroup memory an element
 * and tile, and one barrier. Rows of the tile are padded by one element, so that threads which read down a column, one row
 * apart, are in different banks.
 */
import {
  bindVars,
  buildKernel,
  type Candidate,
  ceilDiv,
  type Expr,
  elementCount,
  formatSize,
  loadsOf,
  type Problem,
  type Rejection,
  rewriteExpr,
  type ScheduledKernels,
  type ScheduleTemplate,
  sizeRange,
  substitute,
  type Target,
  type Value,
  type Var,
  variable,
} from '@tilewright/ir'
import { compose, repeat, spatial } from '@tilewright/task-mapping'
import { coordinates } from '../matmul/tile-edges.js'
import {
  isSamePlace,
  matchPermutedLoads,
  type PermutedLoads,
  planesOf,
  requirePermutedLoads,
} from './permuted-loads.js'

export interface TransposeTiled extends Candidate {
  /** Results of a tile along each of its dimensions: threads along the one that is contiguous. */
  readonly tile: number
  /** Threads along the other one. */
  readonly rows: number
}

export const transposeTiled: ScheduleTemplate<TransposeTiled> = {
  name: 'transpose/tiled',
  space: { tile: [8, 16, 32], rows: [2, 4, 8, 16] },
  matches: (anchor) => matchPermutedLoads(anchor) !== undefined,
  refinements: () => [],
  check,
  level0,
  build,
}

function check({ tile, rows }: TransposeTiled, problem: Problem, target: Target): Rejection | undefined {
  const found = matchPermutedLoads(problem.anchor)
  if (found === undefined) return { reason: 'it reads nothing across the order in which it writes' }
  const { threads: mostThreads, workgroupBytes: mostBytes } = target.limits
  if (tile % rows !== 0) return { reason: `${rows} rows of threads do not divide a tile of ${tile}` }
  if (tile * rows > mostThreads) return { reason: `${tile * rows} threads; the target allows ${mostThreads}` }
  const bytes = found.loads.reduce((sum, { dtype }) => sum + tile * (tile + 1) * target.elementBytes[dtype], 0)
  return bytes > mostBytes ? { reason: `${bytes} B of workgroup memory; the target allows ${mostBytes}` } : undefined
}

/** Extents below which a row that is loaded across stays in the cache until all of it is read. */
const shortExtent = 16

/** The largest tile that fits and a plane fills; refused where workgroup memory does not pay or tiles would be mostly edge. */
function level0(problem: Problem, target: Target): TransposeTiled | Rejection {
  if (!target.fastWorkgroupMemory) return { reason: 'workgroup memory is no faster than other memory here' }
  const { rows, columns } = planesOf(requirePermutedLoads(problem.anchor))
  const [m, n] = [sizeRange(rows).max, sizeRange(columns).max]
  if (Math.min(m, n) < shortExtent)
    return { reason: `a ${formatSize(rows)}×${formatSize(columns)} plane does not fill a tile` }
  const larger = [
    { tile: 32, rows: 8 },
    { tile: 16, rows: 8 },
  ]
  const fits = (one: TransposeTiled): boolean => one.tile <= Math.min(m, n) && check(one, problem, target) === undefined
  const candidate = larger.find(fits) ?? { tile: 8, rows: 8 }
  return check(candidate, problem, target) ?? candidate
}

function build({ tile, rows: threadRows }: TransposeTiled, problem: Problem): ScheduledKernels {
  const found = requirePermutedLoads(problem.anchor)
  const { anchor, loads } = found
  const { rows, columns, others } = planesOf(found)
  const staged = loads.map((load) => ({ load, element: variable(load.buffer.hint, load.dtype) }))
  const value = fromTiles(anchor.value, staged)

  // The cells of a tile: neighbouring threads have neighbours along its second dimension.
  const cells = compose(repeat([tile / threadRows, 1], { unroll: true }), spatial(threadRows, tile))

  const kernel = buildKernel(
    {
      name: 'transpose_tiled',
      threads: tile * threadRows,
      workgroups: [ceilDiv(columns, tile), ceilDiv(rows, tile), elementCount(others)],
    },
    (g) => {
      for (const { buffer } of loadsOf(anchor.value)) g.use(buffer)
      const out = g.use(anchor.output)
      const tiles = staged.map(({ load }) => g.workgroupBuffer(load.buffer.hint, load.dtype, [tile, tile + 1]))
      const plane = coordinates(g.workgroup.z, others)
      const [originRow, originColumn] = [g.workgroup.y.mul(tile), g.workgroup.x.mul(tile)]
      /** Does something for a result of the tile, unless it lies over the edge. */
      const inside = (i: Value, j: Value, each: (axes: readonly Expr[]) => void): void => {
        const [row, column] = [originRow.add(i), originColumn.add(j)]
        g.if(row.lt(rows).and(column.lt(columns)), () => each(pointOf(found, plane, row, column)))
      }
      g.forTask(cells, g.thread, (j, i) =>
        inside(i, j, (axes) => {
          const bindings = bindVars(anchor.axes, axes)
          for (const [t, { load }] of staged.entries()) tiles[t]?.set([j, i], substitute(load, bindings))
        }),
      )
      g.barrier()
      g.forTask(cells, g.thread, (i, j) =>
        inside(i, j, (axes) => {
          const elements = staged.flatMap(({ element }, t) =>
            tiles.slice(t, t + 1).map((of) => [element, of.at(j, i).expr] as const),
          )
          out.set(axes, substitute(value, new Map([...bindVars(anchor.axes, axes), ...elements])))
        }),
      )
    },
  )
  return { kernels: [kernel], workspaces: [] }
}

/** A load that goes through a tile, and the variable that stands for its element there. */
interface Staged {
  readonly load: PermutedLoads['loads'][number]
  readonly element: Var
}

/** A value with the loads that are staged replaced by their elements. */
function fromTiles(value: Expr, staged: readonly Staged[]): Expr {
  return rewriteExpr(value, (node) =>
    node.kind === 'load' ? (staged.find(({ load }) => isSamePlace(load, node))?.element ?? node) : node,
  )
}

/** The axes of a result, from its plane and its place there. */
function pointOf({ along }: PermutedLoads, plane: readonly Expr[], row: Value, column: Value): readonly Expr[] {
  return [...plane.toSpliced(along, 0, row.expr), column.expr]
}
