import {
  type BinaryOp,
  type Buffer,
  binary,
  buffer,
  type Expr,
  forLoop,
  ifThen,
  int,
  letStmt,
  type Stmt,
  seq,
  store,
  unary,
  variable,
} from '@tilewright/ir'
import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CLikePrinter, createCLikePrinter, type ExprPrinters, type StmtPrinters } from './c-like-printer.js'
import { cLikeExprs, cLikeStmts, formatFloat, literal, primary } from './c-like-tables.js'

const fail = (): never => {
  throw new TypeError('not in this test')
}

/** JavaScript, as far as these tests need it. */
function javaScript(): CLikePrinter {
  const exprs: ExprPrinters = {
    ...cLikeExprs,
    const: ({ value }) => literal(String(value)),
    size: fail,
    builtin: fail,
    select: fail,
    cast: fail,
    bitcast: fail,
    load: ({ buffer: source, index }, p) => primary(`${p.bufferName(source)}[${index.map((i) => p.text(i)).join()}]`),
  }
  const stmts: StmtPrinters = {
    ...cLikeStmts({
      value: (name) => `const ${name}`,
      variable: (name) => `let ${name}`,
      counter: (name) => `let ${name}`,
    }),
    declare: (stmt, p) => p.line(`const ${p.declare(stmt.buffer)} = []`),
    store: (stmt, p) =>
      p.line(`${p.bufferName(stmt.buffer)}[${stmt.index.map((i) => p.text(i)).join()}] = ${p.text(stmt.value)};`),
    'load-vector': fail,
    'store-vector': fail,
    atomic: fail,
    barrier: fail,
    'async-copy': fail,
    'async-commit': fail,
    'async-wait': fail,
    'declare-mbarrier': fail,
    'mbarrier-arrive': fail,
    'mbarrier-wait': fail,
    'load-matrices': fail,
    shuffle: fail,
    'tile-copy': fail,
    'async-multiply': fail,
    'async-multiply-wait': fail,
    'matrix-multiply': fail,
  }
  return createCLikePrinter({ reserved: new Set(['for', 'min', 'max']), exprs, stmts })
}

function printed(stmt: Stmt): string {
  const p = javaScript()
  p.stmt(stmt)
  return p.lines().join('\n')
}

const i32Ops: readonly BinaryOp[] = ['add', 'sub', 'mul', 'mod', 'min', 'max', 'bit-and', 'bit-xor', 'shl', 'shr']
const comparisons: readonly BinaryOp[] = ['lt', 'le', 'eq', 'ne']

/** Integer and bool expressions over variables, so that constructors fold nothing; their values by JavaScript's rules. */
interface Sample {
  readonly expr: Expr
  readonly value: number | boolean
}
const leaves = [-3, -1, 0, 1, 2, 5].map((value): Sample & { value: number } => ({
  expr: variable(`v${value + 3}`),
  value,
}))

function apply(op: BinaryOp, a: number, b: number): number | boolean {
  switch (op) {
    case 'add':
      return a + b
    case 'sub':
      return a - b
    case 'mul':
      return a * b
    case 'mod':
      return a % b
    case 'min':
      return Math.min(a, b)
    case 'max':
      return Math.max(a, b)
    case 'bit-and':
      return a & b
    case 'bit-xor':
      return a ^ b
    case 'shl':
      return a << b
    case 'shr':
      return a >> b
    case 'lt':
      return a < b
    case 'le':
      return a <= b
    case 'eq':
      return a === b
    case 'ne':
      return a !== b
    default:
      return fail()
  }
}

const { integer, bool } = fc.letrec<{ integer: Sample & { value: number }; bool: Sample & { value: boolean } }>(
  (tie) => ({
    integer: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      fc.constantFrom(...leaves),
      fc.record({ op: fc.constantFrom(...i32Ops), a: tie('integer'), b: tie('integer') }).map(({ op, a, b }) => ({
        expr: binary(op, a.expr, b.expr),
        value: Number(apply(op, a.value, b.value)),
      })),
      tie('integer').map(({ expr, value }) => ({ expr: unary('neg', expr), value: -value })),
    ),
    bool: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      fc.record({ op: fc.constantFrom(...comparisons), a: tie('integer'), b: tie('integer') }).map(({ op, a, b }) => ({
        expr: binary(op, a.expr, b.expr),
        value: Boolean(apply(op, a.value, b.value)),
      })),
      fc
        .record({ op: fc.constantFrom('and' as const, 'or' as const), a: tie('bool'), b: tie('bool') })
        .map(({ op, a, b }) => ({
          expr: binary(op, a.expr, b.expr),
          value: op === 'and' ? a.value && b.value : a.value || b.value,
        })),
      tie('bool').map(({ expr, value }) => ({ expr: unary('not', expr), value: !value })),
    ),
  }),
)

