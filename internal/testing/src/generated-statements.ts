// Random expressions and statements of generated kernels (arbitrary-kernel.ts says what keeps them free of races).
import type { BufferHandle, KernelBuilder, Value } from '@tilewright/ir'
import { rank, repeat, taskShape, tasksPerWorker } from '@tilewright/task-mapping'
import { type Chooser, chooseMapping } from './chooser.js'

/** What statements at one place may use. Nested places see a copy. */
export interface Place {
  readonly ints: readonly Value[]
  readonly floats: readonly Value[]
  /** Private buffers, of any rank. */
  readonly arrays: readonly BufferHandle[]
  /** Workgroup memory, here to be read only. */
  readonly tiles: readonly BufferHandle[]
  /** How many loops, conditions and mappings stand around. */
  readonly depth: number
  /** How many times more a statement may be repeated. */
  readonly budget: number
}

export interface Memory {
  readonly x: BufferHandle
  readonly table: BufferHandle
  readonly numbers: BufferHandle
  /** Read where `out` is written. */
  readonly aligned: BufferHandle
  readonly out: BufferHandle
  /** The index of element e of what this thread owns; out of range for threads beyond the end. */
  readonly ownIndex: (e: Value | number) => readonly (Value | number)[]
  readonly own: number
}

export interface Writer {
  readonly int: (place: Place, depth: number) => Value
  readonly float: (place: Place, depth: number) => Value
  readonly statements: (place: Place, count: number) => Place
  readonly storeOwn: (place: Place) => void
  readonly phase: (place: Place) => void
}

const largest = 1000

