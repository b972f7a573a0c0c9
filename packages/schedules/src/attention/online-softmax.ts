/** A softmax over scores that come one block after another, and sums that are weighted by it (arXiv 1805.02867). */
import {
  type BufferHandle,
  defined,
  type Expr,
  type KernelBuilder,
  sub,
  unary,
  type Value,
  value,
} from '@tilewright/ir'

export interface OnlineSoftmax {
  /** The largest score so far, -∞ before the first. */
  readonly largest: BufferHandle
  /** The sum of the weights, relative to `largest`. */
  readonly total: BufferHandle
  /** What sums of earlier blocks are multiplied by once a block has been weighed: `largest` has changed. */
  readonly factor: BufferHandle
}

/** Below every score but -∞: what scores are relative to while there is no other, so that -∞ weighs nothing. */
const lowestFinite = -3.4028234663852886e38

/** The state of one row in one thread. */
export function onlineSoftmax(g: KernelBuilder): OnlineSoftmax {
  const largest = g.privateBuffer('largest', 'f32', [])
  const total = g.privateBuffer('total', 'f32', [])
  const factor = g.privateBuffer('factor', 'f32', [])
  largest.set([], Number.NEGATIVE_INFINITY)
  total.set([], 0)
  return { largest, total, factor }
}

/**
 * Takes a block of scores of each row; gives their weights. Where threads hold rows together, `overThreads` makes, a row, the
 * largest of what is largest in each of them; `total` is each thread's own.
 */
export function weigh(
  g: KernelBuilder,
  rows: readonly OnlineSoftmax[],
  scores: readonly (readonly Value[])[],
  overThreads: (own: readonly Value[]) => readonly Value[] = (own) => own,
): readonly (readonly Value[])[] {
  const own = rows.map(({ largest }, i) =>
    g.let(
      'own',
      (scores[i] ?? []).reduce((most, score) => most.max(score), largest.at()),
    ),
  )
  return overThreads(own).map((most, i) => {
    const { largest, total, factor } = defined(rows[i], 'one largest score a row')
    const next = g.let('next', most)
    const base = g.let('base', next.max(lowestFinite))
    factor.set([], weightOf(largest.at(), base))
    largest.set([], next)
    const weights = (scores[i] ?? []).map((score) => g.let('weight', weightOf(score, base)))
    total.set(
      [],
      weights.reduce((sum, weight) => sum.add(weight), total.at().mul(factor.at())),
    )
    return weights
  })
}

/** exp(-|score - base|), which is exp(score - base) where base is no less: an exponent that is known to be bounded. */
function weightOf(score: Value, base: Value): Value {
  const exponent: Expr = sub(score.expr, base.expr)
  return value(unary('exp', unary('neg', unary('abs', exponent))))
}
