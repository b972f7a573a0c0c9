/**
 * Products of tiles in workgroup memory. A product counts as a read of its tiles by the threads of its group, each of a
 * share, both when it is started and when it is waited for, because it may read at any moment in between; it is computed
 * at its start, since nothing may interfere.
 */
import {
  type AsyncMultiply,
  type Buffer,
  defined,
  type Fragment,
  fragmentsHeld,
  isHeld,
  type LineTile,
  swizzledOffset,
  swizzlePeriod,
} from '@tilewright/ir'
import { taskShape } from '@tilewright/task-mapping'
import { orderAccess, reader, vectorIndex } from './access.js'
import { at } from './at.js'
import { fail, formatElement, type Machine, memoryOf } from './machine.js'
import { fragmentTile } from './matrix-multiply.js'
import type { Site } from './site.js'
import type { Evaluate, Product, Thread, TileRead } from './thread.js'

/** A factor as a product of a group begins with it. */
interface Begun {
  /** By position along its own axis, then along k. */
  readonly values: Float64Array
  /** What the product reads until it ends. */
  readonly reads: readonly TileRead[]
  /** Reads it as the thread, for its share. */
  readonly touch: (thread: Thread) => void
}
type BeginFactor = (group: readonly Thread[]) => Begun

/** Starts a product for the threads it is given. The places give the flat indices of the first elements of its tiles. */
export function productStarter(
  machine: Machine,
  stmt: AsyncMultiply,
  places: ReadonlyMap<LineTile, Evaluate>,
  site: Site,
): (group: readonly Thread[]) => void {
  const { a, b, d, depth } = stmt
  const [rows = 0, columns = 0] = taskShape(d.map)
  const tileFactor = (tile: LineTile, own: number): BeginFactor =>
    factorOf(machine, tile, own, depth, defined(places.get(tile), 'a place for each tile'), site)
  const left = isHeld(a) ? heldFactor(machine, a, site) : tileFactor(a, rows)
  const right = tileFactor(b, columns)
  const sums = memoryOf(machine, d.buffer)
  const cellsOf = cellFinder(machine, d, site)
  const held = fragmentsHeld(stmt).map(({ buffer }) => memoryOf(machine, buffer))
  return (group) => {
    const [factorA, factorB] = [left(group), right(group)]
    cellsOf(group).forEach((cell, position) => {
      const [row, column] = [Math.floor(position / columns), position % columns]
      let sum = at(sums.cells, cell)
      for (let k = 0; k < depth; k++) {
        const term = Math.fround((factorA.values[row * depth + k] ?? 0) * (factorB.values[column * depth + k] ?? 0))
        sum = Math.fround(sum + term)
      }
      sums.cells[cell] = sum
    })
    for (const { arriving, size } of held) {
      for (const { index } of group) arriving?.fill(site.id + 1, index * size, (index + 1) * size)
    }
    const product: Product = {
      site,
      held,
      reads: [...factorA.reads, ...factorB.reads],
      unfinished: group.length,
      touch: (thread) => {
        factorA.touch(thread)
        factorB.touch(thread)
      },
    }
    machine.products.add(product)
    for (const thread of group) thread.products.push(product)
  }
}

/** Finds the cells of the elements of a fragment, row by row. */
function cellFinder(machine: Machine, fragment: Fragment, site: Site): (group: readonly Thread[]) => Int32Array {
  const memory = memoryOf(machine, fragment.buffer)
  const { lane, element } = fragmentTile(fragment)
  return (group) =>
    lane.map((holder, position) => {
      const thread = at(group, holder)
      const cell = thread.index * memory.size + at(element, position)
      if (machine.reportUninitialised && memory.initialised?.[cell] === 0) {
        const text = `${formatElement(memory, at(element, position))} is read before it is written`
        fail(machine, 'sim/uninitialised-read', text, site, thread)
      }
      return cell
    })
}

function heldFactor(machine: Machine, fragment: Fragment, site: Site): BeginFactor {
  const { cells } = memoryOf(machine, fragment.buffer)
  const cellsOf = cellFinder(machine, fragment, site)
  return (group) => ({
    values: Float64Array.from(cellsOf(group), (cell) => at(cells, cell)),
    reads: [],
    touch: () => {},
  })
}

function factorOf(
  machine: Machine,
  { buffer, lines, alongOwn }: LineTile,
  own: number,
  depth: number,
  place: Evaluate,
  site: Site,
): BeginFactor {
  const memory = memoryOf(machine, buffer)
  const readOne = reader(machine, memory, site)
  const order = orderAccess(machine, memory, site, 'read')
  const firstOf = vectorIndex(machine, memory, place, swizzlePeriod, site)
  const offsets = Int32Array.from({ length: own * depth }, (_, i) => {
    const [mine, k] = [Math.floor(i / depth), i % depth]
    return alongOwn ? swizzledOffset(lines, k, mine) : swizzledOffset(lines, mine, k)
  })
  const extent = offsets.reduce((most, offset) => Math.max(most, offset), 0) + 1
  const firstIn = (group: readonly Thread[]): number => {
    const thread = at(group, 0)
    const first = firstOf(thread)
    const other = group.find((member) => place(member) !== first)
    if (other !== undefined) {
      const message = `a tile of ${buffer.hint} begins at ${first} for thread ${thread.index}, and at ${place(other)} for thread ${other.index}`
      fail(machine, 'sim/divergent-index', message, site, other)
    }
    if (first + extent > memory.size) {
      const message = `elements ${first} to ${first + extent - 1} of ${buffer.hint}, which has ${memory.size}`
      fail(machine, 'sim/out-of-bounds', message, site, thread)
    }
    return first
  }
  return (group) => {
    const [first, threads] = [firstIn(group), group.length]
    return {
      values: Float64Array.from(offsets, (offset, i) => readOne(at(group, i % threads), first + offset)),
      reads: [{ memory, first, offsets, extent }],
      touch: (thread) => {
        for (let i = thread.index % threads; i < offsets.length; i += threads) order(thread, first + at(offsets, i))
      },
    }
  }
}

/**
 * Finishes products of the thread, oldest first, until at most `pending` are left. Of `results`, those that no product is
 * left of may be touched hereafter.
 */
export function waitForProducts(machine: Machine, thread: Thread, pending: number, results: readonly Buffer[]): void {
  for (const product of thread.products.splice(0, Math.max(0, thread.products.length - pending))) {
    product.touch(thread)
    product.unfinished -= 1
    if (product.unfinished === 0) machine.products.delete(product)
  }
  for (const buffer of results) {
    const memory = memoryOf(machine, buffer)
    if (thread.products.some(({ held }) => held.includes(memory))) continue
    memory.arriving?.fill(0, thread.index * memory.size, (thread.index + 1) * memory.size)
  }
}
