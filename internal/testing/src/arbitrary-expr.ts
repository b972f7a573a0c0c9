// Random sizes and expressions for property tests: well-typed, within the semantics (no division by zero, no index out of
// bounds, no NaN), and exact on every target unless asked otherwise. They are written as data, not by the constructors,
// whose tests draw from here: nothing is folded.
import type {
  BinaryOp,
  Buffer,
  Const,
  Expr,
  ScalarType,
  SizeExpr,
  SizeOp,
  SizeParam,
  SizeValues,
  UnaryOp,
  Var,
} from '@tilewright/ir'
import fc from 'fast-check'

/** Size parameters with facts of each sort, all at most 64. */
export const arbitrarySizeParams: readonly SizeParam[] = [
  { kind: 'size', name: 'M', min: 0, max: 64, multipleOf: 1 },
  { kind: 'size', name: 'N', min: 1, max: 64, multipleOf: 4 },
  { kind: 'size', name: 'K', min: 3, max: 50, multipleOf: 8 },
]

/** Values for `params` that keep their facts. */
export function arbitrarySizeValues(params: readonly SizeParam[] = arbitrarySizeParams): fc.Arbitrary<SizeValues> {
  const value = ({ min, max, multipleOf }: SizeParam): fc.Arbitrary<number> =>
    fc
      .integer({ min: Math.ceil(min / multipleOf), max: Math.floor(max / multipleOf) })
      .map((count) => count * multipleOf)
  return fc.record(Object.fromEntries(params.map((param) => [param.name, value(param)])))
}

/** A size over `params`, valid for all values that keep their facts: never negative, below 2^31, no division by zero. */
export function arbitrarySize(params: readonly SizeParam[] = arbitrarySizeParams, depth = 3): fc.Arbitrary<SizeExpr> {
  const leaf: fc.Arbitrary<SizeExpr> = fc.oneof(fc.integer({ min: 0, max: 16 }), fc.constantFrom(...params))
  if (depth === 0) return leaf
  const inner = arbitrarySize(params, depth - 1)
  const op = (name: SizeOp, left: SizeExpr, right: SizeExpr): SizeExpr => ({ kind: 'size-op', op: name, left, right })
  const divisor = fc.oneof(
    fc.integer({ min: 1, max: 16 }),
    inner.map((size) => op('max', size, 1)),
  )
  return fc.oneof(
    leaf,
    fc.tuple(fc.constantFrom<SizeOp[]>('add', 'min', 'max'), inner, inner).map(([name, l, r]) => op(name, l, r)),
    fc.tuple(inner, inner).map(([l, r]) => op('sub', op('max', l, r), r)),
    fc.tuple(inner, leaf, fc.boolean()).map(([l, r, swap]) => (swap ? op('mul', r, l) : op('mul', l, r))),
    fc.tuple(fc.constantFrom<SizeOp[]>('div', 'ceil-div', 'mod'), inner, divisor).map(([name, l, r]) => op(name, l, r)),
  )
}

export interface ArbitraryExprOptions {
  /** Type of the expression. */
  readonly type: ScalarType
  /** Variables it may use; draw values for them from `arbitraryBindings`. Default: none. */
  readonly vars?: readonly Var[]
  /** Buffers of static, non-empty shape that it may load from. Default: none. */
  readonly buffers?: readonly Buffer[]
  /** Size parameters it may use. Default: none. */
  readonly sizes?: readonly SizeParam[]
  /** Operators on the longest path. Default 3. */
  readonly depth?: number
  /**
   * Also f32 division and functions whose results differ between targets within their bounds, and none with jumps.
   * Default: false.
   */
  readonly inexact?: boolean
}

/** Values for variables, as the expressions expect them: integers of all magnitudes, f32 halves in -8..8. */
export function arbitraryBindings(vars: readonly Var[]): fc.Arbitrary<ReadonlyMap<Var, Const>> {
  return fc
    .tuple(...vars.map((v) => arbitraryConst(v.dtype)))
    .map((values) => new Map(vars.flatMap((v, i) => values.slice(i, i + 1).map((value) => [v, value] as const))))
}

