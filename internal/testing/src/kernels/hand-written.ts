// What the hand-written kernels share: their form, data whose sums are exact in every order, and the comparison of a run
// with the definition. The reference is never a kernel: it is the definition, evaluated without any schedule.
import {
  assertValid,
  type Buffer,
  buffer,
  type Definition,
  type DType,
  definition,
  elementCount,
  evaluateSize,
  invariant,
  type Kernel,
  load,
  matmul,
  type Operand,
  rewriteStmts,
  type SizeValues,
  type Stmt,
  seq,
  someExpr,
  toExpr,
  type Value,
  value,
  walkExprs,
} from '@tilewright/ir'
import { allocate, evaluateDefinition, numberToHalf, runKernelAllWays, type TypedArray } from '@tilewright/simulator'
import type { MatmulShape } from '../fixtures/authored-matmul.js'

/**
 * What is computed, and kernels that compute it, in launch order. They use the buffers of the definition; every other
 * parameter is a workspace between them.
 */
export interface HandWritten {
  readonly definition: Definition
  readonly kernels: readonly Kernel[]
}

export interface MatmulDefinition {
  readonly a: Buffer
  readonly b: Buffer
  readonly c: Buffer
  readonly definition: Definition
}

/** c[m, n] = a[m, k] · b[k, n], the operands in `dtype`, the result in f32. */
export function matmulDefinition({ m, n, k }: MatmulShape, dtype: 'f32' | 'f16' = 'f32'): MatmulDefinition {
  const a = buffer('a', dtype, [m, k], 'storage')
  const b = buffer('b', dtype, [k, n], 'storage')
  const c = buffer('c', 'f32', [m, n], 'storage')
  const product = matmul(
    c,
    k,
    (_, row, depth) => load(a, [row, depth]),
    (_, depth, column) => load(b, [depth, column]),
  )
  return { a, b, c, definition: definition('matmul', [a, b], [c], [product]) }
}

/** The element of a finished buffer, for equations. */
export function element(of: Buffer, ...index: readonly Operand[]): Value {
  return value(
    load(
      of,
      index.map((i) => toExpr(i, 'i32')),
    ),
  )
}

/** Uniform in [0, 1), the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    const mixed = Math.imul(state ^ (state >>> 15), state | 1)
    const more = mixed ^ (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61))
    return ((more ^ (more >>> 14)) >>> 0) / 2 ** 32
  }
}

/** How many elements a buffer has in a run. */
export function countOf({ shape }: Buffer, sizes: SizeValues): number {
  return evaluateSize(elementCount(shape), sizes)
}

/** Fills each input with integers from -2 to 2: their products and sums are exact in f32 in every order. */
export function integerInputs({ inputs }: Definition, sizes: SizeValues, seed: number): Map<Buffer, TypedArray> {
  const random = randomFrom(seed)
  const encode = (dtype: DType, integer: number): number => (dtype === 'f16' ? numberToHalf(integer) : integer)
  return new Map(
    inputs.map((input) => {
      const integers = allocate(input.dtype, countOf(input, sizes))
      return [input, integers.map(() => encode(input.dtype, Math.floor(random() * 5) - 2))]
    }),
  )
}

export interface RunOptions {
  readonly sizes?: SizeValues
  /** How far an element may be off, as a part of the largest of its output. Default 0: the same bits. */
  readonly tolerance?: number
}

/**
 * Runs the kernels in both orders, async copies at both moments, and compares with the definition: what differs first,
 * or undefined. Buffers that no kernel has written hold NaN (integers: a pattern). Throws `SimulatorError`.
 */
export function disagreement(
  { definition, kernels }: HandWritten,
  inputs: ReadonlyMap<Buffer, TypedArray>,
  { sizes = {}, tolerance = 0 }: RunOptions = {},
): string | undefined {
  const buffers = new Map(inputs)
  for (const kernel of kernels) {
    for (const param of kernel.params) {
      if (!buffers.has(param)) buffers.set(param, unwritten(param.dtype, countOf(param, sizes)))
    }
    runKernelAllWays(kernel, { buffers, sizes })
  }
  const expected = evaluateDefinition(definition, inputs, sizes)
  for (const output of definition.outputs) {
    const [got, want] = [buffers.get(output), expected.get(output)]
    invariant(got !== undefined && want !== undefined, `the kernels and the definition both write ${output.hint}`)
    const allowed = tolerance * Array.from(want, Math.abs).reduce((a, b) => Math.max(a, b), 0)
    for (let i = 0; i < want.length; i++) {
      const [is, should] = [Number(got[i]), Number(want[i])]
      const agrees = allowed === 0 ? Object.is(is, should) : Math.abs(is - should) <= allowed
      if (!agrees) return `element ${i} of ${output.hint} is ${text(is)}, not ${text(should)}`
    }
  }
  return undefined
}

/** Tells the zeros apart. */
const text = (number: number): string => (Object.is(number, -0) ? '-0' : String(number))

function unwritten(dtype: DType, count: number): TypedArray {
  return allocate(dtype, count).fill(dtype === 'f32' ? Number.NaN : 0x5a5a5a5a)
}

/**
 * Throws unless the kernels are valid, and all arithmetic that takes a thread apart stands in task mappings: no `/` or
 * `%` on the index of a thread, a lane or a subgroup.
 */
export function assertWellWritten({ kernels }: HandWritten): void {
  for (const kernel of kernels) {
    assertValid(kernel)
    walkExprs(kernel.body, (expr) => {
      const isDivision = expr.kind === 'binary' && (expr.op === 'div' || expr.op === 'mod')
      const takesApart = isDivision && someExpr(expr, (node) => node.kind === 'builtin' && threadNames.has(node.name))
      invariant(!takesApart, `kernel "${kernel.name}" divides the index of a thread`)
    })
  }
}

const threadNames: ReadonlySet<string> = new Set(['thread', 'lane', 'subgroup'])

/** The kernel without the statements that match, of which there must be some: for tests of what is then caught. */
export function withoutStmts(kernel: Kernel, matches: (stmt: Stmt) => boolean): Kernel {
  const body = rewriteStmts(kernel.body, (stmt) => (matches(stmt) ? seq([]) : stmt))
  invariant(body !== kernel.body, `kernel "${kernel.name}" has such a statement`)
  return { ...kernel, body }
}
