/** Where a consumer puts each element that it reads: what makes it an epilogue. */
import {
  type Buffer,
  type Compute,
  elementCount,
  type InverseMap,
  type Load,
  loadsOf,
  shapeEquals,
  sizeEquals,
} from '@tilewright/ir'

/**
 * The inverse of the map by which `consumer` reads `input`: declared by the operator, or evident when it reads exactly
 * its own axes of a buffer of its own shape. Undefined unless each element of `input` makes exactly one result, and each
 * result is made of one: an epilogue is evaluated once for each element stored, and must leave no result out.
 */
export function inverseMapOf(consumer: Compute, input: Buffer): InverseMap | undefined {
  const reads = loadsOf(consumer.value).filter((load) => load.buffer === input)
  const declared = consumer.inverses.find((inverse) => inverse.input === input)
  if (declared !== undefined) {
    // A map that takes elements to different places, and as many as there are, reaches all places. A second load may be
    // of another element, which the declaration says nothing about.
    const reachesAll = sizeEquals(elementCount(consumer.output.shape), elementCount(input.shape))
    return reachesAll && reads.length === 1 ? declared : undefined
  }
  const { axes, output } = consumer
  if (!shapeEquals(output.shape, input.shape)) return undefined
  return reads.every((read) => isOwnPosition(read, consumer)) ? { input, axes, index: axes } : undefined
}

/** Whether a load from a buffer of the consumer's shape is at the consumer's own axes. */
export function isOwnPosition({ index }: Load, { axes, output }: Compute): boolean {
  // Broadcasting reads a dimension of extent 1 at 0, which is where its axis is.
  return index.every((at, d) => at === axes[d] || (output.shape[d] === 1 && at.kind === 'const'))
}
