/** Which problems show what a template makes. */
import type { Graph } from '@tilewright/graph'
import { InternalError } from '@tilewright/ir'
import type { Choose } from '../choose.js'
import { attended, fewAttended, halfAttended, wideAttended } from './attentions.js'
import { convolution, floatProduct, halfProduct, narrowProduct, product } from './contractions.js'
import { reduction, rowsProblem } from './folds.js'
import { pointwise, transposed } from './points.js'
import { ruled } from './rules.js'

/** A graph with an anchor for the template among its groups, more often than not. */
export type ProblemMaker = (choose: Choose) => Graph

/** By template, or by the folder of several. */
const makers: Readonly<Record<string, ProblemMaker>> = {
  attention: attended,
  'attention/async-multiply': wideAttended,
  'attention/producer-consumer': wideAttended,
  'attention/matrix-units': halfAttended,
  'attention/shared-keys': fewAttended,
  conv: convolution,
  matmul: product,
  'matmul/matrix-units': narrowProduct,
  'matmul/async-multiply': halfProduct,
  'matmul/producer-consumer': halfProduct,
  'matmul/matrix-units-tf32': floatProduct,
  rows: rowsProblem,
  reduce: reduction,
  transpose: transposed,
  elementwise: pointwise,
  'rule-based': ruled,
}

/** The problems of a template. Throws `InternalError` for one that has none here. */
export function problemsOf(template: string): ProblemMaker {
  const maker = makers[template] ?? makers[template.split('/')[0] ?? '']
  if (maker === undefined)
    throw new InternalError(`no problems show template ${template}: add them to problems/index.ts`)
  return maker
}