/** A constant: small values mostly, and the ends of the integer ranges. */
export function arbitraryConst(dtype: ScalarType): fc.Arbitrary<Const> {
  return constantValue(dtype).map((value) => ({ kind: 'const', dtype, value }))
}

function constantValue(type: ScalarType): fc.Arbitrary<number | boolean> {
  const [min, max] = [-(2 ** 31), 2 ** 31 - 1]
  switch (type) {
    case 'bool':
      return fc.boolean()
    case 'f32':
      // Halves: sums and small multiples of them are exact, whatever a device fuses.
      return fc.integer({ min: -16, max: 16 }).map((twice) => twice / 2)
    case 'i32':
      return fc.oneof({ weight: 6, arbitrary: fc.integer({ min: -8, max: 8 }) }, fc.constantFrom(min, min + 1, max))
    case 'u32':
      return fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 16 }) }, fc.constantFrom(max, 2 ** 32 - 1))
  }
}

const arithmetic = ['add', 'sub', 'mul', 'min', 'max', 'bit-and', 'bit-xor', 'shl', 'shr'] as const
const numeric: readonly ScalarType[] = ['i32', 'u32', 'f32']

/** A random expression. Every kind occurs that the options allow. */
export function arbitraryExpr(options: ArbitraryExprOptions): fc.Arbitrary<Expr> {
  const { vars = [], buffers = [], sizes = [], inexact = false } = options
  const made = new Map<string, fc.Arbitrary<Expr>>()

  const expr = (type: ScalarType, depth: number): fc.Arbitrary<Expr> => {
    const key = `${type} ${depth}`
    const known = made.get(key)
    if (known !== undefined) return known
    const fresh = fc.oneof(...leaves(type), ...(depth === 0 ? [] : operations(type, depth - 1)))
    made.set(key, fresh)
    return fresh
  }
  const leaves = (type: ScalarType): readonly fc.Arbitrary<Expr>[] => {
    const typed = vars.filter((v) => v.dtype === type)
    return [
      arbitraryConst(type),
      ...(typed.length === 0 ? [] : [fc.constantFrom(...typed)]),
      ...(type !== 'i32' || sizes.length === 0
        ? []
        : [arbitrarySize(sizes, 1).map((size): Expr => ({ kind: 'size', dtype: 'i32', size }))]),
    ]
  }
  const operations = (type: ScalarType, depth: number): readonly fc.Arbitrary<Expr>[] => {
    const own = expr(type, depth)
    const select = fc
      .tuple(expr('bool', depth), own, own)
      .map(([cond, then, otherwise]): Expr => ({ kind: 'select', dtype: type, cond, then, else: otherwise }))
    const sources = buffers.filter((source) => loadType(source) === type)
    const loads = sources.map((source) =>
      fc
        .tuple(...source.shape.map((extent) => expr('i32', depth).map((index) => clamp(index, Number(extent) - 1))))
        .map((index): Expr => ({ kind: 'load', dtype: type, buffer: source, index })),
    )
    return [
      select,
      ...loads,
      ...(type === 'bool' ? boolean(depth) : type === 'f32' ? float(depth) : integer(type, depth)),
    ]
  }
  const integer = (type: 'i32' | 'u32', depth: number): readonly fc.Arbitrary<Expr>[] => {
    const own = expr(type, depth)
    const divisor = fc.oneof(
      arbitraryConst(type).filter(({ value }) => value !== 0),
      own.map((operand) => binary('max', operand, { kind: 'const', dtype: type, value: 1 })),
    )
    const other: ScalarType = type === 'i32' ? 'u32' : 'i32'
    return [
      fc.tuple(fc.constantFrom(...arithmetic), own, own).map(([op, l, r]) => binary(op, l, r)),
      fc.tuple(fc.constantFrom('div' as const, 'mod' as const), own, divisor).map(([op, l, r]) => binary(op, l, r)),
      fc.oneof(expr(other, depth), expr('bool', depth), expr('f32', depth)).map((value) => cast(type, value)),
      ...(type === 'i32'
        ? [fc.tuple(fc.constantFrom('neg' as const, 'abs' as const), own).map(([op, value]) => unary(op, value))]
        : []),
    ]
  }
  const float = (depth: number): readonly fc.Arbitrary<Expr>[] => {
    const own = expr('f32', depth)
    const factor = fc.constantFrom(-1, 0.5, 2, 3).map((value): Expr => ({ kind: 'const', dtype: 'f32', value }))
    const small = expr('i32', depth).map((value) =>
      binary('bit-and', value, { kind: 'const', dtype: 'i32', value: 15 }),
    )
    const exact = [
      fc.tuple(fc.constantFrom('add' as const, 'sub' as const, 'min' as const, 'max' as const), own, own),
      fc.tuple(fc.constant('mul' as const), own, factor),
    ].map((parts) => parts.map(([op, l, r]) => binary(op, l, r)))
    const rounded = [
      fc.tuple(own, factor).map(([l, r]) => binary('div', l, r)),
      fc.tuple(fc.constantFrom('tanh' as const, 'erf' as const), own).map(([op, value]) => unary(op, value)),
      own.map((value) => unary('exp', binary('min', value, { kind: 'const', dtype: 'f32', value: 4 }))),
    ]
    return [
      ...exact,
      ...(inexact
        ? rounded
        : [
            fc
              .tuple(fc.constantFrom('floor' as const, 'ceil' as const, 'round' as const), own)
              .map(([op, value]) => unary(op, value)),
          ]),
      fc.tuple(fc.constantFrom('neg' as const, 'abs' as const), own).map(([op, value]) => unary(op, value)),
      fc.oneof(small, expr('bool', depth)).map((value) => cast('f32', value)),
    ]
  }
  const boolean = (depth: number): readonly fc.Arbitrary<Expr>[] => {
    const comparison = fc.constantFrom('lt' as const, 'le' as const, 'eq' as const, 'ne' as const)
    const own = expr('bool', depth)
    return [
      ...numeric.map((type) =>
        fc.tuple(comparison, expr(type, depth), expr(type, depth)).map(([op, l, r]) => compare(op, l, r)),
      ),
      fc.tuple(fc.constantFrom('and' as const, 'or' as const), own, own).map(([op, l, r]) => binary(op, l, r)),
      fc.tuple(fc.constantFrom('eq' as const, 'ne' as const), own, own).map(([op, l, r]) => compare(op, l, r)),
      own.map((value) => unary('not', value)),
      expr('i32', depth).map((value) => cast('bool', value)),
    ]
  }
  return expr(options.type, options.depth ?? 3)
}

function binary(op: BinaryOp, left: Expr, right: Expr): Expr {
  return { kind: 'binary', dtype: left.dtype, op, left, right }
}

function compare(op: BinaryOp, left: Expr, right: Expr): Expr {
  return { kind: 'binary', dtype: 'bool', op, left, right }
}

function unary(op: UnaryOp, value: Expr): Expr {
  return { kind: 'unary', dtype: value.dtype, op, value }
}

function cast(dtype: ScalarType, value: Expr): Expr {
  return { kind: 'cast', dtype, value }
}

/** The index, moved into 0..last. */
function clamp(index: Expr, last: number): Expr {
  const int = (value: number): Expr => ({ kind: 'const', dtype: 'i32', value })
  return binary('min', binary('max', index, int(0)), int(last))
}

function loadType({ dtype }: Buffer): ScalarType {
  switch (dtype) {
    case 'f32':
    case 'f16':
    case 'bf16':
      return 'f32'
    case 'i32':
    case 'i8':
      return 'i32'
    case 'u32':
    case 'u8':
      return 'u32'
    case 'bool':
      return 'bool'
  }
}
