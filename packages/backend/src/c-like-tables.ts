/**
 * The entries of a printer's tables that C and WGSL share: operators, literals, control flow. Parentheses follow the
 * grammar of WGSL, which is that of C with fewer operators allowed beside each other without them; what it accepts, C
 * reads alike.
 */
import {
  type Binary,
  type BinaryOp,
  type Buffer,
  CompileError,
  computeType,
  type For,
  InternalError,
  type ScalarType,
  type Stmt,
  unary,
} from '@tilewright/ir'
import { type Code, type ExprPrinters, type Level, level, type StmtPrinters } from './c-like-printer.js'

export const primary = (text: string): Code => ({ text, level: level.primary })

export function call(name: string, args: readonly string[]): Code {
  return primary(`${name}(${args.join(', ')})`)
}

interface Operator {
  readonly symbol: string
  readonly level: Level
  /** What the operands must bind at least as tightly as. */
  readonly left: Level
  readonly right: Level
  /** `a op b op c` is read from the left, and needs no parentheses although `left` asks for them. */
  readonly chains?: boolean
}

const product = { level: level.product, left: level.product, right: level.unary } as const
const sum = { level: level.sum, left: level.sum, right: level.product } as const
const shift = { level: level.shift, left: level.unary, right: level.unary } as const
const bits = { level: level.bits, left: level.unary, right: level.unary } as const
// Not level.shift: after `a < b`, the `>` of a shift would close a template list in WGSL.
const comparison = { level: level.comparison, left: level.sum, right: level.sum } as const

const operators: Readonly<Partial<Record<BinaryOp, Operator>>> = {
  add: { symbol: '+', ...sum },
  sub: { symbol: '-', ...sum },
  mul: { symbol: '*', ...product },
  div: { symbol: '/', ...product },
  mod: { symbol: '%', ...product },
  shl: { symbol: '<<', ...shift },
  shr: { symbol: '>>', ...shift },
  'bit-and': { symbol: '&', ...bits },
  'bit-xor': { symbol: '^', ...bits },
  lt: { symbol: '<', ...comparison },
  le: { symbol: '<=', ...comparison },
  eq: { symbol: '==', ...comparison },
  ne: { symbol: '!=', ...comparison },
  and: { symbol: '&&', level: level.and, left: level.comparison, right: level.comparison, chains: true },
  or: { symbol: '||', level: level.or, left: level.comparison, right: level.comparison, chains: true },
}

const largestFloat = 3.4028234663852886e38

/**
 * Shortest decimal digits that read back as the same finite f32, with a point or an exponent. They are none above the
 * largest f32, which WGSL refuses although they would round to it.
 */
export function formatFloat(value: number): string {
  let text = String(value)
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value && Math.abs(short) <= largestFloat) {
      text = String(short)
      break
    }
  }
  if (Object.is(value, -0)) text = '-0'
  return /[.e]/.test(text) ? text : `${text}.0`
}

/** A finite literal with an optional suffix; a negative one binds like a negation. */
export function literal(text: string): Code {
  return { text, level: text.startsWith('-') ? level.unary : level.primary }
}

/** `x + -3` as `x - 3`, which is the same value in every type. */
function subtraction(expr: Binary): Pick<Binary, 'op' | 'left' | 'right'> {
  const { op, left, right } = expr
  const isNegative = op === 'add' && right.kind === 'const' && typeof right.value === 'number' && right.value < 0
  // The negation of the i32 minimum wraps to itself.
  if (!isNegative || right.value === -(2 ** 31)) return expr
  return { op: 'sub', left, right: unary('neg', right) }
}

