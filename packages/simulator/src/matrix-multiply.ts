/** D = A·B + D by a whole subgroup: the fragments of its lanes, put together by their maps. */
import { type Fragment, invariant, matrixSum } from '@tilewright/ir'
import { taskShape, workers } from '@tilewright/task-mapping'
import { reader, writer } from './access.js'
import { at } from './at.js'
import { type Machine, memoryOf } from './machine.js'
import type { Site } from './site.js'
import { roundToTf32 } from './tf32.js'
import type { Thread } from './thread.js'
import { tasksOfWorker } from './worker-tasks.js'

/** Where the elements of a tile live: lane and position in its fragment, row-major by row and column of the tile. */
interface Tile {
  readonly columns: number
  readonly lane: Int32Array
  readonly element: Int32Array
}

/** The tile of a fragment. */
export function fragmentTile({ map }: Fragment): Tile {
  const [rows = 0, columns = 0] = taskShape(map)
  const [lane, element] = [new Int32Array(rows * columns), new Int32Array(rows * columns)]
  for (let l = 0; l < workers(map); l++) {
    tasksOfWorker(map, l).forEach(([row = 0, column = 0], e) => {
      lane[row * columns + column] = l
      element[row * columns + column] = e
    })
  }
  return { columns, lane, element }
}

/** Multiplies the fragments of the lanes it is given; sums over k in order: in f32 each operation is rounded once. */
export function matrixMultiplier(
  machine: Machine,
  fragments: { readonly a: Fragment; readonly b: Fragment; readonly d: Fragment },
  site: Site,
): (lanes: readonly Thread[]) => void {
  const { a, b, d } = fragments
  const type = matrixSum(a.buffer.dtype, b.buffer.dtype)
  invariant(type === d.buffer.dtype, `fragments of ${a.buffer.dtype} and ${b.buffer.dtype} into ${d.buffer.dtype}`)
  // Products of bytes are small: a sum of numbers is exact before it wraps.
  const plus = (sum: number, left: number, right: number): number =>
    type === 'i32' ? (sum + left * right) | 0 : Math.fround(sum + Math.fround(left * right))
  const depth = at(taskShape(a.map), 1)
  const [tileA, tileB, tileD] = [fragmentTile(a), fragmentTile(b), fragmentTile(d)]
  const load = ({ buffer }: Fragment, tile: Tile): ((lanes: readonly Thread[]) => Float64Array) => {
    const read = reader(machine, memoryOf(machine, buffer), site)
    return (lanes) =>
      Float64Array.from(tile.lane, (lane, position) => read(at(lanes, lane), at(tile.element, position)))
  }
  const factor = (fragment: Fragment, tile: Tile): ((lanes: readonly Thread[]) => Float64Array) => {
    const elements = load(fragment, tile)
    return fragment.buffer.dtype === 'f32' ? (lanes) => elements(lanes).map(roundToTf32) : elements
  }
  const [loadA, loadB, loadD] = [factor(a, tileA), factor(b, tileB), load(d, tileD)]
  const write = writer(machine, memoryOf(machine, d.buffer), site)
  return (lanes) => {
    const [left, right] = [loadA(lanes), loadB(lanes)]
    loadD(lanes).forEach((initial, position) => {
      const row = Math.floor(position / tileD.columns)
      const column = position % tileD.columns
      let sum = initial
      for (let k = 0; k < depth; k++) {
        sum = plus(sum, at(left, row * depth + k), at(right, k * tileB.columns + column))
      }
      write(at(lanes, at(tileD.lane, position)), at(tileD.element, position), sum)
    })
  }
}
