/**
 * Products of tiles in workgroup memory. A product counts as a read of its tiles by the threads of its group, each of a
 * share, both when it is started and when it is waited for, because it may read at any moment in between; it is computed
 * at its start, since nothing may interfere.
 */
import { type AsyncMultiply, type Buffer, swizzledOffset, swizzlePeriod } from '@tilewright/ir'
import { taskShape } from '@tilewright/task-mapping'
import { orderAccess, reader, vectorIndex } from './access.js'
import { at } from './at.js'
import { fail, formatElement, type Machine, memoryOf } from './machine.js'
import { fragmentTile } from './matrix-multiply.js'
import type { Memory } from './memory.js'
import type { Site } from './site.js'
import type { Evaluate, Product, Thread } from './thread.js'

interface Factor {
  /** Elements of the factor from its first on, by position along its own axis, then along k. */
  readonly offsets: Int32Array
  readonly extent: number
  readonly memory: Memory
  /** Reads as the thread of a group whose share it is. */
  readonly read: (group: readonly Thread[], first: number) => Float64Array
  readonly first: (group: readonly Thread[]) => number
  readonly touch: (thread: Thread, group: number, first: number) => void
}

/** Starts a product for the threads it is given. `placeA` and `placeB` give the flat index of the first element. */
export function productStarter(
  machine: Machine,
  stmt: AsyncMultiply,
  placeA: Evaluate,
  placeB: Evaluate,
  site: Site,
): (group: readonly Thread[]) => void {
  const { a, b, d, depth } = stmt
  const [rows = 0, columns = 0] = taskShape(d.map)
  const left = factorOf(machine, a, rows, depth, placeA, site)
  const right = factorOf(machine, b, columns, depth, placeB, site)
  const memory = memoryOf(machine, d.buffer)
  const tile = fragmentTile(d)
  return (group) => {
    const [firstA, firstB] = [left.first(group), right.first(group)]
    const [factorA, factorB] = [left.read(group, firstA), right.read(group, firstB)]
    const cellOf = (position: number): number =>
      at(group, at(tile.lane, position)).index * memory.size + at(tile.element, position)
    for (let position = 0; position < rows * columns; position++) {
      const cell = cellOf(position)
      if (machine.reportUninitialised && memory.initialised?.[cell] === 0) {
        const text = `${formatElement(memory, at(tile.element, position))} is read before it is written`
        fail(machine, 'sim/uninitialised-read', text, site, at(group, at(tile.lane, position)))
      }
      const [row, column] = [Math.floor(position / columns), position % columns]
      let sum = at(memory.cells, cell)
      for (let k = 0; k < depth; k++) {
        const term = Math.fround((factorA[row * depth + k] ?? 0) * (factorB[column * depth + k] ?? 0))
        sum = Math.fround(sum + term)
      }
      memory.cells[cell] = sum
      if (memory.arriving !== undefined) memory.arriving[cell] = site.id + 1
    }
    const product: Product = {
      site,
      result: memory,
      reads: [
        { ...left, first: firstA },
        { ...right, first: firstB },
      ],
      unfinished: group.length,
      touch: (thread) => {
        left.touch(thread, group.length, firstA)
        right.touch(thread, group.length, firstB)
      },
    }
    machine.products.add(product)
    for (const thread of group) thread.products.push(product)
  }
}

function factorOf(
  machine: Machine,
  { buffer, lines, alongOwn }: AsyncMultiply['a'],
  own: number,
  depth: number,
  place: Evaluate,
  site: Site,
): Factor {
  const memory = memoryOf(machine, buffer)
  const readOne = reader(machine, memory, site)
  const order = orderAccess(machine, memory, site, 'read')
  const firstOf = vectorIndex(machine, memory, place, swizzlePeriod, site)
  const offsets = Int32Array.from({ length: own * depth }, (_, i) => {
    const [mine, k] = [Math.floor(i / depth), i % depth]
    return alongOwn ? swizzledOffset(lines, k, mine) : swizzledOffset(lines, mine, k)
  })
  const extent = offsets.reduce((most, offset) => Math.max(most, offset), 0) + 1
  return {
    offsets,
    extent,
    memory,
    first: (group) => {
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
    },
    read: (group, first) =>
      Float64Array.from(offsets, (offset, i) => readOne(at(group, i % group.length), first + offset)),
    touch: (thread, group, first) => {
      for (let i = thread.index % group; i < offsets.length; i += group) order(thread, first + at(offsets, i))
    },
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
    if (thread.products.some(({ result }) => result === memory)) continue
    memory.arriving?.fill(0, thread.index * memory.size, (thread.index + 1) * memory.size)
  }
}
