/** Casts between the types that expressions compute in, and bits read as another type. */
import type { ScalarType } from '@tilewright/ir'
import type { TypedArray } from '@tilewright/simulator'
import type { ConformanceCase } from '../conformance-case.js'
import { type MapRow, mapCase } from '../map-case.js'
import { bitsAs } from '../operations.js'

const types: readonly ScalarType[] = ['f32', 'i32', 'u32', 'bool']
const [lowest, highest, most] = [-(2 ** 31), 2 ** 31 - 1, 2 ** 32 - 1]
const floats = Float32Array.of(
  ...[0, -0, 0.5, -0.5, 0.99, -0.99, 1.9, -1.9, 255.5, 16777217, 2147483520, 2147483648, 3e9, 4294967040],
  ...[4294967296, 5e9, -2147483648, -3e9, 1e30, -1e30, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
)
const ints = Int32Array.of(
  ...[0, 1, -1, 255, 2 ** 24, 2 ** 24 + 1, 2 ** 24 + 3, -(2 ** 24) - 1, -(2 ** 25) - 6],
  ...[highest, highest - 63, highest - 64, highest - 191, lowest, lowest + 64, lowest + 65],
)
const words = Uint32Array.of(
  ...[0, 1, 255, 65535, 65536, 2 ** 24 + 1, 2 ** 24 + 3, highest, 2 ** 31, 2 ** 31 + 128, 2 ** 31 + 129, 2 ** 31 + 384],
  ...[most, most - 127, most - 128, most - 129, most - 383, most - 384],
)
/** Of normal numbers and infinities; of NaN none, whose bits may change. */
const patterns = Uint32Array.of(0, 0x3f800000, 0xbf800000, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000)

export const conversionCases: readonly ConformanceCase[] = [
  casts('f32', floats),
  casts('i32', ints),
  casts('u32', words),
  casts('bool', Uint8Array.of(0, 1)),
  mapCase({
    area: 'conversions',
    name: 'bits',
    x: { dtype: 'f32', values: new Float32Array(patterns.buffer) },
    y: { dtype: 'u32', values: patterns },
    rows: [
      { name: 'f32 as u32', of: bitsAs('u32') },
      { name: 'f32 as i32', of: bitsAs('i32') },
      { name: 'the exponent', of: (x) => bitsAs('u32')(x).shr(23).bitAnd(255) },
      { name: 'is infinite', of: (x) => bitsAs('i32')(x).bitAnd(0x7fffffff).eq(0x7f800000) },
      { name: 'u32 as f32', of: (_, bits) => bitsAs('f32')(bits) },
      { name: 'i32 as f32', of: (_, bits) => bitsAs('f32')(bits.cast('i32')) },
    ],
  }),
]

function casts(from: ScalarType, values: TypedArray): ConformanceCase {
  const rows = types.filter((to) => to !== from).map((to): MapRow => ({ name: `to ${to}`, of: (x) => x.cast(to) }))
  return mapCase({ area: 'conversions', name: `casts of ${from}`, x: { dtype: from, values }, rows })
}
