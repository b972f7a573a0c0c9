/**
 * Discrete Fourier transforms: sums of products with a table of cosines and sines, which follows from sizes alone and is
 * made once where these are static.
 */
import {
  add,
  type Buffer,
  binary,
  buffer,
  cast,
  compute,
  constant,
  defined,
  div,
  type Equation,
  type Expr,
  int,
  load,
  mod,
  mul,
  type SizeExpr,
  select,
  sizeBinary,
  sizeValue,
  sub,
  sumOfProducts,
  unary,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { expectRank, resolveAxis } from './axes.js'
import { expectFloat, expectOneDType, formatShape, shapeError } from './shape-error.js'

const f32 = (value: number): Expr => constant('f32', value)

/** One transform along a dimension, between numbers of 1 (real) or 2 (complex) parts. */
interface Transform {
  readonly length: SizeExpr
  /** How many elements go in; what is missing to `length` counts as 0. */
  readonly taken: SizeExpr
  readonly given: SizeExpr
  readonly partsIn: 1 | 2
  readonly partsOut: 1 | 2
  readonly inverse: boolean
  /** Whether what goes in is one side of a spectrum, whose other side mirrors it. */
  readonly mirrored: boolean
}

export interface DftAttributes {
  readonly axis: number
  /** Undefined is that of the input; of an inverse transform of one side, that of both. */
  readonly length: SizeExpr | undefined
  readonly inverse: boolean
  /** Of a transform only the first half of the spectrum is given; of an inverse one only that is read. */
  readonly onesided: boolean
}

/**
 * DFT (ONNX): x […, 1 (real) or 2 (complex)] transformed along `axis`. Throws `CompileError` `graph/shape`, `graph/dtype`
 * unless floating point.
 */
export function dftOp(x: TensorType, { axis, length, inverse, onesided }: DftAttributes): Operation {
  expectFloat('DFT', x)
  const along = resolveAxis('DFT', axis, x.shape.length)
  const partsIn = partsOf('DFT', x)
  if (along === x.shape.length - 1) throw shapeError('DFT', 'the last dimension is that of complex numbers')
  if (onesided && partsIn !== (inverse ? 2 : 1)) {
    throw shapeError('DFT', `one side of a spectrum, and ${partsIn === 1 ? 'real' : 'complex'} input`)
  }
  const extent = defined(x.shape[along], 'the axis')
  const whole = length ?? (inverse && onesided ? sizeBinary('mul', sizeBinary('sub', extent, 1), 2) : extent)
  const sides = sizeBinary('add', sizeBinary('div', whole, 2), 1)
  const transform: Transform = {
    length: whole,
    taken: sizeBinary('min', extent, inverse && onesided ? sides : whole),
    given: onesided && !inverse ? sides : whole,
    partsIn,
    partsOut: inverse && onesided ? 1 : 2,
    inverse,
    mirrored: inverse && onesided,
  }
  const shape = [...x.shape.slice(0, -1).with(along, transform.given), transform.partsOut]
  return {
    name: 'DFT',
    outputs: [{ dtype: x.dtype, shape }],
    define: ([source], [output]) => {
      const [input, out] = [defined(source, 'x'), defined(output, 'y')]
      const table = tableBuffer(transform)
      return [
        fillTable(table, transform),
        sumOfProducts(out, domainOf(transform), (axes, [n, part]) => {
          const [element, partIn] = [defined(n, 'an element'), defined(part, 'a part')]
          const [k, partOut] = [defined(axes[along], 'the axis'), defined(axes.at(-1), 'a part')]
          return [
            load(input, [...axes.slice(0, -1).with(along, element), partIn]),
            load(table, [element, partIn, k, partOut]),
          ]
        }),
      ]
    },
  }
}

export interface StftAttributes {
  /** From one frame to the next. */
  readonly step: number
  /** Elements of a transform; undefined is that of the window, or of the signal. */
  readonly length: SizeExpr | undefined
  readonly onesided: boolean
}

/**
 * STFT (ONNX): signal [N, length, 1 or 2] in frames, times the window, if there is one, transformed: [N, frames, bins, 2].
 * Throws `CompileError` `graph/shape`, `graph/dtype` unless floating point.
 */
export function stftOp(
  signal: TensorType,
  window: TensorType | undefined,
  { step, length, onesided }: StftAttributes,
): Operation {
  const name = 'STFT'
  expectFloat(name, signal)
  expectRank(name, signal, 3)
  const partsIn = partsOf(name, signal)
  if (onesided && partsIn === 2) throw shapeError(name, 'one side of a spectrum, and complex input')
  if (step < 1) throw shapeError(name, `a frame step of ${step}`)
  if (window !== undefined) {
    expectOneDType(name, [signal, window])
    expectRank(name, window, 1)
  }
  const [batch = 0, extent = 0] = signal.shape
  const own = window?.shape[0]
  const whole = length ?? own ?? extent
  const frames = sizeBinary('add', sizeBinary('div', sizeBinary('sub', extent, whole), step), 1)
  const transform: Transform = {
    length: whole,
    taken: own === undefined ? whole : sizeBinary('min', own, whole),
    given: onesided ? sizeBinary('add', sizeBinary('div', whole, 2), 1) : whole,
    partsIn,
    partsOut: 2,
    inverse: false,
    mirrored: false,
  }
  return {
    name,
    outputs: [{ dtype: signal.dtype, shape: [batch, frames, transform.given, 2] }],
    define: ([source, weights], [output]) => {
      const table = tableBuffer(transform)
      return [
        fillTable(table, transform, weights),
        sumOfProducts(defined(output, 'y'), domainOf(transform), ([n, frame, k, partOut], [element, part]) => {
          const [at, partIn] = [defined(element, 'an element'), defined(part, 'a part')]
          const position = add(mul(defined(frame, 'a frame'), int(step)), at)
          return [
            load(defined(source, 'signal'), [defined(n, 'batch'), position, partIn]),
            load(table, [at, partIn, defined(k, 'a bin'), defined(partOut, 'a part')]),
          ]
        }),
      ]
    },
  }
}

function partsOf(name: string, { shape }: TensorType): 1 | 2 {
  const parts = shape.at(-1)
  if (shape.length >= 2 && (parts === 1 || parts === 2)) return parts
  throw shapeError(name, `${formatShape(shape)} does not end with 1 or 2, the parts of a number`)
}

const tableBuffer = ({ taken, given, partsIn, partsOut }: Transform): Buffer =>
  buffer('table', 'f32', [taken, partsIn, given, partsOut], 'storage')

const domainOf = ({ taken, partsIn }: Transform) => [
  { hint: 'n', extent: taken },
  { hint: 'part', extent: partsIn },
]

/**
 * table[n, in, k, out]: what part `in` of element n adds to part `out` of element k. Of a complex factor c + i·s that is c
 * from like to like, s from real to imaginary and −s the other way.
 */
function fillTable(table: Buffer, { length, inverse, mirrored }: Transform, window?: Buffer): Equation {
  const whole = sizeValue(length)
  return compute(table, (...axes) => {
    const [n, partIn, k, partOut] = axes
    const [element, from, bin, to] = [defined(n, 'n'), defined(partIn, 'in'), defined(k, 'k'), defined(partOut, 'out')]
    const { sine, cosine } = onCircle(mod(mul(element, bin), whole), whole)
    const forward = inverse ? sine : unary('neg', sine)
    const mixed = select(binary('eq', from, int(0)), forward, unary('neg', forward))
    const factor = select(binary('eq', from, to), cosine, mixed)
    if (window !== undefined) return mul(factor, load(window, [element]))
    if (!inverse) return factor
    const scaled = div(factor, cast('f32', whole))
    if (!mirrored) return scaled
    const isSingle = binary('eq', mod(mul(int(2), element), whole), int(0))
    return select(isSingle, scaled, mul(f32(2), scaled))
  })
}

/**
 * Sine and cosine of position/whole turns. The quarter turns are counted in integers, so that what lies on an axis is
 * exactly 0, 1 or -1: errors there would be multiplied by elements that ought to cancel.
 */
function onCircle(position: Expr, whole: Expr): { readonly sine: Expr; readonly cosine: Expr } {
  const quarters = mul(int(4), position)
  const quadrant = div(quarters, whole)
  const rest = div(cast('f32', sub(quarters, mul(quadrant, whole))), cast('f32', whole))
  const angle = mul(f32(Math.PI / 2), rest)
  const [ofAngle, ofRest] = [unary('sin', angle), unary('cos', angle)]
  const hasBit = (value: Expr, bit: number): Expr => binary('ne', binary('bit-and', value, int(bit)), int(0))
  const turned = (by: Expr): Expr => {
    const value = select(hasBit(by, 1), ofRest, ofAngle)
    return select(hasBit(by, 2), unary('neg', value), value)
  }
  return { sine: turned(quadrant), cosine: turned(add(quadrant, int(1))) }
}
