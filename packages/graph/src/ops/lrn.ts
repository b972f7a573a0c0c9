/** Local response normalisation. */
import {
  add,
  and,
  binary,
  buffer,
  compute,
  constant,
  defined,
  div,
  int,
  load,
  lt,
  mul,
  reduce,
  select,
  sizeValue,
  sub,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { expectFloat, formatShape, shapeError } from './shape-error.js'

export interface LrnAttributes {
  /** How many neighbouring channels count, the element's own in their middle. */
  readonly size: number
  readonly alpha: number
  readonly beta: number
  readonly bias: number
}

/**
 * LRN (ONNX): x [N, C, …], each element over (bias + alpha / size · Σ x²)^beta, the sum over `size` channels around its own.
 * Throws `CompileError` `graph/shape`, `graph/dtype` unless floating point.
 */
export function lrnOp(x: TensorType, { size, alpha, beta, bias }: LrnAttributes): Operation {
  expectFloat('LRN', x)
  const channels = x.shape[1]
  if (channels === undefined || size < 1) throw shapeError('LRN', `size ${size} for ${formatShape(x.shape)}`)
  return {
    name: 'LRN',
    outputs: [{ dtype: x.dtype, shape: x.shape }],
    define: ([source], [output]) => {
      const input = defined(source, 'x')
      const squares = buffer('squares', 'f32', x.shape, 'storage')
      const zero = constant('f32', 0)
      return [
        reduce({
          outputs: [squares],
          domain: [{ hint: 'k', extent: size }],
          identity: [zero],
          value: ([n, c, ...at], [k]) => {
            const first = sub(defined(c, 'c'), int(Math.floor((size - 1) / 2)))
            const channel = add(first, defined(k, 'k'))
            const value = load(input, [defined(n, 'n'), channel, ...at])
            const inside = and(binary('le', int(0), channel), lt(channel, sizeValue(channels)))
            return [select(inside, mul(value, value), zero)]
          },
          combine: ([a], [b]) => [add(defined(a, 'left'), defined(b, 'right'))],
          commutative: true,
        }),
        compute(defined(output, 'y'), (...at) => {
          const scaled = mul(constant('f32', alpha / size), load(squares, at))
          const divisor = binary('pow', add(constant('f32', bias), scaled), constant('f32', beta))
          return div(load(input, at), divisor)
        }),
      ]
    },
  }
}
