/** Values of expressions without loads, by the semantics of ir's expr.ts; `undefined` where a division by zero decides it. */
import {
  type Const,
  cast,
  constant,
  type Expr,
  evaluateBinary,
  evaluateSize,
  floatFunctions,
  type SizeValues,
  type Var,
  withBitsOf,
} from '@tilewright/ir'

type Values = ReadonlyMap<Var, number | boolean>

/** The value; undefined after a division by zero. */
export function evaluateExpr(expr: Expr, values: Values, sizes: SizeValues = {}): number | boolean | undefined {
  return constantOf(expr, values, sizes)?.value
}

function constantOf(expr: Expr, values: Values, sizes: SizeValues): Const | undefined {
  const of = (child: Expr): Const | undefined => constantOf(child, values, sizes)
  switch (expr.kind) {
    case 'const':
      return expr
    case 'var': {
      const value = values.get(expr)
      if (value === undefined) throw new RangeError(`no value for ${expr.hint}`)
      return constant(expr.dtype, value)
    }
    case 'size':
      return constant('i32', evaluateSize(expr.size, sizes))
    case 'unary': {
      const value = of(expr.value)
      if (value === undefined) return undefined
      if (expr.op === 'not') return constant('bool', !value.value)
      const operand = Number(value.value)
      if (expr.op === 'neg') return constant(expr.dtype, -operand)
      return constant(expr.dtype, expr.op === 'abs' ? Math.abs(operand) : floatFunctions[expr.op](operand))
    }
    case 'binary': {
      const left = of(expr.left)
      if (left === undefined) return undefined
      if (expr.op === 'and' && left.value === false) return left
      if (expr.op === 'or' && left.value === true) return left
      const right = of(expr.right)
      return right && evaluateBinary(expr.op, left, right)
    }
    case 'select': {
      const cond = of(expr.cond)
      return cond && of(cond.value ? expr.then : expr.else)
    }
    case 'cast': {
      const value = of(expr.value)
      const result = value && cast(expr.dtype, value)
      if (result !== undefined && result.kind !== 'const') throw new RangeError('a constant was not converted')
      return result
    }
    case 'bitcast': {
      const value = of(expr.value)
      return value && constant(expr.dtype, withBitsOf(expr.value.dtype, expr.dtype, Number(value.value)))
    }
    default:
      throw new RangeError(`${expr.kind} is not evaluated here`)
  }
}
