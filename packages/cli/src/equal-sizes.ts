/** Sizes that a model needs equal: which do not agree, and values of the sizes that nobody asked for with which they do. */
import { type EqualSizes, evaluatePlanSize, PlanError, type PlanSizeValues } from '@tilewright/backend'
import { type SizeExpr, type SizeParam, sizeParams } from '@tilewright/ir'

type Asked = Readonly<Record<string, number>>

/** The largest value that a size is tried with, unless another that it must equal is larger. */
const largest = 512

/** Parameters of both sides of a pair. */
export function paramsOf({ left, right }: EqualSizes): readonly SizeParam[] {
  // A plan has the sizes of the IR.
  const sides: readonly SizeExpr[] = [left, right]
  const params = new Map<string, SizeParam>()
  for (const side of sides) sizeParams(side, params)
  return [...params.values()]
}

/** The first of the pairs whose sides differ, or one of which cannot be computed. */
export function firstUnequal(pairs: readonly EqualSizes[], sizes: PlanSizeValues): EqualSizes | undefined {
  return pairs.find((pair) => {
    const sides = valuesOf(pair, sizes)
    return sides === undefined || sides[0] !== sides[1]
  })
}

/**
 * The sizes with those that nobody asked for moved until all pairs hold: a size that must equal another gets its value, else
 * one gets the nearest value from 1 to 512. Pairs that none of these mends stay as they are.
 */
export function agreed(pairs: readonly EqualSizes[], start: PlanSizeValues, asked: Asked): PlanSizeValues {
  let sizes = followed(pairs, start, asked)
  // Each turn mends a pair and breaks none before it.
  for (;;) {
    const unequal = firstUnequal(pairs, sizes)
    const mended = unequal && mend(unequal, pairs, sizes, asked)
    if (mended === undefined) return sizes
    sizes = mended
  }
}

/** The sizes with one of them moved so that a pair holds and those before it still do. */
function mend(
  pair: EqualSizes,
  pairs: readonly EqualSizes[],
  sizes: PlanSizeValues,
  asked: Asked,
): PlanSizeValues | undefined {
  const upToPair = pairs.slice(0, pairs.indexOf(pair) + 1)
  const free = paramsOf(pair).filter(({ name }) => !Object.hasOwn(asked, name))
  for (let distance = 1; distance < largest; distance++) {
    for (const param of free) {
      const own = sizes.get(param.name) ?? 1
      for (const value of [own + distance, own - distance]) {
        if (value > largest || !isAllowed(param, value, asked)) continue
        const moved = new Map(sizes).set(param.name, value)
        // Most values fail here, before all pairs are looked at.
        if (firstUnequal([pair], moved) !== undefined) continue
        const candidate = followed(pairs, moved, asked)
        if (firstUnequal(upToPair, candidate) === undefined) return candidate
      }
    }
  }
  return undefined
}

/** The sizes with each that nobody asked for, and that must equal what is made of others, having the value of that. */
export function followed(pairs: readonly EqualSizes[], start: PlanSizeValues, asked: Asked): PlanSizeValues {
  const sizes = new Map(start)
  for (const pair of pairs) {
    const values = valuesOf(pair, sizes)
    if (values === undefined || values[0] === values[1]) continue
    const [left, right] = values
    // The smaller is raised where both could move.
    const sides = [
      { side: pair.left, other: pair.right, own: left, value: right },
      { side: pair.right, other: pair.left, own: right, value: left },
    ].toSorted((one, two) => one.own - two.own)
    for (const { side, other, value } of sides) {
      if (typeof side === 'number' || side.kind !== 'size' || Object.hasOwn(asked, side.name)) continue
      // What is made of the size itself moves with it.
      if (sizeParams(other).has(side.name) || !isAllowed(side, value, asked)) continue
      sizes.set(side.name, value)
      break
    }
  }
  return sizes
}

/** Whether a size may have a value: nobody gets empty tensors who asks for no size of 0. */
function isAllowed({ min, max, multipleOf }: SizeParam, value: number, asked: Asked): boolean {
  const least = Object.values(asked).includes(0) ? 0 : 1
  return value >= Math.max(least, min) && value <= max && value % multipleOf === 0
}

/** The values of both sides; undefined where one cannot be computed, as of a window that does not fit. */
function valuesOf({ left, right }: EqualSizes, sizes: PlanSizeValues): readonly [number, number] | undefined {
  try {
    return [evaluatePlanSize(left, sizes), evaluatePlanSize(right, sizes)]
  } catch (error) {
    if (error instanceof PlanError && error.code === 'run/shape') return undefined
    throw error
  }
}
