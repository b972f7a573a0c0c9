// Chooses a mapping for copying a tile: neighbouring workers take neighbouring tasks, in strided rounds.
// What cannot be mapped is a value with a reason, because schedules ask about many candidates.
import {
  at,
  checkedShape,
  checkOptions,
  checkPositive,
  compose,
  product,
  repeat,
  spatial,
  type TaskMapping,
} from './mapping.js'

/** `vector`: contiguous elements of the last dimension that a worker takes at a time. Default 1. */
export interface AutoMapOptions {
  readonly vector?: number
}

/** Why no mapping was found, in words fit for a schedule's rejection. */
export interface AutoMapRejection {
  readonly kind: 'rejected'
  readonly reason: string
}

/**
 * Maps all tasks of `shape` onto `workerCount` workers as `repeat * spatial`, or `repeat * spatial * repeat(1.., vector)`
 * with the innermost loop unrolled. Greedy from the last dimension: it gets as many workers as divide it, the
 * dimension before gets of the rest, and so on (Hidet's auto_map). Factors of only 1 are left out.
 *
 *     autoMap([8, 32], 64)                 repeat(4, 1) * spatial(2, 32)
 *     autoMap([8, 32], 32, { vector: 4 })  repeat(2, 1) * spatial(4, 8) * repeat(1, 4, unroll)
 *
 * Rejected unless the workers divide the tasks (the vectors, where there are vectors).
 * @throws {MappingError} `mapping/extent`, `mapping/size` on arguments that are not positive integers
 */
export function autoMap(
  shape: readonly number[],
  workerCount: number,
  options: AutoMapOptions = {},
): TaskMapping | AutoMapRejection {
  checkOptions('autoMap', options, 'vector')
  const { vector = 1 } = options
  checkPositive(workerCount, 'the number of workers')
  checkPositive(vector, 'the vector width')
  const extents = checkedShape(shape)
  const tile = extents.join('x')
  const leading = extents.slice(0, -1)
  const last = extents.at(-1) ?? 1
  if (last % vector !== 0)
    return rejected(`vectors of ${vector} do not divide the last extent of ${tile || 'a scalar'}`)
  const units = extents.length === 0 ? extents : [...leading, last / vector]

  let remaining = workerCount
  const parallel = units
    .toReversed()
    .map((extent) => {
      const share = greatestCommonDivisor(remaining, extent)
      remaining /= share
      return share
    })
    .toReversed()
  if (remaining !== 1) {
    const what = vector === 1 ? `${product(units)} tasks` : `${product(units)} vectors of ${vector}`
    return rejected(`${workerCount} workers do not divide the ${what} of ${tile || 'a scalar'}`)
  }

  const rounds = units.map((extent, dim) => extent / at(parallel, dim))
  const factors: TaskMapping[] = []
  if (product(rounds) > 1) factors.push(repeat(rounds))
  if (workerCount > 1) factors.push(spatial(parallel))
  if (vector > 1) factors.push(repeat([...leading.map(() => 1), vector], { unroll: true }))
  const [outermost = spatial(parallel), ...rest] = factors
  return compose(outermost, ...rest)
}

function rejected(reason: string): AutoMapRejection {
  return { kind: 'rejected', reason }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