/** What writes the kernel that `g` records, by choices. */
export function createWriter(g: KernelBuilder, choose: Chooser, memory: Memory, threads: number): Writer {
  const { x, table, numbers, aligned, out, ownIndex, own } = memory
  const extent = (buffer: BufferHandle, dim: number): number => Number(buffer.buffer.shape[dim])
  const constInt = (): Value => g.constant('i32', choose.below(5))
  const bounded = (value: Value): Value => value.min(largest).max(-largest)
  const anyOf = <T>(options: readonly T[]): T | undefined => options[choose.below(Math.max(1, options.length))]

  /** Non-negative, below some thousands. */
  const int = (place: Place, depth: number): Value => {
    if (depth <= 0) return choose.chance() ? constInt() : (anyOf(place.ints) ?? constInt())
    const inner = (): Value => int(place, depth - 1)
    switch (choose.below(10)) {
      case 0:
        return constInt()
      case 1:
        return anyOf(place.ints) ?? constInt()
      case 2:
      case 3:
        return inner().add(inner())
      case 4:
        return inner().mul(1 + choose.below(4))
      case 5:
        return inner().div(1 + choose.below(4))
      case 6:
        return inner().mod(1 + choose.below(5))
      case 7:
        return choose.chance() ? inner().min(inner()) : inner().max(inner())
      case 8:
        return condition(place, depth - 1).select(inner(), inner())
      default:
        return numbers.at(inner().mod(5))
    }
  }
  const condition = (place: Place, depth: number): Value => {
    switch (choose.below(depth > 0 ? 7 : 4)) {
      case 0:
        return int(place, depth - 1).lt(int(place, depth - 1))
      case 1:
        return int(place, depth - 1).le(constInt())
      case 2:
        return int(place, depth - 1)
          .mod(2)
          .eq(0)
      case 3:
        return int(place, depth - 1).ne(constInt())
      case 4:
        return float(place, depth - 1).lt(float(place, depth - 1))
      case 5:
        return condition(place, depth - 1).and(condition(place, depth - 1))
      default:
        return condition(place, depth - 1).or(condition(place, depth - 1).not())
    }
  }
  /** -2 to 2. */
  const small = (place: Place): Value => {
    switch (choose.below(4)) {
      case 0:
        return g.constant('f32', choose.below(5) - 2)
      case 1:
        return x.at(int(place, 1).mod(extent(x, 0)))
      case 2:
        return table.at(int(place, 1).mod(extent(table, 0)), int(place, 1).mod(extent(table, 1)))
      default:
        return aligned.atOrZero(...ownIndex(ownElement(place)))
    }
  }
  const ownElement = (place: Place): Value =>
    choose.chance() ? g.constant('i32', choose.below(own)) : (anyOf(place.ints) ?? constInt()).mod(own)
  const element = (array: BufferHandle, place: Place): Value =>
    array.at(...array.buffer.shape.map((n) => index(place, Number(n))))
  const index = (place: Place, count: number): Value =>
    choose.chance() ? g.constant('i32', choose.below(count)) : int(place, 1).mod(count)
  const float = (place: Place, depth: number): Value => {
    const inner = (): Value => float(place, depth - 1)
    const array = anyOf([...place.arrays, ...place.tiles])
    switch (choose.below(depth > 0 ? 9 : 4)) {
      case 0:
        return small(place)
      case 1:
        return anyOf(place.floats) ?? small(place)
      case 2:
        return array === undefined ? small(place) : element(array, place)
      case 3:
        return int(place, depth - 1)
          .mod(7)
          .cast('f32')
      case 4:
        return inner().add(inner())
      case 5:
        return inner().sub(inner())
      case 6:
        return inner().mul(small(place))
      case 7:
        return choose.chance() ? inner().min(inner()) : inner().max(inner())
      default:
        return condition(place, 1).select(inner(), inner())
    }
  }

  /** A private buffer, every element of it written. */
  const declareArray = (place: Place): BufferHandle => {
    const shape = choose.of([[], [4], [2], [2, 3], [8]])
    const array = g.privateBuffer('r', 'f32', shape)
    if (shape.length === 0) array.set([], float(place, 2))
    else {
      const cells = repeat(shape, { unroll: choose.chance() })
      g.forTask(cells, 0, (...at) =>
        array.set(at.slice(0, shape.length), bounded(float({ ...place, ints: [...place.ints, ...at] }, 1))),
      )
    }
    return array
  }
  const statement = (place: Place): Place => {
    const inside: Place = { ...place, depth: place.depth + 1 }
    const array = anyOf(place.arrays)
    switch (choose.below(place.depth < 2 ? 11 : 6)) {
      case 0:
        return { ...place, floats: [...place.floats, g.let('v', float(place, 2))] }
      case 1:
        return { ...place, ints: [...place.ints, g.let('i', int(place, 2).mod(7))] }
      case 2:
        return { ...place, arrays: [...place.arrays, declareArray(place)] }
      case 3: {
        if (array === undefined) return place
        const at = array.buffer.shape.map((n) => index(place, Number(n)))
        if (choose.chance()) array.set(at, bounded(float(place, 2)))
        else array.update(at, (old) => old.add(small(place).mul(small(place))))
        return place
      }
      case 4:
        out.setIfInside(ownIndex(ownElement(place)), bounded(float(place, 2)))
        return place
      case 5:
        if (own <= place.budget) storeOwn(place)
        return place
      case 6: {
        const symbolic = choose.below(4) === 0
        const most = Math.min(4, place.budget)
        const count = choose.below(most + 1)
        const times = symbolic ? int(place, 1).mod(most + 1) : g.constant('i32', count)
        const repeated: Place = { ...inside, budget: Math.floor(place.budget / Math.max(1, symbolic ? most : count)) }
        const unroll = choose.chance()
        g.loop('k', times, (k) => void statements({ ...repeated, ints: [...place.ints, k] }, 1 + choose.below(3)), {
          unroll,
        })
        return place
      }
      case 7:
        carry(place)
        return place
      case 8:
      case 9: {
        const otherwise = choose.chance() ? () => void statements(inside, 1) : undefined
        g.if(condition(place, 1), () => void statements(inside, 1 + choose.below(2)), otherwise)
        return place
      }
      default: {
        const mapped = chooseMapping(choose, threads)
        const budget = Math.floor(place.budget / tasksPerWorker(mapped))
        if (budget === 0) return place
        const worker = choose.of([g.thread, g.constant('i32', 0), g.thread.mod(2)])
        g.forTask(mapped, worker, (...at) => void statements({ ...inside, budget, ints: [...place.ints, ...at] }, 1))
        return place
      }
    }
  }
  /** What one iteration leaves for the next: stored in one place, after it is read. */
  const carry = (place: Place): void => {
    const carried = g.privateBuffer('carried', 'f32', [])
    g.loop('k', 2, (k) => {
      const inside: Place = { ...place, ints: [...place.ints, k] }
      g.if(k.eq(1), () => out.setIfInside(ownIndex(ownElement(inside)), bounded(carried.at().add(float(inside, 1)))))
      carried.set([], bounded(float(inside, 1)))
    })
  }
  const statements = (place: Place, count: number): Place => {
    let now = place
    for (let i = 0; i < count; i++) now = statement(now)
    return now
  }
  /** Writes all that the thread owns, in a loop; sometimes what was there is read. */
  const storeOwn = (place: Place): void => {
    const unroll = choose.chance()
    const inPlace = choose.chance()
    g.loop(
      'e',
      own,
      (e) => {
        const inside: Place = {
          ...place,
          ints: [...place.ints, e],
          floats: [...place.floats, aligned.atOrZero(...ownIndex(e))],
        }
        const value = float(inside, 1)
        out.setIfInside(ownIndex(e), bounded(inPlace ? out.at(...ownIndex(e)).add(value) : value))
      },
      { unroll },
    )
  }
  /** Threads fill a tile together, wait, use all of it, and wait before it may be filled again. */
  const phase = (place: Place): void => {
    const cells = chooseMapping(choose, threads)
    const tile = g.workgroupBuffer('tile', 'f32', taskShape(cells).map(Number))
    const once = (k: readonly Value[]): void => {
      const inside: Place = { ...place, ints: [...place.ints, ...k] }
      g.forTask(cells, g.thread, (...at) =>
        tile.set(at.slice(0, rank(cells)), bounded(float({ ...inside, ints: [...inside.ints, ...at] }, 1))),
      )
      g.barrier()
      statements({ ...inside, tiles: [tile], depth: 1, budget: 6 }, 1 + choose.below(2))
      g.barrier()
    }
    const times = choose.below(3)
    if (times === 0) once([])
    else g.loop('phase', times, (k) => once([k]), { unroll: choose.chance() })
  }
  return { int, float, statements, storeOwn, phase }
}
