/** The functions of f32 as functions of doubles: rounded once, they are what the semantics of expr.ts approximate. */
import type { FloatFunction } from './expr.js'

export const floatFunctions: Readonly<Record<FloatFunction, (x: number) => number>> = {
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  erf,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundToEven,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
}

/** From 2^52 on, doubles are whole: what an f32 has behind the point is rounded away, halves to even. */
function roundToEven(x: number): number {
  const whole = 1.5 * 2 ** 52
  return Math.fround(x + whole - whole)
}

/** 2/√π · e^(-x²) · Σ 2ⁿ·x^(2n+1) / (2n+1)!!: all terms have one sign, so nothing cancels. From 6 on it is 1 as a double. */
function erf(x: number): number {
  const magnitude = Math.min(Math.abs(x), 6)
  let [term, sum] = [magnitude, magnitude]
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * magnitude * magnitude) / (2 * n + 1)
    sum += term
  }
  return ((Math.sign(x) * 2) / Math.sqrt(Math.PI)) * Math.exp(-magnitude * magnitude) * sum
}
