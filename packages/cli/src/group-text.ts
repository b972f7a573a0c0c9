/** What a group computes, in the model's words. */
import type { GroupReport } from '@tilewright/compiler'

/** Operators that are named before the rest is counted. */
const shownOperators = 6

/** `Conv + Relu`, prologues in parentheses; the anchor's kind where the model has no operator for it. */
export function operatorsText({ operators, anchor }: GroupReport): string {
  const names = repeated(operators.map(({ operator, role }) => (role === 'prologue' ? `(${operator})` : operator)))
  const more = names.length > shownOperators ? [`${names.length - shownOperators} more`] : []
  return names.length === 0 ? anchor : [...names.slice(0, shownOperators), ...more].join(' + ')
}

/** Equal texts in a row as one: `Slice × 3`. */
function repeated(texts: readonly string[]): readonly string[] {
  const starts = texts.flatMap((text, i) => (text === texts[i - 1] ? [] : [i]))
  return starts.map((start, i) => {
    const count = (starts[i + 1] ?? texts.length) - start
    return count === 1 ? `${texts[start]}` : `${texts[start]} × ${count}`
  })
}
