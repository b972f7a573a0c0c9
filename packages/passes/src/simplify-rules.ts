/**
 * The local rewrite rules of `simplify`: one line each, `rule(name, left, right, guard)`. Names like x stand for any
 * expression, a and b for constants; a name that stands twice stands for equal expressions. What sums, quotients and
 * comparisons of sums become is decided on linear forms instead: simplify-sums.ts, -quotients.ts, -comparisons.ts.
 *
 * Every rule holds for all values of its type that satisfy its guard, wrapping included. On f32 only rules that keep
 * every bit are here: x + 0 is not x when x is -0.
 */
import type { BinaryOp, Expr, ScalarType } from '@tilewright/ir'
import type { Range } from './interval.js'

export type HoleName = 'x' | 'y' | 'z' | 'c' | 'a' | 'b'

/** What patterns are made of: no rule is about the functions of f32. */
type PatternOp = BinaryOp | 'not' | 'neg' | 'select'

export type Pattern =
  | { readonly kind: 'hole'; readonly name: HoleName }
  | { readonly kind: 'number'; readonly value: number | boolean }
  | { readonly kind: 'operator'; readonly op: PatternOp; readonly operands: readonly Pattern[] }

/** What a guard and a computed constant may ask about the expressions that the names stand for. */
export interface Match {
  readonly expr: (name: HoleName) => Expr
  readonly range: (name: HoleName) => Range
  /** The value of a name that stands for a constant. */
  readonly value: (name: HoleName) => number
  /** Whether x + slack <= y is proven; slack is 0 when not given. */
  readonly atMost: (x: HoleName, y: HoleName, slack?: number) => boolean
}

export interface Rule {
  readonly name: string
  /** The types that x may have. */
  readonly types: readonly ScalarType[]
  readonly left: Pattern
  readonly right: Pattern | ((match: Match) => Pattern)
  readonly guard: (match: Match) => boolean
}

type Operand = Pattern | number | boolean

const pattern = (of: Operand): Pattern => (typeof of === 'object' ? of : { kind: 'number', value: of })
const hole = (name: HoleName): Pattern => ({ kind: 'hole', name })
const operator =
  (op: PatternOp) =>
  (...operands: readonly Operand[]): Pattern => ({ kind: 'operator', op, operands: operands.map(pattern) })

const [x, y, z, c, a, b] = [hole('x'), hole('y'), hole('z'), hole('c'), hole('a'), hole('b')]
const [add, sub, mul, div, mod] = [operator('add'), operator('sub'), operator('mul'), operator('div'), operator('mod')]
const [min, max, bitAnd, bitXor] = [operator('min'), operator('max'), operator('bit-and'), operator('bit-xor')]
const [lt, le, eq, ne] = [operator('lt'), operator('le'), operator('eq'), operator('ne')]
const [and, or, not, neg, select] = [
  operator('and'),
  operator('or'),
  operator('not'),
  operator('neg'),
  operator('select'),
]

/** The names that stand for constants only. */
export const constantHoles: ReadonlySet<HoleName> = new Set<HoleName>(['a', 'b'])

const always = (_: Match): boolean => true
const positive = (m: Match): boolean => m.value('a') > 0 && m.value('b') > 0
const divides = (m: Match): boolean => positive(m) && m.value('a') % m.value('b') === 0
const isMask = (value: number): boolean => value > 0 && Number.isInteger(Math.log2(value + 1))
const small = (m: Match): boolean => m.range('x').min >= 0 && m.atMost('x', 'y', 1)

const group =
  (...types: readonly ScalarType[]) =>
  (name: string, left: Pattern, right: Operand | ((match: Match) => Pattern), guard = always): Rule => ({
    name,
    types,
    left,
    right: typeof right === 'function' ? right : pattern(right),
    guard,
  })

const integer = group('i32', 'u32')
const float = group('f32')
const number = group('i32', 'u32', 'f32')
const exact = group('i32', 'u32', 'bool')
const bool = group('bool')
const any = group('i32', 'u32', 'f32', 'bool')

