/**
 * Convolution from registers: no workgroup memory, no matrices.
 *
 * A thread owns ownM features of a patch of ownY × ownX neighbouring results. For each channel (and each row of the window,
 * unless the patch has several rows) it reads the part of the input under the patch once, and the weights of its features,
 * and adds all products of both: neighbours share what their windows have in common. Best for few channels, for one channel
 * a group (depthwise), and where workgroup memory is no faster than the cache.
 */
import {
  add,
  binary,
  buildKernel,
  type Candidate,
  ceilDiv,
  computeType,
  defined,
  type Equation,
  type Expr,
  elementCount,
  int,
  type Problem,
  type Rejection,
  type ScheduledKernels,
  type ScheduleTemplate,
  type SizeExpr,
  sizeRange,
  sizeSub,
  sizeValue,
  substitute,
  type Target,
  type Value,
  value,
} from '@tilewright/ir'
import { repeat } from '@tilewright/task-mapping'
import {
  type Bound,
  bindPosition,
  type Contraction,
  extentOf,
  lhsAt,
  loopOver,
  matchContraction,
  operandBuffers,
  outputIndex,
} from '../matmul/contraction.js'
import { clampedIndex, coordinates } from '../matmul/tile-edges.js'
import { splitWindows, type WindowSpan } from './window-span.js'

export interface DirectConvolution extends Candidate {
  /** Threads of a workgroup. */
  readonly threads: number
  /** Results of a thread: features, and along the last two windows. */
  readonly ownM: number
  readonly ownY: number
  readonly ownX: number
}

export const directConvolution: ScheduleTemplate<DirectConvolution> = {
  name: 'conv/direct',
  space: { threads: [1, 32, 64, 128], ownM: [1, 2, 4, 8, 16], ownY: [1, 2, 4], ownX: [1, 2, 4, 8, 16] },
  matches: (anchor) => matchWindows(anchor) !== undefined,
  refinements: () => [],
  check,
  level0,
  build,
}

/** Taps of a window that are multiplied from registers at a time. */
const mostTaps = 11
/** Products in the text of the innermost loop. */
const mostProducts = 1024

interface Windows {
  readonly contraction: Contraction
  /** The window along which neighbouring results lie next to each other in memory, as far as there is a choice. */
  readonly x: WindowSpan
  readonly y: WindowSpan | undefined
  /** The right factor over the positions of both. */
  readonly rhs: Expr
}

function matchWindows(anchor: Equation, most: 1 | 2 = 2): Windows | undefined {
  const contraction = matchContraction(anchor)
  if (contraction === undefined) return undefined
  const { windows, rhs } = splitWindows(contraction, most)
  const [x, y] = windows
  return x === undefined ? undefined : { contraction, x, y, rhs }
}

/** Taps in one step: all, or a divisor of a window that is too long. */
function tapsAtOnce({ taps }: WindowSpan): number {
  const divisors = Array.from({ length: Math.min(taps, mostTaps) }, (_, i) => i + 1).filter((d) => taps % d === 0)
  return Math.max(...divisors)
}

/** Elements under `own` neighbouring results, for `taps` taps. */
const reach = ({ stride, dilation }: WindowSpan, own: number, taps: number): number =>
  (own - 1) * stride + (taps - 1) * dilation + 1

function check(candidate: DirectConvolution, problem: Problem, target: Target): Rejection | undefined {
  const { threads, ownM, ownY, ownX } = candidate
  const { contraction, x, y } = defined(matchWindows(problem.anchor), 'a template is given what it matches')
  if (threads > target.limits.threads)
    return { reason: `${threads} threads; the target allows ${target.limits.threads}` }
  if (ownM > 1 && contraction.m.length === 0) return { reason: 'each group has one output channel' }
  if (ownY > 1 && y === undefined) return { reason: 'windows move along one dimension alone' }
  const rows = ownY > 1 && y !== undefined ? y : undefined
  const taps = tapsAtOnce(x) * (rows?.taps ?? 1)
  const read = reach(x, ownX, tapsAtOnce(x)) * (rows === undefined ? 1 : reach(rows, ownY, rows.taps))
  const registers = ownM * ownY * ownX + read + ownM
  if (registers > 128) return { reason: `${registers} registers a thread; every device has 128` }
  const products = ownM * ownY * ownX * taps
  return products > mostProducts
    ? { reason: `${products} products in one loop; ${mostProducts} are the most` }
    : undefined
}

