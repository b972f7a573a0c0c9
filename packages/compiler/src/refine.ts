/** A group under further facts about a size: the same equations over buffers whose shapes know more. */

import type { FusionGroup } from '@tilewright/fusion'
import {
  type Axis,
  type Buffer,
  buffer,
  type Equation,
  type Expr,
  type Fold,
  load,
  type Refinement,
  rewriteExpr,
  type SizeExpr,
  type SizeParam,
  size,
  sizeValue,
  substituteSize,
} from '@tilewright/ir'

export interface RefinedGroup {
  readonly group: FusionGroup
  /** The buffer of the program that each buffer of the refined group stands for. */
  readonly original: ReadonlyMap<Buffer, Buffer>
}

/** Rebuilds a group with one size parameter's facts sharpened; undefined when no size has both its facts and the new. */
export function refineGroup(group: FusionGroup, { param, facts }: Refinement): RefinedGroup | undefined {
  const sharper = sharpen(param, facts)
  if (sharper === undefined) return undefined
  const refineSize = (expr: SizeExpr): SizeExpr =>
    substituteSize(expr, (other) => (other.name === param.name ? sharper : other))

  const refined = new Map<Buffer, Buffer>()
  const original = new Map<Buffer, Buffer>()
  const refineBuffer = (old: Buffer): Buffer => {
    const known = refined.get(old)
    if (known !== undefined) return known
    const made = buffer(old.hint, old.dtype, old.shape.map(refineSize), old.scope)
    refined.set(old, made)
    original.set(made, old)
    return made
  }
  const memo = new Map<Expr, Expr>()
  const visit = (node: Expr): Expr => {
    if (node.kind === 'size') return sizeValue(refineSize(node.size))
    return node.kind === 'load' ? load(refineBuffer(node.buffer), node.index) : node
  }
  const refineExpr = (expr: Expr): Expr => rewriteExpr(expr, visit, memo)
  const refineAxis = (axis: Axis): Axis => ({ var: axis.var, extent: refineSize(axis.extent) })

  const refineFold = ({ value, identity, combine }: Fold): Pick<Fold, 'value' | 'identity' | 'combine'> => ({
    value: value.map(refineExpr),
    identity: identity.map(refineExpr),
    combine: combine.map(refineExpr),
  })

  const refineEquation = <E extends Equation>(equation: E): E => {
    const done: Equation = refineAny(equation)
    // refineAny keeps the kind, which the checker cannot see through the union.
    return done as E
  }
  const refineAny = (equation: Equation): Equation => {
    switch (equation.kind) {
      case 'compute':
        return {
          ...equation,
          output: refineBuffer(equation.output),
          value: refineExpr(equation.value),
          inverses: equation.inverses.map((inverse) => ({
            ...inverse,
            input: refineBuffer(inverse.input),
            index: inverse.index.map(refineExpr),
          })),
        }
      case 'reduce':
        return {
          ...equation,
          ...refineFold(equation),
          outputs: equation.outputs.map(refineBuffer),
          domain: equation.domain.map(refineAxis),
        }
      case 'rows':
        return {
          ...equation,
          output: refineBuffer(equation.output),
          stages: equation.stages.map((stage) => ({ ...stage, ...refineFold(stage) })),
          value: refineExpr(equation.value),
        }
      case 'attention':
        return {
          ...equation,
          output: refineBuffer(equation.output),
          key: refineAxis(equation.key),
          depth: equation.depth.map(refineAxis),
          product: refineExpr(equation.product),
          score: refineExpr(equation.score),
          value: refineExpr(equation.value),
          result: refineExpr(equation.result),
        }
      case 'scan':
        return {
          ...equation,
          output: refineBuffer(equation.output),
          value: refineExpr(equation.value),
          combine: refineExpr(equation.combine),
        }
      case 'scatter':
        return {
          ...equation,
          output: refineBuffer(equation.output),
          base: refineExpr(equation.base),
          domain: equation.domain.map(refineAxis),
          index: equation.index.map(refineExpr),
          value: refineExpr(equation.value),
          combine: refineExpr(equation.combine),
        }
      case 'sort':
        return {
          ...equation,
          values: refineBuffer(equation.values),
          positions: refineBuffer(equation.positions),
          value: refineExpr(equation.value),
        }
    }
  }
  return {
    group: {
      anchor: refineAny(group.anchor),
      prologues: group.prologues.map(refineEquation),
      epilogues: group.epilogues.map(refineEquation),
      members: group.members,
    },
    original,
  }
}

/** The parameter with both its own facts and the new; undefined when no size has them all. */
function sharpen(param: SizeParam, facts: Refinement['facts']): SizeParam | undefined {
  const { name, min } = param
  const max = 'max' in facts ? Math.min(param.max, facts.max) : param.max
  const multipleOf = 'multipleOf' in facts ? leastCommonMultiple(param.multipleOf, facts.multipleOf) : param.multipleOf
  return Math.ceil(min / multipleOf) * multipleOf > max ? undefined : size(name, { min, max, multipleOf })
}

function leastCommonMultiple(a: number, b: number): number {
  const divisor = (x: number, y: number): number => (y === 0 ? x : divisor(y, x % y))
  return (a / divisor(a, b)) * b
}