export const simplifyRules: readonly Rule[] = [
  integer('zero-div', div(0, x), 0),
  integer('zero-mod', mod(0, x), 0),
  integer('div-self', div(x, x), 1),
  integer('mod-self', mod(x, x), 0),
  integer('div-small', div(x, y), 0, small),
  integer('mod-small', mod(x, y), x, small),
  integer(
    'div-div',
    div(div(x, a), b),
    (m) => div(x, m.value('a') * m.value('b')),
    (m) => positive(m) && m.value('a') * m.value('b') < 2 ** 31,
  ),
  integer('mod-mod', mod(mod(x, a), b), mod(x, b), divides),
  integer('div-of-mod', div(mod(x, a), b), (m) => mod(div(x, b), m.value('a') / m.value('b')), divides),

  integer('min-left', min(x, y), x, (m) => m.atMost('x', 'y')),
  integer('min-right', min(x, y), y, (m) => m.atMost('y', 'x')),
  integer('max-left', max(x, y), x, (m) => m.atMost('y', 'x')),
  integer('max-right', max(x, y), y, (m) => m.atMost('x', 'y')),
  integer('min-of-min', min(min(x, a), b), min(x, min(a, b))),
  integer('max-of-max', max(max(x, a), b), max(x, max(a, b))),
  number('min-self', min(x, x), x),
  number('max-self', max(x, x), x),

  integer('bit-and-self', bitAnd(x, x), x),
  integer('bit-and-zero', bitAnd(x, 0), 0),
  integer(
    'bit-and-mask',
    bitAnd(x, a),
    x,
    (m) => isMask(m.value('a')) && m.range('x').min >= 0 && m.range('x').max <= m.value('a'),
  ),
  integer('bit-xor-self', bitXor(x, x), 0),
  integer('bit-xor-zero', bitXor(x, 0), x),

  float('mul-one', mul(x, 1), x),
  float('one-mul', mul(1, x), x),
  float('div-one', div(x, 1), x),
  float('sub-zero', sub(x, 0), x),
  float('add-negative-zero', add(x, -0), x),
  float('negative-zero-add', add(-0, x), x),
  float('neg-neg', neg(neg(x)), x),

  exact('eq-self', eq(x, x), true),
  exact('ne-self', ne(x, x), false),
  integer('lt-self', lt(x, x), false),
  integer('le-self', le(x, x), true),
  bool('eq-true', eq(x, true), x),
  bool('eq-false', eq(x, false), not(x)),
  bool('ne-true', ne(x, true), not(x)),
  bool('ne-false', ne(x, false), x),

  bool('not-not', not(not(x)), x),
  any('not-eq', not(eq(x, y)), ne(x, y)),
  any('not-ne', not(ne(x, y)), eq(x, y)),
  integer('not-lt', not(lt(x, y)), le(y, x)),
  integer('not-le', not(le(x, y)), lt(y, x)),
  bool('and-false', and(x, false), false),
  bool('or-true', or(x, true), true),
  bool('and-self', and(x, x), x),
  bool('or-self', or(x, x), x),
  bool('and-absorbs', and(x, or(x, y)), x),
  bool('or-absorbs', or(x, and(x, y)), x),

  any('select-same', select(c, x, x), x),
  any('select-not', select(not(c), x, y), select(c, y, x)),
  any('select-then-select', select(c, select(c, x, y), z), select(c, x, z)),
  any('select-else-select', select(c, x, select(c, y, z)), select(c, x, z)),
  any('select-merge', select(x, select(c, y, z), z), select(and(x, c), y, z)),
  bool('select-true-false', select(x, true, false), x),
  bool('select-false-true', select(x, false, true), not(x)),
  bool('select-and', select(c, x, false), and(c, x)),
  bool('select-or', select(c, true, x), or(c, x)),
]
