import { propertyRuns, runOperation, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TensorType } from '../tensor.js'
import {
  absOp,
  acoshOp,
  acosOp,
  asinhOp,
  asinOp,
  atanhOp,
  atanOp,
  ceilOp,
  coshOp,
  cosOp,
  erfOp,
  expOp,
  floorOp,
  logOp,
  negOp,
  powOp,
  reciprocalOp,
  roundOp,
  signOp,
  sinhOp,
  sinOp,
  sqrtOp,
  tanhOp,
  tanOp,
} from './functions.js'

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })
const i32 = (...shape: readonly number[]): TensorType => ({ dtype: 'i32', shape })

test.each([
  ['Exp', expOp, Math.exp],
  ['Log', logOp, Math.log],
  ['Sqrt', sqrtOp, Math.sqrt],
  ['Tanh', tanhOp, Math.tanh],
  ['Sin', sinOp, Math.sin],
  ['Cos', cosOp, Math.cos],
  ['Tan', tanOp, Math.tan],
  ['Asin', asinOp, Math.asin],
  ['Acos', acosOp, Math.acos],
  ['Atan', atanOp, Math.atan],
  ['Sinh', sinhOp, Math.sinh],
  ['Cosh', coshOp, Math.cosh],
  ['Asinh', asinhOp, Math.asinh],
  ['Acosh', acoshOp, Math.acosh],
  ['Atanh', atanhOp, Math.atanh],
  ['Floor', floorOp, Math.floor],
  ['Ceil', ceilOp, Math.ceil],
  ['Abs', absOp, Math.abs],
  ['Neg', negOp, (x: number) => -x],
  ['Reciprocal', reciprocalOp, (x: number) => 1 / x],
])('%s is its function, rounded once', (name, operator, truth) => {
  const data = Float32Array.of(0.25, 1, 1.75, 3.5)
  const operation = operator(f32(4))
  expect(operation.name).toBe(name)
  expect(runOperation(operation, [{ type: f32(4), data }])[0]).toEqual(data.map(truth))
})

test('Round is to nearest, halves to even', () => {
  const data = Float32Array.of(-2.5, -1.5, -0.4, 0.5, 1.5, 2.5, 2.6, 1e10)
  const [result] = runOperation(roundOp(f32(8)), [{ type: f32(8), data }])
  expect([...(result ?? [])].map((x) => x + 0)).toEqual([-2, -2, 0, 0, 2, 2, 3, 1e10])
})

test('Erf is the error function', () => {
  const [result] = runOperation(erfOp(f32(3)), [{ type: f32(3), data: Float32Array.of(-1, 0, 0.5) }])
  expect(result).toEqual(Float32Array.of(-0.8427007929497149, 0, 0.5204998778130465))
})

test('Sign of floats, signed and unsigned integers', () => {
  const sign = (dtype: 'f32' | 'i8' | 'u8', data: Float32Array | Int8Array | Uint8Array) => {
    const type: TensorType = { dtype, shape: [data.length] }
    return runOperation(signOp(type), [{ type, data }])[0]
  }
  expect(sign('f32', Float32Array.of(-0.5, 0, 3))).toEqual(Float32Array.of(-1, 0, 1))
  expect(sign('i8', Int8Array.of(-128, 0, 5))).toEqual(Int8Array.of(-1, 0, 1))
  expect(sign('u8', Uint8Array.of(0, 200))).toEqual(Uint8Array.of(0, 1))
  expect(thrownBy(() => signOp({ dtype: 'bool', shape: [] })).message).toBe('Sign is not defined on bool')
})

test('Abs and Neg of integers', () => {
  const i8: TensorType = { dtype: 'i8', shape: [2] }
  const narrow = { type: i8, data: Int8Array.of(-128, 5) }
  expect(runOperation(absOp(i8), [narrow])[0]).toEqual(Int8Array.of(-128, 5))
  expect(runOperation(negOp(i8), [narrow])[0]).toEqual(Int8Array.of(-128, -5))
  const u8: TensorType = { dtype: 'u8', shape: [1] }
  expect(runOperation(absOp(u8), [{ type: u8, data: Uint8Array.of(200) }])[0]).toEqual(Uint8Array.of(200))
  expect(thrownBy(() => negOp(u8)).message).toBe('Neg is not defined on u8')
  expect(thrownBy(() => expOp(i32(1))).message).toBe('Exp is not defined on i32')
})

describe('Pow', () => {
  const bases = { type: f32(4), data: Float32Array.of(-2, -0.5, 3, 4) }
  const power = (exponent: number) => runOperation(powOp(bases.type, exponent), [bases])[0]

  test('of a known exponent', () => {
    for (const exponent of [0, 1, 2, 3, -1, 5]) expect(power(exponent)).toEqual(bases.data.map((x) => x ** exponent))
    expect(power(0.5)).toEqual(Float32Array.of(Number.NaN, Number.NaN, Math.sqrt(3), 2))
  })

  test('broadcasts exponents of any number type', () => {
    const exponents = { type: i32(2, 1), data: Int32Array.of(3, -2) }
    const [result] = runOperation(powOp(bases.type, exponents.type), [bases, exponents])
    expect(result).toEqual(Float32Array.of(-8, -0.125, 27, 64, 0.25, 4, 1 / 9, 0.0625))
  })

  test('an integer to a fraction truncates, to a whole number is exact', () => {
    const [base, exponent] = [i32(3), f32(3)]
    const [result] = runOperation(powOp(base, exponent), [
      { type: base, data: Int32Array.of(5, 3, -3) },
      { type: exponent, data: Float32Array.of(3, 0.5, 3) },
    ])
    expect(result).toEqual(Int32Array.of(125, 1, -27))
  })

  test('integers to integers wrap as products do', () => {
    const type = i32(1)
    const ofUnits = fc.tuple(fc.constantFrom(-1, 0, 1), fc.integer({ min: -100, max: 100 }))
    const others = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 0, max: 31 }))
    fc.assert(
      fc.property(fc.oneof(ofUnits, others), ([x, y]) => {
        fc.pre(x !== 0 || y >= 0)
        const [result] = runOperation(powOp(type, type), [
          { type, data: Int32Array.of(x) },
          { type, data: Int32Array.of(y) },
        ])
        expect(result).toEqual(Int32Array.of(Number(BigInt.asIntN(32, BigInt(x) ** BigInt(Math.abs(y))))))
      }),
      { numRuns: propertyRuns() },
    )
  })
})
