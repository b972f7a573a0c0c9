/** Windows of signal processing, and the weights that gather a spectrum into mel bins. */
import {
  add,
  and,
  binary,
  cast,
  compute,
  computeType,
  constant,
  defined,
  div,
  type Expr,
  int,
  load,
  lt,
  mul,
  type SizeExpr,
  select,
  sizeBinary,
  sizeValue,
  sub,
  unary,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import { deviceDType, type TensorDType, type TensorType } from '../tensor.js'
import { expectRank } from './axes.js'

export type SignalWindow = 'Hann' | 'Hamming' | 'Blackman'

/** Of cosines of 0, 1 and 2 turns over the window. */
const cosineTerms: Readonly<Record<SignalWindow, readonly number[]>> = {
  Hann: [0.5, -0.5],
  Hamming: [25 / 46, -21 / 46],
  Blackman: [0.42, -0.5, 0.08],
}

export interface SignalWindowAttributes {
  readonly size: SizeExpr
  /** Whether the element after the last one would be the first again; else the window is symmetric. */
  readonly periodic: boolean
  readonly dtype: TensorDType
}

/** HannWindow, HammingWindow and BlackmanWindow (ONNX): a vector of `size` elements. */
export function signalWindowOp(window: SignalWindow, { size, periodic, dtype }: SignalWindowAttributes): Operation {
  const turn = periodic ? size : sizeBinary('max', sizeBinary('sub', size, 1), 1)
  return {
    name: `${window}Window`,
    outputs: [{ dtype, shape: [size] }],
    define: (_, [output]) => [
      compute(defined(output, 'one output'), (i) => {
        const [constantPart = 0, ...others] = cosineTerms[window]
        const part = div(cast('f32', defined(i, 'one axis')), cast('f32', sizeValue(turn)))
        const terms = others.map((factor, n) =>
          mul(constant('f32', factor), unary('cos', mul(part, constant('f32', 2 * Math.PI * (n + 1))))),
        )
        return cast(computeType(deviceDType(dtype)), terms.reduce(add, constant('f32', constantPart)))
      }),
    ],
  }
}

/**
 * MelWeightMatrix (ONNX): [spectrum, mel bins], a triangle for each mel bin: `edges` [mel bins + 2] are the spectrum bins,
 * ascending, of which three in a row are where it begins, is 1 and ends. Throws `CompileError` `graph/shape`.
 */
export function melWeightMatrixOp(
  edges: TensorType,
  { spectrum, dtype }: { readonly spectrum: SizeExpr; readonly dtype: TensorDType },
): Operation {
  expectRank('MelWeightMatrix', edges, 1)
  const bins = sizeBinary('sub', defined(edges.shape[0], 'one dimension'), 2)
  const float = (value: Expr): Expr => cast('f32', value)
  return {
    name: 'MelWeightMatrix',
    outputs: [{ dtype, shape: [spectrum, bins] }],
    define: ([source], [output]) => [
      compute(defined(output, 'one output'), (j, i) => {
        const [at, bin] = [defined(j, 'spectrum'), defined(i, 'mel bins')]
        const [begin, peak, end] = [0, 1, 2].map((n) => load(defined(source, 'edges'), [add(bin, int(n))]))
        const [low, centre, high] = [defined(begin, 'begin'), defined(peak, 'peak'), defined(end, 'end')]
        const within = (from: Expr, to: Expr): Expr => and(binary('le', from, at), lt(at, to))
        const rising = div(float(sub(at, low)), float(sub(centre, low)))
        const falling = div(float(sub(high, at)), float(sub(high, centre)))
        const [one, zero] = [constant('f32', 1), constant('f32', 0)]
        const beside = select(within(low, centre), rising, select(within(centre, high), falling, zero))
        return cast(computeType(deviceDType(dtype)), select(binary('eq', at, centre), one, beside))
      }),
    ],
  }
}
