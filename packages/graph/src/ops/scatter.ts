/**
 * Elements put where indices say: ScatterElements, ScatterND, TensorScatter, MaxUnpool.
 *
 * Indices are those of gather.ts: negative ones count from the end, and those outside are clamped. ONNX leaves open which
 * of several updates of an element stays where they are not combined; here it is the last one.
 */
import {
  add,
  and,
  binary,
  CompileError,
  compute,
  computeType,
  constant,
  defined,
  div,
  type Expr,
  elementCount,
  int,
  load,
  lt,
  mod,
  mul,
  type SizeExpr,
  scatter,
  select,
  sizeValue,
  sub,
  type Var,
} from '@tilewright/ir'
import type { EqualSizes, Operation } from '../graph.js'
import { deviceDType, type TensorType } from '../tensor.js'
import { resolveAxis } from './axes.js'
import { type Extremum, extremumOf } from './extremum.js'
import { expectIndices, position } from './gather.js'
import { agree, expectOneDType, formatShape, shapeError } from './shape-error.js'

/** How an update is combined with what stands there: `none` replaces it. */
export type ScatterReduction = 'none' | 'add' | 'mul' | Extremum

function combining(operator: string, reduction: ScatterReduction, { dtype }: TensorType) {
  if (dtype === 'bool' && reduction !== 'none') {
    throw new CompileError({ code: 'graph/dtype', message: `${operator} with ${reduction} is not defined on bool` })
  }
  return (old: Var, update: Var): Expr => {
    switch (reduction) {
      case 'none':
        return update
      case 'add':
        return add(old, update)
      case 'mul':
        return mul(old, update)
      case 'min':
      case 'max':
        return extremumOf(reduction, old, update)
    }
  }
}

export interface ScatterElementsAttributes {
  readonly axis: number
  readonly reduction: ScatterReduction
}

/**
 * ScatterElements (ONNX): each element of `updates` goes to its own place in `data`, but along `axis` where `indices` says.
 * Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function scatterElementsOp(
  data: TensorType,
  indices: TensorType,
  updates: TensorType,
  { axis, reduction }: ScatterElementsAttributes,
): Operation {
  const name = 'ScatterElements'
  expectIndices(name, indices)
  expectOneDType(name, [data, updates])
  const along = resolveAxis(name, axis, data.shape.length)
  const message = `${formatShape(data.shape)} does not take ${formatShape(updates.shape)} at ${formatShape(indices.shape)}`
  if (indices.shape.length !== data.shape.length || updates.shape.length !== data.shape.length) {
    throw shapeError(name, message)
  }
  const combine = combining(name, reduction, data)
  const equalSizes = indices.shape.flatMap((extent, d): readonly EqualSizes[] => {
    const whole = data.shape[d]
    const isWithin = typeof extent === 'number' && typeof whole === 'number' && extent <= whole
    const ofData = d === along || isWithin ? [] : agree(name, message, extent, whole)
    return [...ofData, ...agree(name, message, updates.shape[d], extent)]
  })
  return {
    name,
    outputs: [data],
    equalSizes,
    define: ([x, i, u], [output]) => {
      const [source, where, update] = [defined(x, 'data'), defined(i, 'indices'), defined(u, 'updates')]
      return [
        scatter(
          defined(output, 'one output'),
          (...axes) => load(source, axes),
          indices.shape.map((extent, d) => ({ hint: `p${d}`, extent })),
          (...at) => {
            const to = position(load(where, at), defined(data.shape[along], 'the axis'))
            return { index: at.map((own, d) => (d === along ? to : own)), value: load(update, at) }
          },
          combine,
        ),
      ]
    },
  }
}

/**
 * ScatterND (ONNX): the last dimension of `indices` holds indices of as many dimensions of `data`; each takes a slice of
 * `updates`. Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function scatterNdOp(
  data: TensorType,
  indices: TensorType,
  updates: TensorType,
  { reduction }: { readonly reduction: ScatterReduction },
): Operation {
  const name = 'ScatterND'
  expectIndices(name, indices)
  expectOneDType(name, [data, updates])
  const message = `${formatShape(data.shape)} does not take ${formatShape(updates.shape)} at ${formatShape(indices.shape)}`
  const depth = indices.shape.at(-1)
  const outer = indices.shape.slice(0, -1)
  if (typeof depth !== 'number' || depth > data.shape.length) throw shapeError(name, message)
  const wanted = [...outer, ...data.shape.slice(depth)]
  if (updates.shape.length !== wanted.length) throw shapeError(name, message)
  const combine = combining(name, reduction, data)
  return {
    name,
    outputs: [data],
    equalSizes: wanted.flatMap((extent, d) => agree(name, message, updates.shape[d], extent)),
    define: ([x, i, u], [output]) => {
      const [source, where, update] = [defined(x, 'data'), defined(i, 'indices'), defined(u, 'updates')]
      return [
        scatter(
          defined(output, 'one output'),
          (...axes) => load(source, axes),
          wanted.map((extent, d) => ({ hint: `p${d}`, extent })),
          (...at) => {
            const chosen = data.shape
              .slice(0, depth)
              .map((extent, k) => position(load(where, [...at.slice(0, outer.length), int(k)]), extent))
            return { index: [...chosen, ...at.slice(outer.length)], value: load(update, at) }
          },
          combine,
        ),
      ]
    },
  }
}

export interface TensorScatterAttributes {
  readonly axis: number
  /** Positions beyond the end are taken from the beginning on. */
  readonly circular: boolean
}

