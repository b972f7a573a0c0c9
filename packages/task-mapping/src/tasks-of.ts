// Which tasks a worker does, over any index arithmetic: numbers when a mapping is evaluated, IR expressions
// when it is lowered. Both run these lines, so they cannot disagree.
//
// The worker is read as one mixed-radix number: composing with an inner mapping of n2 workers multiplies the
// strides of the outer one's digits by n2, so that every digit is (worker div stride) mod extent however deep
// the composition, and the most significant digit needs no mod.
//
//     repeat(4, 1) * spatial(16, 8), worker w, loop r  =>  (r * 16 + w div 8, w mod 8)

import { at, type TaskMapping, taskShape, workers } from './mapping.js'
import { MappingError } from './mapping-error.js'

/** Arithmetic on indices. Operands are never negative, and divisors are constants above 1. */
export interface IndexArithmetic<T> {
  constant(value: number): T
  add(a: T, b: T): T
  mul(a: T, b: T): T
  /** Quotient, rounded down. */
  div(a: T, b: T): T
  /** Remainder. */
  mod(a: T, b: T): T
}

/** One task while it is put together: `undefined` is a coordinate of 0, so that nothing is added to it. */
type PartialTask<T> = readonly (T | undefined)[]

/**
 * The tasks of `worker`, in order; `worker` must be below `workers(mapping)`, which the caller guards.
 *
 * `open(extent, unroll)` is asked once for every repeat dimension of extent above 1, outermost loop first, and
 * returns the values its index takes: one loop variable (lowering: the result is then one task, in terms of the
 * opened loops) or the numbers 0 to extent - 1 (evaluation: the result is all tasks).
 *
 * Spends no arithmetic that does nothing: no operation with 0 or 1, none on an extent of 1, no `mod` of the
 * slowest digit, and the worker is not touched where there is only one.
 */
export function tasksOf<T>(
  mapping: TaskMapping,
  worker: T,
  arithmetic: IndexArithmetic<T>,
  open: (extent: number, unroll: boolean) => readonly T[],
): readonly (readonly T[])[] {
  const workerCount = workers(mapping)

  const digit = (stride: number, extent: number): T => {
    const shifted = stride === 1 ? worker : arithmetic.div(worker, arithmetic.constant(stride))
    return stride * extent === workerCount ? shifted : arithmetic.mod(shifted, arithmetic.constant(extent))
  }
  const scale = (index: T, stride: number): T =>
    stride === 1 ? index : arithmetic.mul(index, arithmetic.constant(stride))
  const sum = (a: T | undefined, b: T | undefined): T | undefined => {
    if (a === undefined) return b
    return b === undefined ? a : arithmetic.add(a, b)
  }

  // `workerStride` and `taskStrides`: how many workers and tasks one step of this part of the mapping spans.
  const place = (
    part: TaskMapping,
    workerStride: number,
    taskStrides: readonly number[],
  ): readonly PartialTask<T>[] => {
    switch (part.kind) {
      case 'spatial': {
        const task: (T | undefined)[] = part.shape.map(() => undefined)
        let stride = workerStride
        for (const dim of part.order.toReversed()) {
          const extent = at(part.shape, dim)
          if (extent === 1) continue
          task[dim] = scale(digit(stride, extent), at(taskStrides, dim))
          stride *= extent
        }
        return [task]
      }
      case 'repeat':
        return part.shape.reduce<readonly PartialTask<T>[]>(
          (slower, extent, dim) => {
            if (extent === 1) return slower.map((task) => [...task, undefined])
            const indices = open(extent, at(part.unroll, dim)).map((index) => scale(index, at(taskStrides, dim)))
            return slower.flatMap((task) => indices.map((index) => [...task, index]))
          },
          [[]],
        )
      case 'compose': {
        const innerShape = taskShape(part.inner)
        const outerStrides = taskStrides.map((stride, dim) => stride * at(innerShape, dim))
        const outer = place(part.outer, workerStride * workers(part.inner), outerStrides)
        const inner = place(part.inner, workerStride, taskStrides)
        return outer.flatMap((t1) => inner.map((t2) => t1.map((coordinate, dim) => sum(coordinate, t2[dim]))))
      }
    }
  }

  const unitStrides = taskShape(mapping).map(() => 1)
  return place(mapping, 1, unitStrides).map((task) =>
    task.map((coordinate) => (coordinate === undefined ? arithmetic.constant(0) : coordinate)),
  )
}

const numbers: IndexArithmetic<number> = {
  constant: (value) => value,
  add: (a, b) => a + b,
  mul: (a, b) => a * b,
  div: (a, b) => Math.floor(a / b),
  mod: (a, b) => a % b,
}

/**
 * The tasks of one concrete worker, in order.
 * @throws {MappingError} `mapping/worker` unless 0 <= worker < workers(mapping)
 */
export function tasks(mapping: TaskMapping, worker: number): readonly (readonly number[])[] {
  const workerCount = workers(mapping)
  if (!Number.isInteger(worker) || worker < 0 || worker >= workerCount) {
    throw new MappingError('mapping/worker', `no worker ${worker} among ${workerCount}`)
  }
  return tasksOf(mapping, worker, numbers, (extent) => Array.from({ length: extent }, (_, index) => index))
}
