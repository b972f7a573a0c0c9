/** Functions of f32, within the bounds that stand above `Expr` in the IR. */
import { constant, type FloatFunction, value } from '@tilewright/ir'
import type { ConformanceCase } from '../conformance-case.js'
import { type MapRow, mapCase } from '../map-case.js'
import { binaryOp, bound, functionRow, near, sweep, ulp } from '../operations.js'

const points = 2048

const over = (name: string, x: Float32Array, rows: readonly MapRow[]): ConformanceCase =>
  mapCase({ area: 'functions', name, x: { dtype: 'f32', values: x }, rows })

const precise = (...ops: readonly FloatFunction[]): readonly MapRow[] =>
  ops.map((op) => functionRow(op, bound(1e-6, 1e-7)))
const looser = (...ops: readonly FloatFunction[]): readonly MapRow[] =>
  ops.map((op) => functionRow(op, bound(1e-6, 1e-6)))
const exact = (...ops: readonly FloatFunction[]): readonly MapRow[] => ops.map((op) => functionRow(op, () => 0))
/** Half a unit more than the bound: the simulator's results are rounded. */
const exponential = functionRow('exp', (expected, x) => (3.5 + 2 * Math.abs(x)) * ulp(expected))
const root = functionRow('sqrt', (expected) => 4.5 * ulp(expected))
const circular = (['sin', 'cos', 'tan'] as const).map((op) => functionRow(op, near(op, 1e-7, 1e-6)))

const power = (exponent: number): MapRow => ({
  name: `pow ${exponent}`,
  of: (x) => binaryOp('pow')(x, value(constant('f32', exponent))),
  tolerance: (expected, x) => {
    const spread = exponent === 0 ? 0 : Math.abs(exponent) * (1 + Math.abs(Math.log(Math.abs(x))))
    return bound(1e-6 * (1 + spread), 1e-7)(expected)
  },
})

/** Numbers, and the f32 from one to another in even steps. */
function numbers(
  singles: readonly number[],
  ...sweeps: readonly (readonly [from: number, to: number])[]
): Float32Array {
  return Float32Array.from([...singles, ...sweeps.flatMap(([from, to]) => [...sweep(from, to, points)])])
}

export const functionCases: readonly ConformanceCase[] = [
  over('below one, and at its ends', numbers([-1, 1, 1.5, -2.5], [-0.01, 0.01], [-0.9999, 0.9999]), [
    exponential,
    ...precise('tanh', 'erf', 'asin', 'acos', 'atan', 'sinh', 'cosh'),
    ...looser('asinh', 'atanh'),
    ...circular,
  ]),
  over('up to 2^15', numbers([0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 254.5], [-12, 12], [-(2 ** 15), 2 ** 15]), [
    ...precise('tanh', 'erf', 'atan'),
    ...looser('asinh'),
    ...circular,
    ...exact('floor', 'ceil', 'round'),
  ]),
  over('exponentials up to the largest f32', numbers([0], [-12, 12], [-80, 88.7]), [
    exponential,
    ...precise('sinh', 'cosh'),
  ]),
  over('logarithms and roots', numbers([0, 1, -1, -2.5, -1e30, 1e-30, 1e30], [1e-6, 3], [1, 1e6]), [
    root,
    ...looser('log', 'acosh'),
  ]),
  over('powers', numbers([], [-20, 20]), [-3, -0.5, 0, 1, 2, 2.5, 7].map(power)),
  over('numbers that are not finite', Float32Array.of(-3, 0, 1.5, 1e30), [
    { name: 'max with -inf', of: (x) => x.max(Number.NEGATIVE_INFINITY) },
    { name: 'min with inf', of: (x) => x.min(Number.POSITIVE_INFINITY) },
    { name: 'inf', of: (x) => x.lt(0).select(x, Number.POSITIVE_INFINITY) },
    { name: 'NaN', of: (x) => x.lt(0).select(x, Number.NaN) },
  ]),
]