/**
 * TensorScatter (ONNX): `update` replaces a part of `cache` along `axis`, from the position on that `begins` has for each
 * element of the first dimension, or from 0. Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function tensorScatterOp(
  cache: TensorType,
  update: TensorType,
  begins: TensorType | undefined,
  { axis, circular }: TensorScatterAttributes,
): Operation {
  const name = 'TensorScatter'
  expectOneDType(name, [cache, update])
  if (begins !== undefined) expectIndices(name, begins)
  const along = resolveAxis(name, axis, cache.shape.length)
  const message = `${formatShape(cache.shape)} does not take ${formatShape(update.shape)} along axis ${axis}`
  if (along === 0) throw shapeError(name, message, 'the axis is none of the first dimension')
  if (update.shape.length !== cache.shape.length) throw shapeError(name, message)
  const [whole, part] = [defined(cache.shape[along], 'the axis'), defined(update.shape[along], 'the axis')]
  const others = cache.shape.flatMap((extent, d) => (d === along ? [] : agree(name, message, update.shape[d], extent)))
  const ofBegins =
    begins === undefined
      ? []
      : agree(
          name,
          `${formatShape(begins.shape)} begins for ${formatShape(cache.shape)}`,
          begins.shape[0],
          cache.shape[0],
        )
  return {
    name,
    outputs: [cache],
    equalSizes: [...others, ...ofBegins],
    define: ([x, u, b], [output]) => {
      const [source, replacing] = [defined(x, 'the cache'), defined(u, 'the update')]
      return [
        compute(defined(output, 'one output'), (...axes) => {
          const at = defined(axes[along], 'the axis')
          const begin = b === undefined ? int(0) : load(b, axes.slice(0, 1))
          const after = sub(at, begin)
          const offset = circular ? select(lt(after, int(0)), add(after, sizeValue(whole)), after) : after
          const inside = and(binary('le', int(0), offset), lt(offset, sizeValue(part)))
          const from = axes.map((own, d) => (d === along ? offset : own))
          return select(inside, load(replacing, from), load(source, axes))
        }),
      ]
    },
  }
}

export interface MaxUnpoolAttributes {
  /** Extents that the pooled tensor had: what positions are counted in. */
  readonly pooled: readonly SizeExpr[]
  /** Extents of the result, none smaller. */
  readonly outputs: readonly SizeExpr[]
}

/**
 * MaxUnpool (ONNX): zeros, but for each element of x at the position that `indices` has for it: one of its image and
 * channel, counted row-major in the whole tensor that was pooled. Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function maxUnpoolOp(x: TensorType, indices: TensorType, { pooled, outputs }: MaxUnpoolAttributes): Operation {
  const name = 'MaxUnpool'
  expectIndices(name, indices)
  const message = `${formatShape(x.shape)} at ${formatShape(indices.shape)} becomes ${formatShape(outputs)}`
  const rank = x.shape.length - 2
  if (rank < 1 || indices.shape.length !== x.shape.length || pooled.length !== rank || outputs.length !== rank) {
    throw shapeError(name, message)
  }
  return {
    name,
    outputs: [{ dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...outputs] }],
    equalSizes: x.shape.flatMap((extent, d) => agree(name, message, indices.shape[d], extent)),
    define: ([source, i], [output]) => {
      const [input, where] = [defined(source, 'x'), defined(i, 'indices')]
      const zero = constant(computeType(deviceDType(x.dtype)), 0)
      return [
        scatter(
          defined(output, 'one output'),
          () => zero,
          x.shape.map((extent, d) => ({ hint: `p${d}`, extent })),
          (...at) => {
            const flat = mod(load(where, at), sizeValue(elementCount(pooled)))
            const to = pooled.map((extent, d) => {
              const inner = sizeValue(elementCount(pooled.slice(d + 1)))
              return position(mod(div(flat, inner), sizeValue(extent)), outputs[d] ?? 1)
            })
            return { index: [...at.slice(0, 2), ...to], value: load(input, at) }
          },
          (_, update) => update,
        ),
      ]
    },
  }
}
