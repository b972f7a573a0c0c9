/** The equation of an Einsum, read: which label each dimension of each operand has, and those of the result. */
import { CompileError } from '@tilewright/ir'
import { shapeError } from './shape-error.js'

/** A letter, or a number for a dimension that an ellipsis stands for, counted from the last of them. */
export type Label = string

export interface EinsumTerms {
  /** One label a dimension of each operand. */
  readonly operands: readonly (readonly Label[])[]
  readonly result: readonly Label[]
}

const termPattern = /^[A-Za-z]*(\.\.\.[A-Za-z]*)?$/

/** Reads an equation for operands of these ranks. Throws `CompileError` `graph/equation`, `graph/shape`. */
export function einsumTerms(equation: string, ranks: readonly number[]): EinsumTerms {
  const [left = '', right, ...more] = equation.replaceAll(' ', '').split('->')
  const terms = left.split(',')
  if (more.length > 0 || [...terms, right ?? ''].some((term) => !termPattern.test(term))) {
    throw equationError(
      equation,
      'is none',
      'terms of letters, commas between them, at most one "..." a term and one "->"',
    )
  }
  if (terms.length !== ranks.length)
    throw equationError(equation, `is for ${terms.length} operands, not ${ranks.length}`)
  const operands = terms.map((term, i) => labelsOf(term, ranks[i] ?? 0, equation))
  const spread = widest(operands)
  const given = right === undefined ? implicit(operands, spread) : labelsOf(right, undefined, equation, spread)
  const known = new Set(operands.flat())
  const [strange] = given.filter((label, i) => !known.has(label) || given.indexOf(label) !== i)
  if (strange !== undefined) {
    throw equationError(equation, `has "${strange}" on the right, but not once there and on the left`)
  }
  return { operands, result: given }
}

const isSpread = (label: Label): boolean => /^\d/.test(label)

/** The labels of the longest ellipsis, the first dimension first. */
function widest(operands: readonly (readonly Label[])[]): readonly Label[] {
  return operands
    .map((labels) => labels.filter(isSpread))
    .reduce((most, next) => (next.length > most.length ? next : most), [])
}

/** What stands once among the operands, in the order of ASCII, after what the ellipses stand for. */
function implicit(operands: readonly (readonly Label[])[], spread: readonly Label[]): readonly Label[] {
  const letters = operands.flat().filter((label) => !isSpread(label))
  const once = letters.filter((label) => letters.indexOf(label) === letters.lastIndexOf(label))
  return [...spread, ...once.toSorted((a, b) => (a < b ? -1 : 1))]
}

/** The labels of a term; its ellipsis has the dimensions that letters leave of `rank`, or is `spread`. */
function labelsOf(
  term: string,
  rank: number | undefined,
  equation: string,
  spread: readonly Label[] = [],
): readonly Label[] {
  const [before = '', after] = term.split('...')
  const letters = before.length + (after ?? '').length
  if (rank !== undefined && (after === undefined ? letters !== rank : letters > rank)) {
    throw shapeError('Einsum', `"${term}" of ${JSON.stringify(equation)} for an operand of rank ${rank}`)
  }
  const count = rank === undefined ? 0 : rank - letters
  const own = rank === undefined ? spread : Array.from({ length: count }, (_, d) => String(count - 1 - d))
  return after === undefined ? [...before] : [...before, ...own, ...after]
}

function equationError(equation: string, what: string, help?: string): CompileError {
  return new CompileError({ code: 'graph/equation', message: `Einsum: ${JSON.stringify(equation)} ${what}`, help })
}
