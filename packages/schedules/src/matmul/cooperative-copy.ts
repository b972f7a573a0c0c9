/** How the threads of a workgroup bring a tile into workgroup memory together. */
import type { Rejection } from '@tilewright/ir'
import { compose, repeat, spatial, type TaskMapping } from '@tilewright/task-mapping'

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

/**
 * A copy of a [slow, fast] tile by `threads`: contiguous threads take contiguous vectors of the fast dimension, of up to
 * `widest` elements, in as many rounds as it takes. A rejection when the threads do not divide the tile.
 */
export function cooperativeCopy(
  slow: number,
  fast: number,
  threads: number,
  widest: 1 | 4 = 4,
): TaskMapping | Rejection {
  const vector = widest === 4 && fast % 4 === 0 && (slow * fast) % (4 * threads) === 0 ? 4 : 1
  const vectors = fast / vector
  const along = gcd(threads, vectors)
  const across = threads / along
  if (slow % across !== 0) return { reason: `${threads} threads do not divide a ${slow}×${fast} tile` }
  return compose(
    repeat([slow / across, vectors / along], { unroll: true }),
    spatial(across, along),
    repeat([1, vector], { unroll: true }),
  )
}
