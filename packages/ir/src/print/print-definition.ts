/**
 * The text form of definitions: a line for each buffer between the equations, and a line for each equation.
 *
 *     definition matmul(a: f32[M, K], b: f32[K, N]) -> (c: f32[M, N]) {
 *       c[i0, i1] = sum k in 0..K: a[i0, k] * b[k, i1]
 *     }
 *
 * A reduction by addition, `max` or `min` from its neutral element is written by that name; all others say everything.
 */
import type { Buffer } from '../buffer.js'
import {
  type Axis,
  type Compute,
  type Definition,
  type Equation,
  equationDomain,
  equationExprs,
  equationOutputs,
  type Fold,
  type Reduce,
} from '../definition.js'
import type { Expr, Var } from '../expr.js'
import { plainFold } from '../plain-fold.js'
import { formatSize, type SizeExpr, sizeParams } from '../size.js'
import { createNames, type Names } from './names.js'
import { formatExpr, sizeNames } from './print-expr.js'
import { formatType } from './print-stmt.js'

/** The text of a definition, without a final newline. */
export function printDefinition(definition: Definition): string {
  const { inputs, outputs, equations } = definition
  const names = createNames(definitionSizes(definition))
  const declare = (of: Buffer): string => `${names.bind(of)}: ${formatType(of)}`
  const [inputText, outputText] = [inputs.map(declare).join(', '), outputs.map(declare).join(', ')]
  const isOuter = (of: Buffer): boolean => inputs.includes(of) || outputs.includes(of)
  const body = equations.flatMap((equation) => [
    ...equationOutputs(equation)
      .filter((output) => !isOuter(output))
      .map((inner) => `  ${inner.scope} ${declare(inner)}`),
    ...names.scoped(() => equationText(equation, names)).map((line) => `  ${line}`),
  ])
  return [`definition ${definition.name}(${inputText}) -> (${outputText}) {`, ...body, '}'].join('\n')
}

function definitionSizes({ inputs, outputs, equations }: Definition): readonly string[] {
  const shaped = [...inputs, ...outputs, ...equations.flatMap(equationOutputs)]
  const extents: SizeExpr[] = shaped.flatMap((of) => of.shape)
  for (const equation of equations) extents.push(...equationDomain(equation).map((axis) => axis.extent))
  return [
    ...extents.flatMap((extent) => [...sizeParams(extent).keys()]),
    ...sizeNames(equations.flatMap(equationExprs)),
  ]
}

function equationText(equation: Equation, names: Names): readonly string[] {
  const expr = (inner: Expr): string => formatExpr(inner, names)
  const axes = equation.axes.map(names.bind)
  const target = (of: Buffer): string => `${names.of(of)}[${axes.join(', ')}]`
  const rule = (left: Var, right: Var, combine: Expr): string =>
    `with (${names.bind(left)}, ${names.bind(right)}) => ${expr(combine)}`
  switch (equation.kind) {
    case 'compute':
      return [`${target(equation.output)} = ${expr(equation.value)}`, ...inverseLines(equation, names)]
    case 'reduce':
      return [`${tuple(equation.outputs.map(target))} = ${reduceText(equation, names)}`]
    case 'rows': {
      const { output, along, stages, value } = equation
      const row = along.map((dimension) => axes[dimension]).join(', ')
      const folds = stages.map((stage) => {
        const text = foldText(stage, '', names)
        return `${tuple(stage.results.map(names.bind))} = ${text}`
      })
      return [`${target(output)} = rows ${row}: ${[...folds, expr(value)].join('; ')}`]
    }
    case 'attention': {
      const { output, key, depth, product, dot, score, value, largest, total, sum, result } = equation
      const parts = [
        `over${domainText([key], names)}`,
        `${names.bind(dot)} = sum${domainText(depth, names)}: ${expr(product)}`,
        `score ${expr(score)}`,
        `value ${expr(value)}`,
        `(${names.bind(largest)}, ${names.bind(total)}, ${names.bind(sum)}) => ${expr(result)}`,
      ]
      return [`${target(output)} = attention ${parts.join('; ')}`]
    }
    case 'scan': {
      const { output, along, value, left, right, combine } = equation
      return [`${target(output)} = scan ${axes[along]}: ${expr(value)} ${rule(left, right, combine)}`]
    }
    case 'scatter': {
      const { output, base, domain, index, value, left, right, combine } = equation
      const from = expr(base)
      const points = domain.length === 0 ? '' : ` for${domainText(domain, names)}`
      const update = `[${index.map(expr).join(', ')}] <- ${expr(value)}`
      return [`${target(output)} = scatter into ${from}${points}: ${update} ${rule(left, right, combine)}`]
    }
    case 'sort': {
      const { values, positions, along, value, descending } = equation
      const order = `sort ${axes[along]}${descending ? ' descending' : ''}`
      return [`${tuple([values, positions].map(target))} = ${order}: ${expr(value)}`]
    }
  }
}

/** `  x[j0, j1] only at [j1, j0]`: which element of the output reads an element of the input. */
function inverseLines({ inverses }: Compute, names: Names): readonly string[] {
  return inverses.map(({ input, axes, index }) =>
    names.scoped(() => {
      const element = `${names.of(input)}[${axes.map(names.bind).join(', ')}]`
      return `  ${element} only at [${index.map((inner) => formatExpr(inner, names)).join(', ')}]`
    }),
  )
}

function reduceText(equation: Reduce, names: Names): string {
  return foldText(equation, domainText(equation.domain, names), names)
}

function foldText(fold: Fold, points: string, names: Names): string {
  const { value, identity, left, right, combine, commutative } = fold
  const exprs = (list: readonly Expr[]): string => tuple(list.map((inner) => formatExpr(inner, names)))
  const plain = plainFold(fold)
  if (plain !== undefined) return `${plain}${points}: ${exprs(value)}`
  const [folded, from] = [exprs(value), exprs(identity)]
  const state = `(${tuple(left.map(names.bind))}, ${tuple(right.map(names.bind))})`
  const order = commutative ? '' : ' in order'
  return `reduce${order}${points}: ${folded} from ${from} with ${state} => ${exprs(combine)}`
}

/** ` k in 0..K, l in 0..4`; nothing for a domain of one point. */
function domainText(domain: readonly Axis[], names: Names): string {
  const axes = domain.map((axis) => `${names.bind(axis.var)} in 0..${formatSize(axis.extent)}`)
  return axes.length === 0 ? '' : ` ${axes.join(', ')}`
}

/** The item, or several in parentheses. */
function tuple(items: readonly string[]): string {
  return items.length === 1 ? items.join() : `(${items.join(', ')})`
}
