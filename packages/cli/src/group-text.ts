/** What groups compute, in the model's words. */
import type { GroupReport } from '@tilewright/compiler'
import { formatCount, formatTable } from './format.js'
import type { Colors } from './terminal.js'

/** Operators that are named before the rest is counted. */
const shownOperators = 6

/** Kinds of kernels that are shown; `explain` has all. */
const shownKinds = 12

/** `Conv + Relu`, prologues in parentheses; the anchor's kind where the model has no operator for it. */
export function operatorsText({ operators, anchor }: GroupReport): string {
  const names = repeated(operators.map(({ operator, role }) => (role === 'prologue' ? `(${operator})` : operator)))
  const more = names.length > shownOperators ? [`${names.length - shownOperators} more`] : []
  return names.length === 0 ? anchor : [...names.slice(0, shownOperators), ...more].join(' + ')
}

/** `8 operators fused into 5 kernels`. */
export function fusedText(operators: number, groups: readonly GroupReport[]): string {
  const verb = groups.length < operators ? 'fused into' : 'as'
  return `${formatCount(operators, 'operator')} ${verb} ${formatCount(groups.length, 'kernel')}`
}

/** A line a kind of kernel: how often it occurs, the operators fused into it, how it is scheduled. */
export function kindLines(groups: readonly GroupReport[], colors: Colors): readonly string[] {
  const counts = new Map<string, { readonly cells: readonly string[]; count: number }>()
  for (const group of groups) {
    const cells = [operatorsText(group), [...new Set(group.variants.map(({ template }) => template))].join(' | ')]
    const kind = counts.get(cells.join()) ?? { cells, count: 0 }
    counts.set(cells.join(), kind)
    kind.count += 1
  }
  const kinds = [...counts.values()].toSorted((a, b) => b.count - a.count)
  const rows = kinds.slice(0, shownKinds).map(({ cells, count }) => [`${count} ×`.padStart(5), ...cells])
  const more = kinds.length - shownKinds
  const rest = more > 0 ? [`    … ${more} kinds more: tilewright explain lists all`] : []
  return [...formatTable(rows), ...rest].map((row) => colors.dim(`          ${row}`))
}

/** Equal texts in a row as one: `Slice × 3`. */
function repeated(texts: readonly string[]): readonly string[] {
  const starts = texts.flatMap((text, i) => (text === texts[i - 1] ? [] : [i]))
  return starts.map((start, i) => {
    const count = (starts[i + 1] ?? texts.length) - start
    return count === 1 ? `${texts[start]}` : `${texts[start]} × ${count}`
  })
}
