// What stands around the anchor of a problem: sizes, operands that are memory or computed, and what becomes of the result.
import {
  absOp,
  addOp,
  buildGraph,
  castOp,
  clipOp,
  type Graph,
  geluOp,
  isFloat,
  maxOp,
  mulOp,
  negOp,
  type Operation,
  sigmoidOp,
  swishOp,
  type Tensor,
  type TensorDType,
  type TensorType,
  tanhOp,
} from '@tilewright/graph'
import { type SizeExpr, size } from '@tilewright/ir'
import type { Choose } from '../choose.js'

export interface Surroundings {
  readonly choose: Choose
  readonly input: (dtype: TensorDType, shape: readonly SizeExpr[]) => Tensor
  /** An input, or something that is computed of one: of another element type, or of two. */
  readonly operand: (dtype: TensorDType, shape: readonly SizeExpr[]) => Tensor
  /** The first result of an operation. */
  readonly apply: (operation: Operation, operands: readonly Tensor[]) => Tensor
  /** The graph that gives `result`, or what is computed of each of its elements. */
  readonly finish: (result: Tensor) => Graph
}

/** A graph of one anchor, to be. */
export function surroundings(choose: Choose): Surroundings {
  const g = buildGraph('problem')
  let inputs = 0
  const input: Surroundings['input'] = (dtype, shape) => g.input(`x${inputs++}`, { dtype, shape })
  const apply: Surroundings['apply'] = (operation, operands) => g.apply(operation, operands)[0] ?? input('f32', [])
  /** A tensor of the same type, or of a row of it. */
  const beside = ({ dtype, shape }: TensorType): Tensor => input(dtype, choose(shape, shape.slice(-1)))
  const more = (x: Tensor): Tensor => {
    if (x.dtype === 'bool') return apply(castOp(x, choose('f32', 'i32', 'u8')), [x])
    if (isFloat(x) && choose(true, false)) {
      return apply(choose(sigmoidOp, tanhOp, absOp, negOp, gelu, swish, clip)(x), [x])
    }
    const other = beside(x)
    return apply(choose(addOp, mulOp, maxOp)(x, other), [x, other])
  }
  return {
    choose,
    input,
    apply,
    operand: (dtype, shape) => {
      switch (choose('memory', 'memory', 'computed', 'cast')) {
        case 'memory':
          return input(dtype, shape)
        case 'computed':
          return more(input(dtype, shape))
        case 'cast': {
          const x = input(dtype === 'f32' ? choose('f16', 'bf16', 'i32', 'u8') : 'f32', shape)
          return apply(castOp(x, dtype), [x])
        }
      }
    },
    finish: (result) => {
      const steps = choose(0, 0, 1, 2)
      let x = result
      for (let step = 0; step < steps; step++) x = more(x)
      return g.finish([{ name: 'y', tensor: x }])
    },
  }
}

const gelu = (x: TensorType): Operation => geluOp(x, { approximate: false })
const swish = (x: TensorType): Operation => swishOp(x, { alpha: 1 })
const clip = (x: TensorType): Operation => clipOp(x, { low: 0, high: 6 })

/** An extent: known, whether round or odd, or the parameter `name` of a run, of which something may be known. */
export function extent(choose: Choose, name: string): SizeExpr {
  switch (choose('known', 'known', 'symbolic', 'multiple')) {
    case 'known':
      return choose(1, 3, 7, 16, 31, 32, 61, 64, 77, 100, 128, 197, 256, 384, 512, 768, 1000, 1021, 2048)
    case 'symbolic':
      return size(name)
    case 'multiple':
      return size(name, { multipleOf: choose(2, 4, 8, 64) })
  }
}

/** Between one and `most` extents, named after their dimension. */
export function extents(choose: Choose, ...[first, ...more]: readonly [number, ...number[]]): readonly SizeExpr[] {
  return Array.from({ length: choose(first, ...more) }, (_, d) => extent(choose, `n${d}`))
}