describe('expressions', () => {
  test('printed text reads as the same tree', () => {
    const names = leaves.map(({ expr }) => (expr.kind === 'var' ? expr.hint : ''))
    const check = ({ expr, value }: Sample): void => {
      const p = javaScript()
      for (const leaf of leaves) if (leaf.expr.kind === 'var') p.bind(leaf.expr)
      const run = new Function('min', 'max', ...names, `return ${p.text(expr)}`)
      expect(run(Math.min, Math.max, ...leaves.map((leaf) => leaf.value))).toEqual(value)
    }
    fc.assert(fc.property(fc.oneof(integer, bool), check), { numRuns: propertyRuns() })
  })

  test('parentheses stand only where they are needed', () => {
    const [a, b, c] = [variable('a'), variable('b'), variable('c')]
    const text = (expr: Expr): string => {
      const p = javaScript()
      for (const v of [a, b, c]) p.bind(v)
      return p.text(expr)
    }
    expect(text(binary('add', binary('add', a, b), binary('mul', b, c)))).toBe('a + b + b * c')
    expect(text(binary('sub', a, binary('sub', b, c)))).toBe('a - (b - c)')
    expect(text(binary('mul', binary('add', a, b), c))).toBe('(a + b) * c')
    expect(text(unary('neg', unary('neg', a)))).toBe('-(-a)')
    expect(text(binary('add', a, int(-4)))).toBe('a - 4')
    expect(text(binary('lt', binary('shl', a, b), binary('add', b, c)))).toBe('(a << b) < b + c')
    const less = binary('lt', a, b)
    expect(text(binary('and', binary('and', less, less), binary('or', less, less)))).toBe(
      'a < b && a < b && (a < b || a < b)',
    )
  })

  test('floats are the shortest digits that read back', () => {
    const cases = [0.1, 1, -0, 1 / 3, 1e-7, 3.4028234663852886e38, 1.401298464324817e-45, -16777216]
    expect(cases.map((value) => formatFloat(Math.fround(value)))).toEqual([
      '0.1',
      '1.0',
      '-0.0',
      '0.33333334',
      '1e-7',
      '3.4028234663852886e+38',
      '1e-45',
      '-16777216.0',
    ])
    const bits = new Uint32Array(1)
    const float = new Float32Array(bits.buffer)
    const readsBack = (pattern: number): void => {
      bits[0] = pattern
      const value = float[0]!
      fc.pre(Number.isFinite(value))
      expect(Object.is(Math.fround(Number(formatFloat(value))), value)).toBe(true)
    }
    fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), readsBack), { numRuns: propertyRuns() })
  })
})

describe('statements', () => {
  test('nest, name by scope and evaluate extents once', () => {
    const c = buffer('c', 'i32', [8], 'workgroup')
    const [i, j, n] = [variable('i'), variable('i'), variable('n')]
    const body = seq([
      { kind: 'declare', buffer: c },
      letStmt(n, int(3)),
      forLoop(i, n, forLoop(j, binary('add', n, i), store(c, [j], i))),
      forLoop(i, int(2), ifThen(binary('lt', i, n), store(c, [i], i), store(c, [n], i))),
    ])
    expect(printed(body)).toMatchInlineSnapshot(`
      "const c = []
      const n = 3;
      for (let i = 0; i < n; i++) {
        const i_end = n + i;
        for (let i_1 = 0; i_1 < i_end; i_1++) {
          c[i_1] = i;
        }
      }
      for (let i = 0; i < 2; i++) {
        if (i < n) {
          c[i] = i;
        } else {
          c[n] = i;
        }
      }"
    `)
  })

  test('a variable is declared with its first value where that is a constant', () => {
    const [x, y, z] = ['x', 'y', 'z'].map((hint) => buffer(hint, 'i32', [], 'private')) as [Buffer, Buffer, Buffer]
    const declared = [x, y, z].map((each): Stmt => ({ kind: 'declare', buffer: each }))
    const n = variable('n')
    const body = seq([
      ...declared,
      store(y, [], int(2)),
      store(x, [], int(1)),
      letStmt(n, int(3)),
      store(z, [], int(4)),
    ])
    expect(printed(body)).toMatchInlineSnapshot(`
      "let x = 1;
      let y = 2;
      const z = []
      const n = 3;
      z[] = 4;"
    `)
  })

  test('an unbound variable is a bug of ours', () => {
    expect(() => printed(letStmt(variable('a'), variable('b')))).toThrow('variable "b" is used where it is not bound')
  })
})
