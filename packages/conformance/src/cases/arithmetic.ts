/** Operations that are exact on every target: integers, bools, and f32 as far as it is rounded once. */
import type { ConformanceCase } from '../conformance-case.js'
import { type MapCaseDetails, type MapRow, mapCase, pairs } from '../map-case.js'
import { binaryOp, binaryRows, bound, constantRows, ulp, unaryOp } from '../operations.js'

const arithmetic = (details: Omit<MapCaseDetails, 'area'>): ConformanceCase =>
  mapCase({ area: 'arithmetic', ...details })

const [lowest, highest, most] = [-(2 ** 31), 2 ** 31 - 1, 2 ** 32 - 1]
const signed = [
  0,
  1,
  -1,
  2,
  -2,
  3,
  -3,
  7,
  -8,
  31,
  33,
  -100,
  255,
  65536,
  2 ** 24 + 1,
  1e9 + 7,
  highest,
  highest - 1,
  lowest,
]
const unsigned = [0, 1, 2, 3, 7, 31, 33, 255, 65535, 65536, 2 ** 24 + 1, highest, 2 ** 31, 2 ** 31 + 1, most - 1, most]

const [signedLeft, signedRight] = pairs(signed)
const [unsignedLeft, unsignedRight] = pairs(unsigned)
const [dividend, divisor] = pairs(
  signed,
  signed.filter((value) => value !== 0),
)
const [unsignedDividend, unsignedDivisor] = pairs(
  unsigned,
  unsigned.filter((value) => value !== 0),
)
const i32 = (values: readonly number[]) => ({ dtype: 'i32', values: Int32Array.from(values) }) as const
const u32 = (values: readonly number[]) => ({ dtype: 'u32', values: Uint32Array.from(values) }) as const
const f32 = (values: readonly number[]) => ({ dtype: 'f32', values: Float32Array.from(values) }) as const
const bool = (values: readonly number[]) => ({ dtype: 'bool', values: Uint8Array.from(values) }) as const

const integerOps = binaryRows(['add', 'sub', 'mul', 'min', 'max', 'bit-and', 'bit-xor', 'shl', 'shr'])
const quotients = binaryRows(['div', 'mod'])
const comparisons = binaryRows(['lt', 'le', 'eq', 'ne'])
/** Names of other precedence than those around them: parentheses and temporaries. */
const nested: readonly MapRow[] = [
  { name: 'x - (y - x)', of: (x, y) => x.sub(y.sub(x)) },
  { name: '(x + y) * (x - y)', of: (x, y) => x.add(y).mul(x.sub(y)) },
  { name: '(x ^ y) & (x + 1)', of: (x, y) => x.bitXor(y).bitAnd(x.add(1)) },
  { name: '(x << 3) + (y >> 2)', of: (x, y) => x.shl(3).add(y.shr(2)) },
  { name: 'x < y ? x * 3 : y', of: (x, y) => x.lt(y).select(x.mul(3), y) },
  { name: 'min(x, y) != max(x, y) ? x : 9', of: (x, y) => x.min(y).ne(x.max(y)).select(x, 9) },
]

// Results, and what they are made of, are normal numbers: others may be flushed.
const floats = [
  0,
  1,
  -1,
  0.1,
  -0.1,
  1 / 3,
  1.5,
  2.5,
  -2.5,
  3,
  1e-3,
  7,
  255.5,
  16777216,
  16777215,
  -1e6,
  3.1e8,
  1e12,
  -1e-12,
]
const [floatLeft, floatRight] = pairs(floats)
const [floatDividend, floatDivisor] = pairs(
  floats,
  floats.filter((value) => value !== 0),
)
/** Rounded after the product, or not: a device may fuse the two. */
const contracted = (expected: number, x: number, y: number): number => ulp(x * y) + ulp(expected)

const divided = (expected: number): number => 2.5 * ulp(expected) + bound(0, 0)(expected)