/** Channels from which on tiles in workgroup memory serve more results than neighbours do. */
const manyChannels = 8

function level0(problem: Problem, target: Target): DirectConvolution | Rejection {
  const { contraction, x, y } = defined(matchWindows(problem.anchor), 'a template is given what it matches')
  const isDepthwise = contraction.m.length === 0
  const channels = contraction.k.filter((axis) => axis !== x.tap && axis !== y?.tap)
  if (!isDepthwise && target.fastWorkgroupMemory && sizeRange(extentOf(channels)).max > manyChannels) {
    return { reason: 'tiles in workgroup memory are faster for many channels' }
  }
  const single = target.limits.threads < 64
  const own = (extent: SizeExpr, most: number): number => Math.min(most, powerOfTwo(sizeRange(extent).max))
  const rows = y !== undefined && y.taps <= 5 ? own(y.axis.extent, 4) : 1
  const shapes = isDepthwise
    ? [
        { ownM: 1, ownY: rows, ownX: own(x.axis.extent, 4) },
        { ownM: 1, ownY: 1, ownX: own(x.axis.extent, 8) },
      ]
    : [{ ownM: own(extentOf(contraction.m), single ? 4 : 8), ownY: 1, ownX: own(x.axis.extent, single ? 4 : 8) }]
  const candidates = [...shapes, { ownM: 1, ownY: 1, ownX: 4 }, { ownM: 1, ownY: 1, ownX: 1 }].map((shape) => ({
    threads: single ? 1 : tiles(contraction, x, y, shape) < 1024 ? 32 : 64,
    ...shape,
  }))
  const legal = candidates.find((candidate) => check(candidate, problem, target) === undefined)
  return legal ?? { reason: `windows of ${x.taps} elements ${x.stride} apart do not fit registers` }
}

const powerOfTwo = (extent: number): number => 2 ** Math.max(0, Math.ceil(Math.log2(extent)))

/** The most threads that a candidate has work for. */
function tiles(
  { batch, m, n }: Contraction,
  x: WindowSpan,
  y: WindowSpan | undefined,
  own: { readonly ownM: number; readonly ownY: number; readonly ownX: number },
): number {
  const most = (extent: SizeExpr): number => sizeRange(extent).max
  const others = n.filter((axis) => axis !== x.axis && axis !== y?.axis)
  return (
    most(extentOf([...batch, ...others])) *
    Math.ceil(most(extentOf(m)) / own.ownM) *
    Math.ceil(most(y?.axis.extent ?? 1) / own.ownY) *
    Math.ceil(most(x.axis.extent) / own.ownX)
  )
}

