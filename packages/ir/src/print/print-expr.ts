/** The text form of expressions: infix, with the parentheses that precedence and left association need, no more. */
import type { BinaryOp, Const, Expr } from '../expr.js'
import { formatSize, type SizeExpr, sizeParams } from '../size.js'
import { walkExpr } from '../walk.js'
import { createNames, type Names } from './names.js'

const comparison = 3
const additive = 7
const multiplicative = 8
const prefix = 9
const primary = 10

/** Infix operators; `min`, `max` and `pow` are printed as calls. Higher precedences bind tighter. */
const infix: Readonly<Record<Exclude<BinaryOp, 'min' | 'max' | 'pow'>, readonly [symbol: string, precedence: number]>> =
  {
    or: ['||', 1],
    and: ['&&', 2],
    lt: ['<', comparison],
    le: ['<=', comparison],
    eq: ['==', comparison],
    ne: ['!=', comparison],
    'bit-xor': ['^', 4],
    'bit-and': ['&', 5],
    shl: ['<<', 6],
    shr: ['>>', 6],
    add: ['+', additive],
    sub: ['-', additive],
    mul: ['*', multiplicative],
    div: ['/', multiplicative],
    mod: ['%', multiplicative],
  }

/** The text of an expression alone. Variables and buffers are named in order of appearance. */
export function printExpr(expr: Expr): string {
  return formatExpr(expr, createNames(sizeNames([expr])))
}

/** The names of the size parameters that expressions mention. */
export function sizeNames(exprs: readonly Expr[]): readonly string[] {
  const params = new Map<string, SizeExpr>()
  const seen = new Set<Expr>()
  for (const expr of exprs) {
    walkExpr(
      expr,
      (node) => {
        if (node.kind === 'size') for (const [name, param] of sizeParams(node.size)) params.set(name, param)
      },
      seen,
    )
  }
  return [...params.keys()]
}

/** The text of an expression, in parentheses if its operator binds less than `context`. */
export function formatExpr(expr: Expr, names: Names, context = 0): string {
  const [text, precedence] = format(expr, names)
  return precedence < context ? `(${text})` : text
}

function format(expr: Expr, names: Names): readonly [text: string, precedence: number] {
  const argument = (inner: Expr): string => formatExpr(inner, names)
  switch (expr.kind) {
    case 'const':
      return [formatConst(expr), primary]
    case 'var':
      return [names.of(expr), primary]
    case 'size':
      return [formatSize(expr.size), sizePrecedence(expr.size)]
    case 'builtin':
      return [expr.name.replace('-', '.'), primary]
    case 'cast':
      return [`${expr.dtype}(${argument(expr.value)})`, primary]
    case 'bitcast':
      return [`bitcast<${expr.dtype}>(${argument(expr.value)})`, primary]
    case 'load':
      return [`${names.of(expr.buffer)}[${expr.index.map(argument).join(', ')}]`, primary]
    case 'select':
      return [`select(${[expr.cond, expr.then, expr.else].map(argument).join(', ')})`, primary]
    case 'unary': {
      if (expr.op !== 'neg' && expr.op !== 'not') return [`${expr.op}(${argument(expr.value)})`, primary]
      const symbol = expr.op === 'neg' ? '-' : '!'
      const operand = formatExpr(expr.value, names, prefix)
      return [symbol + (operand.startsWith(symbol) ? `(${operand})` : operand), prefix]
    }
    case 'binary': {
      const { op, left, right } = expr
      if (op === 'min' || op === 'max' || op === 'pow') return [`${op}(${argument(left)}, ${argument(right)})`, primary]
      const [symbol, precedence] = infix[op]
      // Comparisons do not chain; all else associates to the left.
      const leftContext = precedence === comparison ? precedence + 1 : precedence
      const [l, r] = [formatExpr(left, names, leftContext), formatExpr(right, names, precedence + 1)]
      return [`${l} ${symbol} ${r}`, precedence]
    }
  }
}

function sizePrecedence(size: SizeExpr): number {
  if (typeof size === 'number' || size.kind === 'size' || size.op === 'min' || size.op === 'max') return primary
  return size.op === 'add' || size.op === 'sub' ? additive : multiplicative
}

/** The shortest decimal that reads back as the constant in its type. */
function formatConst({ dtype, value }: Const): string {
  if (typeof value === 'boolean') return String(value)
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0'
  if (dtype !== 'f32') return String(value)
  // Nine significant digits tell all f32 values apart.
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return String(short)
  }
  return String(Number(value.toPrecision(9)))
}
