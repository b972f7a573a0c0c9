/** The interval of each size in a kernel: by its facts, and because no tensor has more than 2^31 - 1 elements. */
import { type Buffer, maxSize, type SizeExpr, size, sizeRange } from '@tilewright/ir'
import type { Range } from './interval.js'

/** The ranges of sizes in a kernel with storage buffers `params`. */
export function kernelSizeRanges(params: readonly Buffer[]): (of: SizeExpr) => Range {
  const most = new Map<string, number>()
  for (const { shape } of params) {
    const factors = shape.flatMap(factorsOf)
    factors.forEach((factor, f) => {
      if (typeof factor === 'number' || factor.kind !== 'size') return
      // The other factors times this one stay below 2^31, where none of them can be zero.
      const others = factors.reduce<number>((count, other, i) => (i === f ? count : count * sizeRange(other).min), 1)
      if (others < 1) return
      most.set(factor.name, Math.min(most.get(factor.name) ?? maxSize, Math.floor(maxSize / others)))
    })
  }
  const memo = new Map<SizeExpr, Range>()
  const rangeOfSize = (of: SizeExpr): Range => {
    const known = memo.get(of)
    if (known !== undefined) return known
    const range = compute(of)
    memo.set(of, range)
    return range
  }
  const compute = (of: SizeExpr): Range => {
    if (typeof of === 'number') return { min: of, max: of }
    if (of.kind === 'size') {
      const { min, max } = sizeRange(of)
      return { min, max: Math.max(min, Math.min(max, most.get(of.name) ?? maxSize)) }
    }
    // Every part of a size is a size: a product below 2^31 keeps its quotients small.
    const { min, max } = sizeRange({ ...of, left: bounded(of.left), right: bounded(of.right) })
    return { min: Math.max(0, min), max: Math.max(0, Math.min(maxSize, max)) }
  }
  const bounded = (of: SizeExpr): SizeExpr => {
    const { min, max } = rangeOfSize(of)
    return min === max ? min : size('', { min, max })
  }
  return rangeOfSize
}

/** The factors of a product; one for anything else. */
function factorsOf(extent: SizeExpr): readonly SizeExpr[] {
  if (typeof extent === 'number' || extent.kind === 'size' || extent.op !== 'mul') return [extent]
  return [...factorsOf(extent.left), ...factorsOf(extent.right)]
}