/** Entries that C and WGSL share. Functions are calls of what has their name. */
export const cLikeExprs: Pick<ExprPrinters, 'var' | 'unary' | 'binary'> = {
  var: (expr) => {
    throw new CompileError({
      code: 'ir/unbound',
      message: `variable "${expr.hint}" is used where it is not bound`,
      help: 'use a value in the kernel that it was made in; assertValid tells the statement',
    })
  },
  unary: (expr, p) => {
    if (expr.op !== 'neg' && expr.op !== 'not') return call(expr.op, [p.text(expr.value)])
    // `--x` is one token.
    return { text: `${expr.op === 'neg' ? '-' : '!'}${p.text(expr.value, level.primary)}`, level: level.unary }
  },
  binary: (expr, p) => {
    const { op, left, right } = subtraction(expr)
    const operator = operators[op]
    if (operator === undefined) return call(op, [p.text(left), p.text(right)])
    const chained = operator.chains === true && left.kind === 'binary' && left.op === op
    return {
      text: `${p.text(left, chained ? operator.level : operator.left)} ${operator.symbol} ${p.text(right, operator.right)}`,
      level: operator.level,
    }
  },
}

/**
 * How a language begins the binding of a value (`let x`, `const float x`), of a variable with its first value (`var x`,
 * `float x`) and of a loop counter (`var i`, `int i`).
 */
export interface Bindings {
  readonly value: (name: string, type: ScalarType) => string
  readonly variable: (name: string, type: ScalarType) => string
  readonly counter: (name: string) => string
  /** The line that stands directly before the head of a loop. */
  readonly loopHint?: (loop: For) => string | undefined
}

type Store = Extract<Stmt, { readonly kind: 'store' }>

/**
 * The stores of constants to variables that directly follow their declarations, or others of that kind, by declaration:
 * they are printed as one.
 */
function firstValues(body: readonly Stmt[]): ReadonlyMap<Stmt, Store> {
  const found = new Map<Stmt, Store>()
  const declared = new Map<Buffer, Stmt>()
  for (const stmt of body) {
    if (stmt.kind === 'declare') {
      const { scope, shape, dtype } = stmt.buffer
      // Narrow types are narrowed at each store.
      if (scope === 'private' && shape.length === 0 && dtype === computeType(dtype)) declared.set(stmt.buffer, stmt)
      continue
    }
    const declaration = stmt.kind === 'store' && stmt.value.kind === 'const' ? declared.get(stmt.buffer) : undefined
    if (stmt.kind === 'store' && declaration !== undefined) {
      found.set(declaration, stmt)
      declared.delete(stmt.buffer)
    } else declared.clear()
  }
  return found
}

/** Entries that C and WGSL share. `for-task` is lowered before. */
export function cLikeStmts(bindings: Bindings): Pick<StmtPrinters, 'seq' | 'let' | 'for' | 'for-task' | 'if'> {
  return {
    seq: (stmt, p) => {
      const first = firstValues(stmt.body)
      const merged = new Set<Stmt>(first.values())
      for (const inner of stmt.body) {
        const initial = first.get(inner)
        if (initial !== undefined) {
          const { buffer, value } = initial
          p.line(`${bindings.variable(p.declare(buffer), value.dtype)} = ${p.text(value)};`)
        } else if (!merged.has(inner)) p.stmt(inner)
      }
    },
    let: (stmt, p) => {
      const value = p.text(stmt.value)
      p.line(`${bindings.value(p.bind(stmt.var), stmt.var.dtype)} = ${value};`)
    },
    for: (stmt, p) => {
      const { loopVar, extent, body } = stmt
      // The extent is evaluated once; these cannot change.
      const isFixed = extent.kind === 'const' || extent.kind === 'size' || extent.kind === 'var'
      let end = p.text(extent)
      if (!isFixed) {
        const name = p.fresh(`${loopVar.hint}_end`)
        p.line(`${bindings.value(name, 'i32')} = ${end};`)
        end = name
      }
      p.scope(() => {
        const name = p.bind(loopVar)
        const hint = bindings.loopHint?.(stmt)
        if (hint !== undefined) p.line(hint)
        p.line(`for (${bindings.counter(name)} = 0; ${name} < ${end}; ${name}++) {`)
        p.nest(() => p.stmt(body))
        p.line('}')
      })
    },
    'for-task': () => {
      throw new InternalError('a for-task reached a printer')
    },
    if: ({ cond, then, else: otherwise }, p) => {
      p.line(`if (${p.text(cond)}) {`)
      p.nest(() => p.stmt(then))
      if (otherwise !== undefined) {
        p.line('} else {')
        p.nest(() => p.stmt(otherwise))
      }
      p.line('}')
    },
  }
}
