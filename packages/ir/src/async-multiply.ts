/** Products of tiles in workgroup memory, on their own while threads go on; their semantics stand above `Stmt`. */
import { rank, taskShape, workers } from '@tilewright/task-mapping'
import type { Buffer } from './buffer.js'
import { isHalf } from './dtype.js'
import { CompileError } from './errors.js'
import { checkIndex, type Expr } from './expr.js'
import { elementCount } from './size.js'
import type { SourceLocation } from './source-location.js'
import type { Fragment } from './subgroup-stmts.js'

/** Elements of a line: 128 bytes of halves. */
export const lineElements = 64
/** Elements of a chunk, which stay together when lines are swizzled: 16 bytes. */
export const chunkElements = 8

/** Elements of eight lines, after which the order of chunks repeats: tiles begin at multiples of it. */
export const swizzlePeriod = 512

/**
 * A factor in workgroup memory: blocks of `lines` lines of 64 elements. A line holds neighbours along k or, where the tile is
 * `alongOwn`, along the factor's own axis; lines follow each other along the other. Chunks of a line are swizzled.
 */
export interface LineTile {
  readonly buffer: Buffer
  /** Of the first element: flat, a multiple of eight lines. */
  readonly index: readonly Expr[]
  /** Lines from one block to the next. */
  readonly lines: number
  readonly alongOwn: boolean
}

/** A factor that threads hold: each its share of the elements, mapped to positions along the own axis and along k. */
export type Factor = LineTile | Fragment

interface At {
  readonly at?: SourceLocation | undefined
}

export interface AsyncMultiply extends At {
  readonly kind: 'async-multiply'
  readonly a: Factor
  readonly b: LineTile
  readonly d: Fragment
  /** Elements along k. */
  readonly depth: number
}

export interface AsyncMultiplyWait extends At {
  readonly kind: 'async-multiply-wait'
  /** Products of the group that may be left unfinished. */
  readonly pending: number
  /** Buffers of fragments whose products are finished by this wait, and which may be touched hereafter. */
  readonly results: readonly Buffer[]
}

export const isHeld = (factor: Factor): factor is Fragment => 'map' in factor

/** The tiles of workgroup memory that a product reads. */
export const tilesRead = ({ a, b }: Pick<AsyncMultiply, 'a' | 'b'>): readonly LineTile[] => (isHeld(a) ? [b] : [a, b])

/** The fragments that threads hold and that are a product's until it is waited for. */
export const fragmentsHeld = ({ a, d }: Pick<AsyncMultiply, 'a' | 'd'>): readonly Fragment[] =>
  isHeld(a) ? [a, d] : [d]

/** A product with its tiles mapped; the same where none changes. */
export function mapTiles(multiply: AsyncMultiply, onTile: (tile: LineTile) => LineTile): AsyncMultiply {
  const a = isHeld(multiply.a) ? multiply.a : onTile(multiply.a)
  const b = onTile(multiply.b)
  return a === multiply.a && b === multiply.b ? multiply : { ...multiply, a, b }
}

/** Where element `position` of line `line` stands, in elements from the first of a tile with `lines` lines a block. */
export function swizzledOffset(lines: number, line: number, position: number): number {
  const chunk = (Math.floor(position / chunkElements) % chunkElements) ^ (line % chunkElements)
  const block = Math.floor(position / lineElements)
  return (block * lines + line) * lineElements + chunk * chunkElements + (position % chunkElements)
}

/**
 * Throws `CompileError` `ir/async-multiply` unless tiles of one kind of halves in workgroup memory, or a fragment and a tile of such,
 * are multiplied into an f32 fragment that is spread over the same threads, `ir/rank`, or `ir/type`.
 */
export function asyncMultiply(multiply: Omit<AsyncMultiply, 'kind'>): AsyncMultiply {
  const { a, b, d, depth } = multiply
  const read = tilesRead(multiply)
  for (const { buffer, index } of read) checkIndex(buffer, index)
  const tiles = read.every(
    ({ buffer, lines, alongOwn }) =>
      buffer.scope === 'workgroup' && isHalf(buffer.dtype) && lines % 8 === 0 && (!alongOwn || lines >= depth),
  )
  const fits = isShare(d) && d.buffer.dtype === 'f32' && (!isHeld(a) || isLeftOf(a, d, depth))
  if (!tiles || a.buffer.dtype !== b.buffer.dtype || !fits || !Number.isInteger(depth) || depth < 1) {
    throw new CompileError({
      code: 'ir/async-multiply',
      message: `async-multiply of depth ${depth} of ${describe(a)} by ${describe(b)} into ${d.buffer.scope} ${d.buffer.dtype} "${d.buffer.hint}"`,
      help: 'A and B are tiles of f16 or both of bf16 in workgroup memory, in lines by eights, D is an f32 fragment over threads; A may be a fragment over the same',
    })
  }
  return { kind: 'async-multiply', ...multiply }
}

/** Whether each thread holds its share of the elements that the map has. */
function isShare({ buffer, map }: Fragment): boolean {
  if (buffer.scope !== 'private' || buffer.shape.length !== 1 || rank(map) !== 2) return false
  const asked = taskShape(map).reduce((product, extent) => product * extent, 1)
  return Number(elementCount(buffer.shape)) * workers(map) === asked
}

/** Whether a fragment has the rows and the threads of D, and all of k. */
function isLeftOf(a: Fragment, d: Fragment, depth: number): boolean {
  if (!isShare(a) || workers(a.map) !== workers(d.map)) return false
  const [[rows, deep], [ofD]] = [taskShape(a.map), taskShape(d.map)]
  return rows === ofD && deep === depth
}

function describe(factor: Factor): string {
  const { scope, dtype, hint } = factor.buffer
  return `${scope} ${dtype} "${hint}"${isHeld(factor) ? '' : ` in blocks of ${factor.lines} lines`}`
}

/** Throws `CompileError` `ir/async-multiply` for a bad count, or results that are not private. */
export function asyncMultiplyWait(pending: number, results: readonly Buffer[], at?: SourceLocation): AsyncMultiplyWait {
  if (!Number.isInteger(pending) || pending < 0 || results.some(({ scope }) => scope !== 'private')) {
    throw new CompileError({
      code: 'ir/async-multiply',
      message: `a wait until ${pending} products are left, for ${results.map(({ hint }) => `"${hint}"`).join(', ')}`,
      help: 'count products from 0; results are fragments in private memory',
    })
  }
  return { kind: 'async-multiply-wait', pending, results, at }
}