function build(candidate: DirectConvolution, problem: Problem): ScheduledKernels {
  const { threads, ownM, ownY, ownX } = candidate
  // With one row a thread, a second window is read row by row like any other axis.
  const windows = matchWindows(problem.anchor, ownY > 1 ? 2 : 1)
  const { contraction, x, y: rows, rhs } = defined(windows, 'a template is given what it matches')
  const { batch, m, n, k } = contraction
  const dtype = computeType(contraction.output.dtype)
  const tapsX = tapsAtOnce(x)
  const tapsY = rows?.taps ?? 1
  const others = n.filter((axis) => axis !== x.axis && axis !== rows?.axis)
  const features = extentOf(m)

  const cells = repeat([ownM, ownY, ownX], { unroll: true }) // the results of a thread
  const read = [rows === undefined ? 1 : reach(rows, ownY, tapsY), reach(x, ownX, tapsX)] // what is under them
  const weights = repeat([ownM, tapsY, tapsX], { unroll: true })

  // Tiles, the last fastest: neighbouring threads own neighbouring patches of the same features.
  const tileCounts = [
    ...batch.map((axis) => axis.extent),
    ceilDiv(features, ownM),
    ...others.map((axis) => axis.extent),
    ...(rows === undefined ? [] : [ceilDiv(rows.axis.extent, ownY)]),
    ceilDiv(x.axis.extent, ownX),
  ]
  const count = elementCount(tileCounts)

  const kernel = buildKernel({ name: 'conv_direct', threads, workgroups: [ceilDiv(count, threads), 1, 1] }, (g) => {
    for (const operand of operandBuffers(contraction)) g.use(operand)
    const out = g.use(contraction.output)
    const tile = g.let('tile', g.workgroup.x.mul(threads).add(g.thread))
    g.if(tile.lt(count), () => {
      const at = coordinates(tile, tileCounts)
      const fixed: Bound = [...batch, ...others].map((axis) => [
        axis.var,
        defined(
          at[batch.includes(axis) ? batch.indexOf(axis) : batch.length + 1 + others.indexOf(axis)],
          'a coordinate',
        ),
      ])
      const originM = value(defined(at[batch.length], 'features')).mul(ownM)
      const originX = value(defined(at.at(-1), 'columns')).mul(ownX)
      const originY = rows === undefined ? g.constant('i32', 0) : value(defined(at.at(-2), 'rows')).mul(ownY)
      const acc = g.privateBuffer('acc', dtype, [ownM, ownY, ownX])
      g.forTask(cells, 0, (i, r, j) => acc.set([i, r, j], 0))

      /** Adds the products of a step: all taps of the rows, and `tapsX` from `tap0` on. */
      const advance = (outer: Bound, tap0: Value): void => {
        const under = g.privateBuffer('x', dtype, read)
        const a = g.privateBuffer('w', dtype, [ownM, tapsY, tapsX])
        g.forTask(weights, 0, (i, ky, kx) => {
          const feature = bindPosition(m, value(clampedIndex(originM, ownM, i, features)))
          const taps: Bound = [
            [x.tap.var, tap0.add(kx).expr],
            ...(rows === undefined ? [] : [[rows.tap.var, ky.expr] as const]),
          ]
          a.set([i, ky, kx], lhsAt(contraction, new Map([...fixed, ...outer, ...feature, ...taps])))
        })
        g.forTask(repeat(read, { unroll: true }), 0, (v, u) => {
          const bindings = new Map([...fixed, ...outer])
          const columns = substitute(positionOf(x, originX, tap0, u), bindings)
          bindings.set(x.position, columns)
          if (rows !== undefined) {
            bindings.set(rows.position, substitute(positionOf(rows, originY, g.constant('i32', 0), v), bindings))
          }
          under.set([v, u], substitute(rhs, bindings))
        })
        g.forTask(cells, 0, (i, r, j) =>
          acc.update([i, r, j], (old) => {
            let sum = old
            for (let ky = 0; ky < tapsY; ky += 1) {
              for (let kx = 0; kx < tapsX; kx += 1) {
                const row = rows === undefined ? r : r.mul(rows.stride).add(ky * rows.dilation)
                sum = sum.add(a.at(i, ky, kx).mul(under.at(row, j.mul(x.stride).add(kx * x.dilation))))
              }
            }
            return sum
          }),
        )
      }
      const loops = k.filter((axis) => axis !== x.tap && axis !== rows?.tap)
      loopOver(g, loops, (outer) => {
        if (tapsX === x.taps) advance(outer, g.constant('i32', 0))
        else g.loop(x.tap.var.hint, x.taps / tapsX, (step) => advance(outer, step.mul(tapsX)))
      })

      g.forTask(cells, 0, (i, r, j) => {
        const [feature, row, column] = [originM.add(i), originY.add(r), originX.add(j)]
        const bindings = new Map([
          ...fixed,
          ...bindPosition(m, feature),
          [x.axis.var, column.expr] as const,
          ...(rows === undefined ? [] : [[rows.axis.var, row.expr] as const]),
        ])
        const inside = feature.lt(features).and(column.lt(x.axis.extent))
        g.if(rows === undefined ? inside : inside.and(row.lt(rows.axis.extent)), () =>
          out.set(outputIndex(contraction, bindings), acc.at(i, r, j)),
        )
      })
    })
  })
  return { kernels: [kernel], workspaces: [] }
}

/**
 * The position `offset` elements after the first that a tile reads. What reaches over the last result is kept below the end,
 * unless the factor itself asks for it: it is part of no result that is stored.
 */
function positionOf(span: WindowSpan, origin: Value, tap: Value, offset: Value): Expr {
  const position = add(span.at(origin.expr, tap.expr), offset.expr)
  if (span.isGuarded) return position
  const last = span.at(sizeValue(sizeSub(span.axis.extent, 1)), int(span.taps - 1))
  return binary('min', position, last)
}
