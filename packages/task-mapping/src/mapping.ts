// The algebra: a task mapping says which worker does which tasks of a grid, and in which order.
// A mapping is plain data (it survives JSON and structuredClone); the constructors here are the only
// place that checks it, so everything that reads a mapping may rely on positive integer extents, equal
// ranks, and a task count below 2^31 (device indices are 32-bit).
import { MappingError } from './mapping-error.js'

/**
 * Workers n, a task shape d, and for each worker an ordered list of tasks f(w) (Hidet paper, section 5.1).
 * - `spatial`: n = product of shape, one task each. `order` is a permutation of the dimensions, slowest first.
 * - `repeat`: n = 1, all tasks of the shape with the last dimension fastest. `unroll` is a wish for each
 *   dimension's loop.
 * - `compose`: n = n1 * n2, d = d1 * d2 elementwise,
 *   f(w) = [t1 * d2 + t2 | t1 in f1(w div n2), t2 in f2(w mod n2)], t1 outermost.
 */
export type TaskMapping =
  | { readonly kind: 'spatial'; readonly shape: readonly number[]; readonly order: readonly number[] }
  | { readonly kind: 'repeat'; readonly shape: readonly number[]; readonly unroll: readonly boolean[] }
  | { readonly kind: 'compose'; readonly outer: TaskMapping; readonly inner: TaskMapping }

/** `order`: the dimensions, slowest first. Default: the last dimension is the fastest. */
export interface SpatialOptions {
  readonly order?: readonly number[]
}

/** `unroll`: for all dimensions, or for each one. Default: none. */
export interface RepeatOptions {
  readonly unroll?: boolean | readonly boolean[]
}

/** Extents one by one, `spatial(16, 8)`, or as a shape with options, `spatial([16, 8], { order: [1, 0] })`. */
export type ShapeArguments<Options> = readonly number[] | readonly [shape: readonly number[], options?: Options]

/**
 * One task for each worker: neighbouring workers do neighbouring tasks of the fastest dimension.
 * @throws {MappingError} `mapping/extent`, `mapping/size`, `mapping/order`
 */
export function spatial(...args: ShapeArguments<SpatialOptions>): TaskMapping {
  const [given, options = {}] = shapeAndOptions(args)
  const shape = checkedShape(given)
  checkOptions('spatial', options, 'order')
  const order = [...checkedList(options.order ?? [...shape.keys()], 'the order')]
  const isPermutation = order.length === shape.length && shape.every((_, dim) => order.includes(dim))
  if (!isPermutation) {
    throw new MappingError(
      'mapping/order',
      `[${order.join(', ')}] is not a permutation of the ${shape.length} dimensions`,
    )
  }
  return { kind: 'spatial', shape, order }
}

/**
 * All tasks for one worker, in row order. Other orders are compositions: `repeat(1, b) * repeat(a, 1)` is column order.
 * @throws {MappingError} `mapping/extent`, `mapping/size`, `mapping/unroll`
 */
export function repeat(...args: ShapeArguments<RepeatOptions>): TaskMapping {
  const [given, options = {}] = shapeAndOptions(args)
  const shape = checkedShape(given)
  checkOptions('repeat', options, 'unroll')
  const wish = options.unroll ?? false
  const unroll = typeof wish === 'boolean' ? shape.map(() => wish) : [...checkedList(wish, 'unroll')]
  if (unroll.length !== shape.length) {
    throw new MappingError('mapping/unroll', `${unroll.length} unroll flags for ${shape.length} dimensions`)
  }
  return { kind: 'repeat', shape, unroll }
}

/**
 * The product of mappings, outermost first, folded from the left. Associative; not commutative.
 * @throws {MappingError} `mapping/rank` if ranks differ, `mapping/size`
 */
export function compose(...mappings: readonly [TaskMapping, ...TaskMapping[]]): TaskMapping {
  const [first, ...rest] = mappings
  checkMapping(first)
  return rest.reduce((outer, inner): TaskMapping => {
    if (rank(outer) !== rank(inner)) {
      throw new MappingError(
        'mapping/rank',
        `cannot compose a mapping of rank ${rank(outer)} with one of rank ${rank(inner)}`,
      )
    }
    const composed: TaskMapping = { kind: 'compose', outer, inner }
    checkedShape(taskShape(composed))
    return composed
  }, first)
}

