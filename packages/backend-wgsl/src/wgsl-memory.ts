/**
 * How buffers of each dtype lie in WGSL memory, and what a load from them and a store to them look like.
 *
 * WGSL has no 8-bit types, no bf16 and no bool in storage, and f16 only with a feature that few adapters have: every element
 * takes one 32-bit word, narrowed at each store, so that loads need nothing. Indices are trusted: WGSL clamps what is
 * out of bounds.
 */
import { type BufferUsage, type Code, call, level } from '@tilewright/backend'
import {
  type Buffer,
  binary,
  computeType,
  type Expr,
  type HalfDType,
  InternalError,
  int,
  mul,
  type ScalarType,
} from '@tilewright/ir'

/** The WGSL type of one element: computed values of bool are words only where memory is shared with the host. */
export function elementType(buffer: Buffer): ScalarType {
  const type = computeType(buffer.dtype)
  return type === 'bool' && buffer.scope === 'storage' ? 'u32' : type
}

/** The type of what one access moves. */
export function accessType(buffer: Buffer, { lanes, atomic }: BufferUsage): string {
  const element = elementType(buffer)
  if (atomic) return `atomic<${element}>`
  return lanes === 1 ? element : `vec${lanes}<${element}>`
}

/** The number of elements of a workgroup or private buffer. */
export function staticElements(buffer: Buffer): number {
  return buffer.shape.reduce<number>((product, extent) => {
    if (typeof extent !== 'number')
      throw new InternalError(`${buffer.scope} buffer "${buffer.hint}" has no static shape`)
    return product * extent
  }, 1)
}

/** The type of a whole workgroup or private buffer; rank 0 is a plain variable. */
export function variableType(buffer: Buffer, usage: BufferUsage): string {
  const access = accessType(buffer, usage)
  // WGSL has no empty arrays.
  return buffer.shape.length === 0 ? access : `array<${access}, ${Math.max(1, wordsOf(buffer, usage))}>`
}

/** Bytes that a workgroup buffer takes. */
export function workgroupBytes(buffer: Buffer, usage: BufferUsage): number {
  return Math.max(1, wordsOf(buffer, usage)) * usage.lanes * 4
}

function wordsOf(buffer: Buffer, { lanes }: BufferUsage): number {
  return Math.ceil(staticElements(buffer) / lanes)
}

/** A value as it is stored: narrowed to the buffer's dtype. */
export function narrowed(buffer: Buffer, value: Code): Code {
  switch (buffer.dtype) {
    case 'f32':
    case 'i32':
    case 'u32':
      return value
    case 'bool':
      return elementType(buffer) === 'bool' ? value : call('u32', [value.text])
    case 'f16':
    case 'bf16':
      return call(`round_${buffer.dtype}`, [value.text])
    // Keeps the low bits, and extends the sign of an i32.
    case 'i8':
    case 'u8':
      return call('extractBits', [value.text, '0u', '8u'])
  }
}

/** What was loaded as a value of the compute type. */
export function widened(buffer: Buffer, lanes: 1 | 2 | 4, word: Code): Code {
  if (computeType(buffer.dtype) !== 'bool' || elementType(buffer) === 'bool') return word
  return { text: `${word.text} != ${lanes === 1 ? '0u' : `vec${lanes}<u32>()`}`, level: level.comparison }
}

/**
 * `index / lanes`, where `index` is a flat index that is a multiple of `lanes`: divided term by term as far as its form
 * allows, so that accesses at constant distances share the shift of what is left.
 */
export function vectorIndex(index: Expr, lanes: 2 | 4): Expr {
  const exact = dividedBy(index, lanes)
  if (exact !== undefined) return exact
  if (index.kind === 'binary' && (index.op === 'add' || index.op === 'sub')) {
    // Where the sum and one term are multiples, so is the other term.
    const right = dividedBy(index.right, lanes)
    if (right !== undefined) return binary(index.op, vectorIndex(index.left, lanes), right)
    const left = dividedBy(index.left, lanes)
    if (left !== undefined) return binary(index.op, left, vectorIndex(index.right, lanes))
  }
  return binary('shr', index, int(lanes === 4 ? 2 : 1))
}

/** `expr / divisor` where the division is exact by the form of the expression. */
function dividedBy(expr: Expr, divisor: number): Expr | undefined {
  if (expr.kind === 'const') {
    const value = Number(expr.value)
    return value % divisor === 0 ? int(value / divisor) : undefined
  }
  if (expr.kind !== 'binary') return undefined
  const { op, left, right } = expr
  switch (op) {
    case 'add':
    case 'sub': {
      const [l, r] = [dividedBy(left, divisor), dividedBy(right, divisor)]
      return l === undefined || r === undefined ? undefined : binary(op, l, r)
    }
    case 'mul': {
      const r = right.kind === 'const' ? dividedBy(right, divisor) : undefined
      if (r !== undefined) return mul(left, r)
      const l = dividedBy(left, divisor)
      return l === undefined ? undefined : mul(l, right)
    }
    default:
      return undefined
  }
}

/** The helpers that stores of narrow floats call: they round to the nearest, ties to even; NaN stays NaN. */
export const roundings: Readonly<Record<HalfDType, string>> = {
  f16: `// Rounds to the nearest f16, ties to even; NaN stays NaN.
fn round_f16(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let rounded = (magnitude + 0xfffu + ((magnitude >> 13u) & 1u)) & 0xffffe000u;
  let bounded = select(select(rounded, 0x7f800000u, rounded >= 0x47800000u), magnitude, magnitude > 0x7f800000u);
  let normal = bitcast<f32>((bits & 0x80000000u) | bounded);
  return select(normal, round(x * 16777216.0) * 5.9604644775390625e-8, magnitude < 0x38800000u);
}
`,
  bf16: `// Rounds to the nearest bf16, ties to even; NaN stays NaN.
fn round_bf16(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let rounded = (bits + 0x7fffu + ((bits >> 16u) & 1u)) & 0xffff0000u;
  return bitcast<f32>(select(rounded, bits, (bits & 0x7fffffffu) > 0x7f800000u));
}
`,
}
