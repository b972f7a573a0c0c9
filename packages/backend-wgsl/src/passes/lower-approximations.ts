/**
 * Replaces what drivers compute too loosely by our own approximations, which keep the bound of the IR: 1e-6 relative
 * error plus 1e-7 absolute.
 *
 * - `exp`: WGSL allows an error that grows with the argument, and implementations use it (2^(x·log2 e) with a rounded
 *   product). Positive arguments are reduced first: e^x = 2^n · e^(x − n·ln 2), with ln 2 in two parts (Cody and Waite).
 *   Below zero the absolute bound is wide enough.
 * - `tanh`: errors up to 1e-3 near zero on software adapters. An odd polynomial up to 0.625 (coefficients of Cephes'
 *   tanhf, S. Moshier), 1 − 2 / (e^2x + 1) above.
 * - f32 to integer: WGSL clamps to the largest f32 below 2^31 or 2^32, the IR to the largest integer.
 */
import {
  add,
  binary,
  cast,
  constant,
  definePass,
  div,
  type Expr,
  int,
  lt,
  mul,
  type Pass,
  select,
  sub,
  unary,
} from '@tilewright/ir'
import { type Bind, expandExpressions } from './expand-expressions.js'

const f32 = (value: number): Expr => constant('f32', value)

export const lowerApproximations: Pass = definePass('lower-approximations', {}, (kernel) => {
  const body = expandExpressions(kernel.body, {
    matches: (node) => (node.kind === 'unary' && (node.op === 'exp' || node.op === 'tanh')) || isFloatToInteger(node),
    expand: (node, bind) => {
      if (node.kind === 'cast') return clampedCast(node.dtype, bind('x', node.value))
      if (node.kind !== 'unary') return node
      const { op, value } = node
      // WGSL refuses constant expressions that overflow.
      if (value.kind === 'const')
        return f32(op === 'exp' ? Math.exp(Number(value.value)) : Math.tanh(Number(value.value)))
      return op === 'exp' ? exp(bind('x', value), bind) : tanh(bind('x', value), bind)
    },
  })
  return body === kernel.body ? kernel : { ...kernel, body }
})

function isFloatToInteger(node: Expr): node is Extract<Expr, { readonly kind: 'cast' }> {
  return node.kind === 'cast' && node.value.dtype === 'f32' && (node.dtype === 'i32' || node.dtype === 'u32')
}

function clampedCast(dtype: Expr['dtype'], x: Expr): Expr {
  const end = dtype === 'i32' ? 2 ** 31 : 2 ** 32
  return select(lt(x, f32(end)), cast(dtype, x), constant(dtype, end - 1))
}

/** The leading bits of ln 2, of which any multiple up to 128 is exact, and the rest. */
const ln2High = 0.693359375
const ln2Low = Math.LN2 - ln2High

function exp(x: Expr, bind: Bind): Expr {
  const whole = cast('i32', binary('max', mul(x, f32(Math.LOG2E)), f32(0)))
  // 2^128 is no f32; above, e^(x − 127·ln 2) makes the product overflow as it should.
  const n = bind('n', binary('min', whole, int(127)))
  const multiple = bind('multiple', cast('f32', n))
  const rest = sub(sub(x, mul(multiple, f32(ln2High))), mul(multiple, f32(ln2Low)))
  const bit = (of: number): Expr => select(binary('ne', binary('bit-and', n, int(of)), int(0)), f32(2 ** of), f32(1))
  const low = cast('f32', binary('shl', constant('u32', 1), cast('u32', binary('bit-and', n, int(31)))))
  return mul(mul(mul(unary('exp', rest), low), bit(32)), bit(64))
}

/** Of x³, x⁵, …, x¹¹. */
const tanhCoefficients = [-3.33332819422e-1, 1.33314422036e-1, -5.37397155531e-2, 2.06390887954e-2, -5.70498872745e-3]

function tanh(x: Expr, bind: Bind): Expr {
  const square = bind('square', mul(x, x))
  const polynomial = tanhCoefficients.map(f32).reduceRight((sum, c) => add(mul(sum, square), c))
  const small = add(x, mul(mul(x, square), polynomial))

  const magnitude = bind('magnitude', select(lt(x, f32(0)), unary('neg', x), x))
  const power = unary('exp', mul(magnitude, f32(2)))
  // From 10 on, tanh is 1 as an f32, long before the power overflows.
  const positive = sub(f32(1), div(f32(2), add(power, f32(1))))
  const large = bind('large', select(lt(f32(10), magnitude), f32(1), positive))
  return select(lt(magnitude, f32(0.625)), small, select(lt(x, f32(0)), unary('neg', large), large))
}