/** The grid of tasks: for each dimension, how many there are. */
export function taskShape(mapping: TaskMapping): readonly number[] {
  checkMapping(mapping)
  if (mapping.kind !== 'compose') return mapping.shape
  const inner = taskShape(mapping.inner)
  return taskShape(mapping.outer).map((extent, dim) => extent * at(inner, dim))
}

/** How many workers share the tasks. */
export function workers(mapping: TaskMapping): number {
  checkMapping(mapping)
  switch (mapping.kind) {
    case 'spatial':
      return product(mapping.shape)
    case 'repeat':
      return 1
    case 'compose':
      return workers(mapping.outer) * workers(mapping.inner)
  }
}

/** How many tasks each worker does: the same number for all of them. */
export function tasksPerWorker(mapping: TaskMapping): number {
  checkMapping(mapping)
  switch (mapping.kind) {
    case 'spatial':
      return 1
    case 'repeat':
      return product(mapping.shape)
    case 'compose':
      return tasksPerWorker(mapping.outer) * tasksPerWorker(mapping.inner)
  }
}

/** How many dimensions a task has. 0 is legal: one task without coordinates. */
export function rank(mapping: TaskMapping): number {
  checkMapping(mapping)
  return mapping.kind === 'compose' ? rank(mapping.outer) : mapping.shape.length
}

/** Callers without types may pass anything: throws `mapping/argument` for what is no mapping. */
function checkMapping(mapping: TaskMapping): void {
  const kind = mapping?.kind
  if (kind === 'spatial' || kind === 'repeat' || kind === 'compose') return
  const what = typeof mapping === 'object' ? 'an object of no kind' : String(mapping)
  throw new MappingError('mapping/argument', `what is to be a mapping is ${what}`)
}

/** Throws `mapping/argument` unless `options` is an object with nothing but `name`. */
export function checkOptions(of: string, options: object, name: string): void {
  const isObject = typeof options === 'object' && options !== null && !Array.isArray(options)
  const unknown = isObject ? Object.keys(options).find((key) => key !== name) : String(options)
  if (unknown === undefined) return
  throw new MappingError('mapping/argument', `${of} takes ${unknown}, where its only option is { ${name} }`)
}

function checkedList<T>(list: readonly T[], what: string): readonly T[] {
  if (Array.isArray(list)) return list
  throw new MappingError('mapping/argument', `${what} is no array`)
}

/** A copy of `shape` that holds positive integers with a product below 2^31, or a MappingError. */
export function checkedShape(shape: readonly number[]): readonly number[] {
  checkedList(shape, 'the shape')
  for (const extent of shape) checkPositive(extent, `an extent of [${shape.map(textOf).join(', ')}]`)
  if (product(shape) >= 2 ** 31) {
    throw new MappingError('mapping/size', `[${shape.join(', ')}] has ${product(shape)} tasks`)
  }
  return [...shape]
}

/** Throws `mapping/extent` unless `value` is a positive integer. `what` names it in the message. */
export function checkPositive(value: number, what: string): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new MappingError('mapping/extent', `${what} is ${textOf(value)}, not a positive integer`)
  }
}

/** What callers without types may pass: a text with its quotes. */
const textOf = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value) : typeof value === 'object' ? 'an object' : String(value)

/** 1 for rank 0. */
export function product(extents: readonly number[]): number {
  return extents.reduce((total, extent) => total * extent, 1)
}

/** The element that belongs to dimension `dim`; a mapping made by hand, past the constructors, may lack it. */
export function at<T>(values: readonly T[], dim: number): T {
  const value = values[dim]
  if (value === undefined) throw new MappingError('mapping/rank', `no dimension ${dim} in a list of ${values.length}`)
  return value
}

function shapeAndOptions<O>(args: ShapeArguments<O>): readonly [shape: readonly number[], options?: O] {
  return isShapeForm(args) ? args : [args]
}

function isShapeForm<O>(args: ShapeArguments<O>): args is readonly [shape: readonly number[], options?: O] {
  return Array.isArray(args[0])
}
