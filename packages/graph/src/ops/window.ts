/** Sliding windows: the geometry that convolution and pooling share. */
import {
  add,
  all,
  binary,
  ceilDiv,
  type Expr,
  int,
  lt,
  maxSize,
  mul,
  type SizeExpr,
  sizeAdd,
  sizeBinary,
  sizeDiv,
  sizeMul,
  sizeRange,
  sizeSub,
  sizeValue,
  sub,
} from '@tilewright/ir'
import { shapeError } from './shape-error.js'

export type AutoPad = 'NOTSET' | 'VALID' | 'SAME_UPPER' | 'SAME_LOWER'

export interface WindowAttributes {
  /** Extents of the window, one a spatial dimension. */
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /** Begins, then ends (ONNX order); only with autoPad NOTSET. */
  readonly pads: readonly number[]
  readonly autoPad: AutoPad
  readonly ceilMode: boolean
}

export interface Window {
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /** Padding before the first element, one a spatial dimension. */
  readonly begins: readonly SizeExpr[]
  /** Whether the last window may reach over the end, one a spatial dimension. */
  readonly overhangs: readonly boolean[]
  readonly outputs: readonly SizeExpr[]
}

/** Resolves padding and output extents. Throws `CompileError` `graph/shape` for attributes that do not fit. */
export function windowOf(operator: string, spatial: readonly SizeExpr[], attributes: WindowAttributes): Window {
  const { kernel, strides, dilations, pads, autoPad, ceilMode } = attributes
  const rank = spatial.length
  if (kernel.length !== rank || strides.length !== rank || dilations.length !== rank || pads.length !== 2 * rank) {
    const counts = [
      `kernel ${kernel.length}`,
      `strides ${strides.length}`,
      `dilations ${dilations.length}`,
      `pads ${pads.length}`,
    ]
    const wanted = `of ${rank} spatial dimensions take ${rank} each, and ${2 * rank} pads`
    throw shapeError(operator, `windows ${wanted}; the attributes have: ${counts.join(', ')}`)
  }
  if ([...kernel, ...strides, ...dilations].some((value) => value < 1) || pads.some((pad) => pad < 0)) {
    throw shapeError(operator, 'kernel, strides and dilations must be at least 1, pads at least 0')
  }
  if (kernel.reduce((product, extent) => product * extent, 1) > maxSize) {
    throw shapeError(operator, `a window of ${kernel.join('×')} elements`, `windows have at most ${maxSize} elements`)
  }
  const begins: SizeExpr[] = []
  const overhangs: boolean[] = []
  const outputs = spatial.map((extent, d): SizeExpr => {
    const [k, stride, dilation] = [kernel[d] ?? 1, strides[d] ?? 1, dilations[d] ?? 1]
    const reach = (k - 1) * dilation + 1
    if (autoPad === 'SAME_UPPER' || autoPad === 'SAME_LOWER') {
      const output = ceilDiv(extent, stride)
      // (output - 1) * stride + reach - extent, or nothing; both sides of the maximum stay non-negative.
      const wanted = sizeAdd(sizeMul(output, stride), reach)
      const given = sizeAdd(extent, stride)
      const total = sizeSub(sizeBinary('max', wanted, given), given)
      begins.push(autoPad === 'SAME_UPPER' ? sizeDiv(total, 2) : ceilDiv(total, 2))
      overhangs.push(total !== 0)
      return output
    }
    const [begin, end] = autoPad === 'VALID' ? [0, 0] : [pads[d] ?? 0, pads[rank + d] ?? 0]
    begins.push(begin)
    // Without padding at the end and with the extent rounded down, every window ends inside.
    overhangs.push(end > 0 || ceilMode)
    const padded = sizeAdd(extent, begin + end)
    // Rounding up lets the last window begin with up to stride - 1 elements missing.
    const covered = sizeAdd(padded, ceilMode ? stride - 1 : 0)
    if (sizeRange(covered).max < reach) {
      throw shapeError(operator, `a window that reaches ${reach} does not fit dimension ${d}`)
    }
    const output = sizeAdd(sizeDiv(sizeSub(covered, reach), stride), 1)
    if (!ceilMode) return output
    // The last window must start inside the input or its leading padding.
    const started = sizeAdd(sizeDiv(sizeSub(sizeAdd(extent, begin), 1), stride), 1)
    return sizeBinary('min', output, started)
  })
  return { kernel, strides, dilations, begins, overhangs, outputs }
}

/**
 * The input positions that window element `element` of output `output` reads, and whether they are inside: what holds for
 * every window is not asked.
 */
export function windowPosition(
  window: Window,
  spatial: readonly SizeExpr[],
  output: readonly Expr[],
  element: readonly Expr[],
): { readonly index: readonly Expr[]; readonly inside: Expr } {
  const index = output.map((at, d) =>
    sub(
      add(mul(at, int(window.strides[d] ?? 1)), mul(element[d] ?? int(0), int(window.dilations[d] ?? 1))),
      sizeValue(window.begins[d] ?? 0),
    ),
  )
  const conditions = index.flatMap((at, d) => [
    ...(window.begins[d] === 0 ? [] : [binary('le', int(0), at)]),
    ...(window.overhangs[d] === false ? [] : [lt(at, sizeValue(spatial[d] ?? 1))]),
  ])
  return { index, inside: all(conditions) }
}
