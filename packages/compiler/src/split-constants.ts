/**
 * What depends on constants alone is computed once, when a session is made, and not in each run: folded scales,
 * transposed or repacked weights. The two parts are partitioned apart, so that no run computes such a value again as a
 * prologue. An index map that only spreads a constant (a broadcast) stays with its readers: it costs them nothing, and
 * its result would take more memory than its source.
 */
import { equationInputs } from '@tilewright/fusion'
import {
  type Buffer,
  type Equation,
  type Expr,
  elementCount,
  equationDomain,
  equationExprs,
  equationOutputs,
  type SizeExpr,
  someExpr,
} from '@tilewright/ir'
import type { Program } from './program.js'

export interface SplitProgram {
  /** Equations over constants alone, in order, and their results that the run reads. */
  readonly prepare: readonly Equation[]
  readonly prepared: ReadonlySet<Buffer>
  /** The others that a result depends on, in order. */
  readonly run: readonly Equation[]
}

/** Splits a program into what is computed once and what each run computes. */
export function splitConstants({ equations, constants, outputs }: Program): SplitProgram {
  const results = new Set(outputs.map(({ buffer }) => buffer))
  const fixed = new Set(constants.keys())
  const once = new Set<Equation>()
  for (const equation of equations) {
    const made = equationOutputs(equation)
    const isFixed = equationInputs(equation).every((input) => fixed.has(input)) && !dependsOnSizes(equation)
    // Results of the model are written by each run: their buffers are the caller's.
    if (!isFixed || made.some((output) => results.has(output))) continue
    once.add(equation)
    for (const output of made) fixed.add(output)
  }
  const read = new Set(results)
  const prepared = new Set<Buffer>()
  const run = equations.toReversed().filter((equation) => {
    const needed = equationOutputs(equation).filter((output) => read.has(output))
    if (needed.length === 0) return false
    if (once.has(equation) && !spreads(equation)) {
      for (const output of needed) prepared.add(output)
      return false
    }
    for (const input of equationInputs(equation)) read.add(input)
    return true
  })
  return { prepare: [...once], prepared, run: run.toReversed() }
}

/** Whether an equation only moves elements, and to more places than it reads. */
function spreads(equation: Equation): boolean {
  if (equation.kind !== 'compute' || !isIndexMap(equation.value)) return false
  const count = ({ shape }: Buffer): number => {
    const elements = elementCount(shape)
    return typeof elements === 'number' ? elements : Number.POSITIVE_INFINITY
  }
  return count(equation.output) > equationInputs(equation).reduce((sum, input) => sum + count(input), 0)
}

/** Whether a value only moves elements: loads, under conditions, with nothing computed from them. */
function isIndexMap(value: Expr): boolean {
  switch (value.kind) {
    case 'load':
    case 'const':
      return true
    case 'select':
      return isIndexMap(value.then) && isIndexMap(value.else)
    default:
      return false
  }
}

function dependsOnSizes(equation: Equation): boolean {
  const extents: readonly SizeExpr[] = [
    ...equationOutputs(equation).flatMap(({ shape }) => shape),
    ...equationDomain(equation).map(({ extent }) => extent),
  ]
  return (
    extents.some((extent) => typeof extent !== 'number') ||
    equationExprs(equation).some((expr) => someExpr(expr, ({ kind }) => kind === 'size'))
  )
}
