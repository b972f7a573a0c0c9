/** Resize and Upsample of ONNX. */
import {
  type CoordinateMode,
  type Interpolation,
  type NearestMode,
  type ResizeAttributes,
  resizeOp,
  resolveAxes,
  type Tensor,
} from '@tilewright/graph'
import { CompileError, type SizeExpr, UnsupportedError } from '@tilewright/ir'
import type { NodeContext } from '../node-context.js'
import { apply, type Imported, type OnnxOperator } from '../operator.js'
import { oneOf } from './one-of.js'

const coordinateModes: readonly CoordinateMode[] = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_crop_and_resize',
]
const nearestModes: readonly NearestMode[] = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil']

type Dimension = ResizeAttributes['dimensions'][number]

export const resizeOperators: Readonly<Record<string, OnnxOperator>> = {
  /** Before operator set 11: the scales are the second input, and positions are those of Upsample. */
  Resize: { hostInputs: [1, 2, 3], import: (context) => (context.opset < 11 ? upsample(context) : resize(context)) },
  Upsample: { hostInputs: [1], import: (context) => upsample(context) },
}

/** Scales, with asymmetric positions rounded down. */
function upsample(context: NodeContext): Imported {
  const data = context.input(0)
  const mode = oneOf(context, 'mode', ['nearest', 'linear', 'bilinear'], 'nearest')
  const scales = context.opset < 9 ? floats(context, 'scales') : context.hostFloats(1)
  return apply(
    resizeOp(data, {
      dimensions: scales.map((scale) => ({ kind: 'scale', scale })),
      coordinates: 'asymmetric',
      interpolation: mode === 'nearest' ? { kind: 'nearest', rounding: 'floor' } : { kind: 'linear' },
      roi: data.shape.map(() => [0, 1]),
      extrapolation: 0,
    }),
    [data],
  )
}

function resize(context: NodeContext): Imported {
  const data = context.input(0)
  if (context.int('antialias', 0) !== 0) {
    const what = 'Resize with antialias'
    throw new UnsupportedError({
      code: 'onnx/operator',
      message: `${what} is not supported`,
      where: context.where,
      gaps: [{ where: context.where, what }],
    })
  }
  const rank = data.shape.length
  const axes = resolveAxes('Resize', context.ints('axes') ?? data.shape.map((_, d) => d), rank)
  const coordinates = oneOf(context, 'coordinate_transformation_mode', coordinateModes, 'half_pixel')
  const roi = coordinates === 'tf_crop_and_resize' ? context.hostFloats(1) : []
  const chosen = chosenDimensions(context, data, axes)
  const dimensions = data.shape.map((size, d): Dimension => chosen[axes.indexOf(d)] ?? { kind: 'size', size })
  return apply(
    resizeOp(data, {
      dimensions,
      coordinates,
      interpolation: interpolationOf(context),
      roi: data.shape.map((_, d) => {
        const at = axes.indexOf(d)
        return at < 0 ? [0, 1] : [roi[at] ?? 0, roi[at + axes.length] ?? 1]
      }),
      extrapolation: context.float('extrapolation_value', 0),
    }),
    [data],
  )
}

function interpolationOf(context: NodeContext): Interpolation {
  switch (oneOf(context, 'mode', ['nearest', 'linear', 'cubic'], 'nearest')) {
    case 'nearest':
      return { kind: 'nearest', rounding: oneOf(context, 'nearest_mode', nearestModes, 'round_prefer_floor') }
    case 'linear':
      return { kind: 'linear' }
    case 'cubic':
      return {
        kind: 'cubic',
        a: context.float('cubic_coeff_a', -0.75),
        excludeOutside: context.int('exclude_outside', 0) !== 0,
      }
  }
}

/** The new extents of `axes`, from scales or sizes. */
function chosenDimensions(context: NodeContext, data: Tensor, axes: readonly number[]): readonly Dimension[] {
  const scales = isGiven(context.optional(2)) ? context.hostFloats(2) : []
  const sizes = isGiven(context.optional(3)) ? context.hostSizes(3) : []
  const given = scales.length + sizes.length
  if (given !== axes.length) {
    throw new CompileError({
      code: 'onnx/attribute',
      message: `Resize has ${given} scales or sizes for ${axes.length} dimensions`,
      where: context.where,
      help: 'one of scales and sizes has an entry for each dimension',
    })
  }
  if (scales.length > 0) return scales.map((scale) => ({ kind: 'scale', scale }))
  const policy = oneOf(context, 'keep_aspect_ratio_policy', ['stretch', 'not_larger', 'not_smaller'], 'stretch')
  if (policy === 'stretch') return sizes.map((size) => ({ kind: 'size', size }))
  const ratios = sizes.map((size, i) => staticSize(context, size) / staticSize(context, data.shape[axes[i] ?? 0] ?? 1))
  const ratio = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios)
  return axes.map((d) => ({ kind: 'size', size: Math.floor(staticSize(context, data.shape[d] ?? 1) * ratio + 0.5) }))
}

/** An optional input may also be a tensor without elements. */
const isGiven = (tensor: Tensor | undefined): boolean => tensor !== undefined && tensor.shape[0] !== 0

function staticSize(context: NodeContext, size: SizeExpr): number {
  if (typeof size === 'number') return size
  throw new UnsupportedError({
    code: 'onnx/operator',
    message: 'Resize that keeps the aspect ratio of symbolic sizes is not supported',
    where: context.where,
  })
}

function floats(context: NodeContext, name: string): readonly number[] {
  const found = context.attribute(name)
  return found?.kind === 'floats' ? found.value : []
}
