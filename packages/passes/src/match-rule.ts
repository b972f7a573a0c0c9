/** Matching and building the patterns of simplify-rules.ts. */
import { binary, constant, defined, type Expr, invariant, select, unary } from '@tilewright/ir'
import { constantHoles, type HoleName, type Match, type Pattern, type Rule } from './simplify-rules.js'

export type Bindings = ReadonlyMap<HoleName, Expr>

/** What a rule may know of the place where it is applied. */
export interface RuleFacts {
  readonly same: (a: Expr, b: Expr) => boolean
  readonly range: (expr: Expr) => { readonly min: number; readonly max: number }
  /** Whether x + slack <= y is proven. */
  readonly atMost: (x: Expr, y: Expr, slack: number) => boolean
}

/** Rules by the operator at the root of their left side. */
export type RuleIndex = ReadonlyMap<string, readonly Rule[]>

export function indexRules(rules: readonly Rule[]): RuleIndex {
  const index = new Map<string, readonly Rule[]>()
  for (const rule of rules) {
    invariant(rule.left.kind === 'operator', `rule ${rule.name} matches everything`)
    index.set(rule.left.op, [...(index.get(rule.left.op) ?? []), rule])
  }
  return index
}

/** The result of the first rule that applies at the root of an expression. */
export function applyRules(expr: Expr, index: RuleIndex, facts: RuleFacts): Expr | undefined {
  const op = operatorOf(expr)
  if (op === undefined) return undefined
  for (const rule of index.get(op) ?? []) {
    const bindings = matchRule(rule, expr, facts)
    if (bindings !== undefined) return resultOf(rule, bindings, facts)
  }
  return undefined
}

/** What the names of a rule stand for in an expression; undefined when it does not apply. */
export function matchRule(rule: Rule, expr: Expr, facts: RuleFacts): Bindings | undefined {
  if (!hasShape(rule.left, expr)) return undefined
  const bindings = new Map<HoleName, Expr>()
  if (!matches(rule.left, expr, bindings, facts)) return undefined
  const type = bindings.get('x')?.dtype
  if (type === undefined || !rule.types.includes(type)) return undefined
  return rule.guard(matchOf(bindings, facts)) ? bindings : undefined
}

/** The right side of a rule. */
export function resultOf(rule: Rule, bindings: Bindings, facts: RuleFacts): Expr {
  const right = typeof rule.right === 'function' ? rule.right(matchOf(bindings, facts)) : rule.right
  return build(right, bindings)
}

/** The expression of a pattern, given what its names stand for. */
export function build(pattern: Pattern, bindings: Bindings): Expr {
  const bound = (name: HoleName): Expr => defined(bindings.get(name), `rule name ${name} is not bound`)
  switch (pattern.kind) {
    case 'hole':
      return bound(pattern.name)
    case 'number':
      return constant(typeof pattern.value === 'boolean' ? 'bool' : bound('x').dtype, pattern.value)
    case 'operator': {
      const [first, second, third] = pattern.operands.map((operand) => build(operand, bindings))
      invariant(first !== undefined, 'an operator has operands')
      if (pattern.op === 'not' || pattern.op === 'neg') return unary(pattern.op, first)
      invariant(second !== undefined, `${pattern.op} has two operands`)
      if (pattern.op !== 'select') return binary(pattern.op, first, second)
      return select(first, second, defined(third, 'select has three operands'))
    }
  }
}

/** Whether operators and constants are where a pattern has them: what most rules fail at, whatever their names stand for. */
function hasShape(pattern: Pattern, expr: Expr): boolean {
  switch (pattern.kind) {
    case 'hole':
      return expr.kind === 'const' || !constantHoles.has(pattern.name)
    case 'number':
      return expr.kind === 'const' && Object.is(expr.value, pattern.value)
    case 'operator': {
      if (operatorOf(expr) !== pattern.op) return false
      const fits = (operand: number, child: Expr): boolean => {
        const inner = pattern.operands[operand]
        return inner !== undefined && hasShape(inner, child)
      }
      switch (expr.kind) {
        case 'unary':
          return fits(0, expr.value)
        case 'binary':
          return fits(0, expr.left) && fits(1, expr.right)
        case 'select':
          return fits(0, expr.cond) && fits(1, expr.then) && fits(2, expr.else)
        default:
          return false
      }
    }
  }
}

function matches(pattern: Pattern, expr: Expr, bindings: Map<HoleName, Expr>, facts: RuleFacts): boolean {
  switch (pattern.kind) {
    case 'hole': {
      const bound = bindings.get(pattern.name)
      if (bound !== undefined) return facts.same(bound, expr)
      if (constantHoles.has(pattern.name) && expr.kind !== 'const') return false
      bindings.set(pattern.name, expr)
      return true
    }
    case 'number':
      return expr.kind === 'const' && Object.is(expr.value, pattern.value)
    case 'operator': {
      if (operatorOf(expr) !== pattern.op) return false
      const operands = operandsOf(expr)
      return pattern.operands.every((operand, i) => {
        const actual = operands[i]
        return actual !== undefined && matches(operand, actual, bindings, facts)
      })
    }
  }
}

function operatorOf(expr: Expr): string | undefined {
  if (expr.kind === 'binary' || expr.kind === 'unary') return expr.op
  return expr.kind === 'select' ? 'select' : undefined
}

function operandsOf(expr: Expr): readonly Expr[] {
  if (expr.kind === 'binary') return [expr.left, expr.right]
  if (expr.kind === 'unary') return [expr.value]
  return expr.kind === 'select' ? [expr.cond, expr.then, expr.else] : []
}

function matchOf(bindings: Bindings, facts: RuleFacts): Match {
  const expr = (name: HoleName): Expr => defined(bindings.get(name), `rule name ${name} is not bound`)
  return {
    expr,
    range: (name) => facts.range(expr(name)),
    value: (name) => {
      const bound = expr(name)
      invariant(bound.kind === 'const', `rule name ${name} does not stand for a constant`)
      return Number(bound.value)
    },
    atMost: (x, y, slack = 0) => facts.atMost(expr(x), expr(y), slack),
  }
}