export const arithmeticCases: readonly ConformanceCase[] = [
  arithmetic({
    name: 'i32 wraps, and shifts by five bits',
    x: i32(signedLeft),
    y: i32(signedRight),
    rows: [
      ...integerOps,
      ...comparisons,
      { name: 'neg', of: unaryOp('neg') },
      { name: 'abs', of: unaryOp('abs') },
      ...nested,
      { name: '-(-x)', of: (x) => x.neg().neg() },
      { name: 'x - (-y)', of: (x, y) => x.sub(y.neg()) },
    ],
  }),
  arithmetic({
    name: 'i32 with constants',
    x: i32(signed),
    rows: [
      ...constantRows('add', 'i32', [-1, highest, lowest]),
      ...constantRows('sub', 'i32', [-1, lowest]),
      ...constantRows('mul', 'i32', [-1, 3, 8, 2 ** 16, highest, lowest]),
      ...constantRows('shl', 'i32', [1, 31, 32, 33]),
      ...constantRows('shr', 'i32', [1, 31, 33]),
      ...constantRows('bit-and', 'i32', [255, -256, lowest]),
      ...constantRows('max', 'i32', [0, lowest]),
      ...constantRows('min', 'i32', [lowest, -5]),
      ...constantRows('lt', 'i32', [0, lowest, highest]),
    ],
  }),
  arithmetic({
    name: 'i32 quotients truncate, and remainders have the sign of the dividend',
    x: i32(dividend),
    y: i32(divisor),
    rows: [
      ...quotients,
      ...constantRows('div', 'i32', [2, 3, 16, -4, 7, highest, lowest, -1]),
      ...constantRows('mod', 'i32', [2, 3, 16, -4, 10, lowest, -1]),
    ],
  }),
  arithmetic({
    name: 'u32 wraps, and shifts in zeros',
    x: u32(unsignedLeft),
    y: u32(unsignedRight),
    rows: [
      ...integerOps,
      ...comparisons,
      ...nested,
      ...constantRows('mul', 'u32', [3, most]),
      ...constantRows('shr', 'u32', [31, 33]),
      ...constantRows('lt', 'u32', [2 ** 31, most]),
    ],
  }),
  arithmetic({
    name: 'u32 quotients',
    x: u32(unsignedDividend),
    y: u32(unsignedDivisor),
    rows: [
      ...quotients,
      ...constantRows('div', 'u32', [2, 3, 7, 2 ** 31, most]),
      ...constantRows('mod', 'u32', [2, 3, 10, 2 ** 31, most]),
    ],
  }),
  arithmetic({
    name: 'bools',
    x: bool([0, 0, 1, 1]),
    y: bool([0, 1, 0, 1]),
    rows: [
      ...binaryRows(['and', 'or', 'eq', 'ne']),
      { name: 'not', of: (x) => x.not() },
      { name: 'not (x and not y)', of: (x, y) => x.and(y.not()).not() },
      { name: '(x or y) and (x != y)', of: (x, y) => x.or(y).and(x.ne(y)) },
      { name: 'x or y and not x', of: (x, y) => x.or(y.and(x.not())) },
      { name: 'x ? y : not y', of: (x, y) => x.select(y, y.not()) },
      { name: 'x == (y == x)', of: (x, y) => x.eq(y.eq(x)) },
    ],
  }),
  arithmetic({
    name: 'f32 rounds each operation once',
    x: f32(floatLeft),
    y: f32(floatRight),
    rows: [
      ...binaryRows(['add', 'sub', 'mul', 'min', 'max']),
      ...comparisons,
      ...(['neg', 'abs', 'floor', 'ceil', 'round'] as const).map((op) => ({ name: op, of: unaryOp(op) })),
      { name: '(x + y) + 1', of: (x, y) => x.add(y).add(1) },
      { name: 'x + (y + 1)', of: (x, y) => x.add(y.add(1)) },
      { name: 'x - (y - x)', of: (x, y) => x.sub(y.sub(x)) },
      { name: '(x * y) * 3', of: (x, y) => x.mul(y).mul(3) },
      { name: '-x * (-y)', of: (x, y) => x.neg().mul(y.neg()) },
      { name: 'x <= y ? x : -y', of: (x, y) => x.le(y).select(x, y.neg()) },
      ...constantRows('mul', 'f32', [0.1, -1, 2 ** -20, 1e10]),
      ...constantRows('add', 'f32', [0.1, -1e-8, 16777216]),
      { name: 'x * y + x', of: (x, y) => x.mul(y).add(x), tolerance: contracted },
      { name: 'y - x * y', of: (x, y) => y.sub(x.mul(y)), tolerance: contracted },
    ],
  }),
  arithmetic({
    name: 'f32 divides to within 2.5 units in the last place',
    x: f32(floatDividend),
    y: f32(floatDivisor),
    rows: [{ name: 'div', of: binaryOp('div') }, ...constantRows('div', 'f32', [3, 0.1, -7])].map((row) => ({
      ...row,
      tolerance: divided,
    })),
  }),
]
