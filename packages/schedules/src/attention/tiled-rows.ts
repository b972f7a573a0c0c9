/** What threads do with the rows and columns of a tile that they own: products of them, and what they combine of a row. */
import { type BufferHandle, defined, type KernelBuilder, type Value } from '@tilewright/ir'
import { repeat } from '@tilewright/task-mapping'
import { multiplyAdd } from '../matmul/register-tiled.js'

/** Elements that are multiplied from registers at a time: a vector of a factor. */
export const depthOfFragment = 4

/** A thread's results, all zero. */
export function zeros(g: KernelBuilder, hint: string, rows: number, columns: number): BufferHandle {
  const results = g.privateBuffer(hint, 'f32', [rows, columns])
  g.forTask(repeat([rows, columns], { unroll: true }), 0, (i, j) => results.set([i, j], 0))
  return results
}

interface LeftFactor {
  readonly rows: readonly Value[]
  readonly at: (row: Value, k: Value) => Value
}

interface RightFactor {
  readonly columns: readonly Value[]
  readonly at: (k: Value, column: Value) => Value
}

/** Adds products of factors `depth` deep to the results of a thread, which has these rows and columns. */
export function multiply(
  g: KernelBuilder,
  results: BufferHandle,
  depth: number,
  { rows, at: atLeft }: LeftFactor,
  { columns, at: atRight }: RightFactor,
): void {
  const fragment = repeat([depthOfFragment], { unroll: true })
  const cells = repeat([rows.length, columns.length], { unroll: true })
  // A loop: as text for each part, what they load takes more registers than it saves time.
  g.forTask(repeat(depth / depthOfFragment), 0, (part) => {
    const a = g.privateBuffer('a', 'f32', [rows.length, depthOfFragment])
    const b = g.privateBuffer('b', 'f32', [depthOfFragment, columns.length])
    const first = part.mul(depthOfFragment)
    for (const [i, row] of rows.entries()) {
      g.forTask(fragment, 0, (kk) => a.set([i, kk], atLeft(row, first.add(kk))))
    }
    g.forTask(fragment, 0, (kk) => {
      for (const [j, column] of columns.entries()) b.set([kk, j], atRight(first.add(kk), column))
    })
    multiplyAdd(g, results, a, b, depthOfFragment, cells)
  })
}

interface SharedRows {
  readonly threadsM: number
  readonly threadsN: number
  /** The thread among those of its rows. */
  readonly threadN: Value
  readonly ownRows: readonly Value[]
  readonly shuffles: boolean
}

/** Combines what the threads of a row hold, a value for each row. All threads of the workgroup come here. */
export type CombineRows = (own: readonly Value[], combine: (a: Value, b: Value) => Value) => readonly Value[]

/** Makes what combines rows: by shuffles, or through workgroup memory, with one barrier, if barriers stand between two uses. */
export function overRows(
  g: KernelBuilder,
  { threadsM, threadsN, threadN, ownRows, shuffles }: SharedRows,
): CombineRows {
  if (shuffles) {
    return (own, combine) =>
      own.map((of) => {
        let held = of
        for (let mask = threadsN / 2; mask >= 1; mask /= 2) held = g.let('held', combine(held, g.shuffle(held, mask)))
        return held
      })
  }
  const parts = g.workgroupBuffer('parts', 'f32', [threadsM * ownRows.length, threadsN])
  return (own, combine) => {
    for (const [i, row] of ownRows.entries()) parts.set([row, threadN], defined(own[i], 'a value a row'))
    g.barrier()
    return ownRows.map((row) => {
      const all = Array.from({ length: threadsN }, (_, thread) => parts.at(row, thread))
      return g.let('row', all.reduce(combine))
    })
  }
}
