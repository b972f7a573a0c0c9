/** Repetition of elements: Expand and Tile. */
import { compute, defined, formatSize, int, load, mod, type SizeExpr, sizeMul, sizeValue } from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { broadcast, loadBroadcast } from './broadcast.js'
import { formatShape, shapeError } from './shape-error.js'

/** Expand (ONNX): the input broadcast with `shape`, both ways. Throws `CompileError` `graph/shape`. */
export function expandOp(input: TensorType, { shape: wanted }: { readonly shape: readonly SizeExpr[] }): Operation {
  const { shape, equalSizes } = broadcast('Expand', [input.shape, wanted])
  return {
    name: 'Expand',
    outputs: [{ dtype: input.dtype, shape }],
    equalSizes,
    define: ([x], [output]) => {
      const source = defined(x, 'one input')
      return [compute(defined(output, 'one output'), (...axes) => loadBroadcast(source, axes))]
    },
  }
}

/** Tile (ONNX): the input `repeats` times in each dimension. Throws `CompileError` `graph/shape`. */
export function tileOp(input: TensorType, { repeats }: { readonly repeats: readonly SizeExpr[] }): Operation {
  if (repeats.length !== input.shape.length || repeats.some((count) => typeof count === 'number' && count < 0)) {
    throw shapeError('Tile', `repeats [${repeats.map(formatSize).join(', ')}] for ${formatShape(input.shape)}`)
  }
  const shape = input.shape.map((extent, d) => sizeMul(extent, repeats[d] ?? 1))
  return {
    name: 'Tile',
    outputs: [{ dtype: input.dtype, shape }],
    define: ([x], [output]) => {
      const source = defined(x, 'one input')
      return [
        compute(defined(output, 'one output'), (...axes) =>
          load(
            source,
            input.shape.map((extent, d) => {
              if (extent === 1) return int(0)
              const at = defined(axes[d], 'one axis a dimension')
              return repeats[d] === 1 ? at : mod(at, sizeValue(extent))
            }),
          ),
        ),
      ]
    },
  }
}
