/** CausalConvWithState: a convolution of each channel over the positions up to its own, those of earlier calls included. */
import {
  add,
  type Buffer,
  buffer,
  compute,
  computeType,
  constant,
  defined,
  type Equation,
  type Expr,
  int,
  load,
  lt,
  mul,
  select,
  sizeValue,
  sub,
  sumOfProducts,
} from '@tilewright/ir'
import type { Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { sigmoid } from './activations.js'
import { agree, expectFloat, expectOneDType, formatShape, shapeError } from './shape-error.js'

export interface CausalConvOperands {
  /** [batch, channels, length] */
  readonly input: TensorType
  /** [channels, 1, kernel] */
  readonly weight: TensorType
  /** [channels] */
  readonly bias?: TensorType | undefined
  /** The last kernel − 1 positions before the input, zeros where undefined. */
  readonly past?: TensorType | undefined
}

/**
 * CausalConvWithState (ONNX): the convolution, times its sigmoid with `silu`, and the last kernel − 1 positions for the next
 * call. Operands are those given, in the order of `CausalConvOperands`. Throws `CompileError` `graph/shape`, `graph/dtype`.
 */
export function causalConvOp(operands: CausalConvOperands, { silu }: { readonly silu: boolean }): Operation {
  const { input, weight, bias, past } = operands
  const name = 'CausalConvWithState'
  expectFloat(name, input)
  expectOneDType(name, [input, weight, ...(bias === undefined ? [] : [bias]), ...(past === undefined ? [] : [past])])
  const [batch, channels, length] = input.shape
  const [features, one, kernel] = weight.shape
  const message = `input ${formatShape(input.shape)}, weights ${formatShape(weight.shape)}`
  if (batch === undefined || channels === undefined || length === undefined || input.shape.length !== 3) {
    throw shapeError(name, message, 'the input is [batch, channels, length]')
  }
  if (typeof kernel !== 'number' || kernel < 1 || one !== 1 || weight.shape.length !== 3) {
    throw shapeError(name, message, 'the weights are [channels, 1, kernel], of a fixed size')
  }
  const state = [batch, channels, kernel - 1]
  if (past !== undefined && past.shape.length !== 3) throw shapeError(name, `a state of ${formatShape(past.shape)}`)
  return {
    name,
    outputs: [
      { dtype: input.dtype, shape: input.shape },
      { dtype: input.dtype, shape: state },
    ],
    equalSizes: [
      ...agree(name, message, channels, features),
      ...(bias === undefined
        ? []
        : agree(name, `${message}, bias ${formatShape(bias.shape)}`, channels, bias.shape[0])),
      ...(past ?? { shape: [] }).shape.flatMap((extent, d) =>
        agree(name, `a state of ${formatShape(past?.shape ?? [])} for ${formatShape(state)}`, state[d], extent),
      ),
    ],
    define: (inputs, [output, present]) => {
      const [x, w] = inputs
      const biases = bias === undefined ? undefined : inputs[2]
      const before = past === undefined ? undefined : inputs.at(-1)
      const out = defined(output, 'an output')
      /** The element at a position counted from the start of the state. */
      const joined = (b: Expr, c: Expr, position: Expr): Expr => {
        const own = load(defined(x, 'input'), [b, c, sub(position, int(kernel - 1))])
        if (kernel === 1) return own
        const earlier = before === undefined ? constant('f32', 0) : load(before, [b, c, position])
        return select(lt(position, int(kernel - 1)), earlier, own)
      }
      const sums = buffer('sums', 'f32', out.shape, 'storage')
      const domain = [{ hint: 'k', extent: kernel }]
      const equations: Equation[] = [
        sumOfProducts(sums, domain, (axes, [k]) => {
          const [b, c, l] = three(axes)
          const tap = defined(k, 'a tap')
          return [load(defined(w, 'weights'), [c, int(0), tap]), joined(b, c, add(l, tap))]
        }),
        compute(out, (...axes) => {
          const sum = load(sums, axes)
          const value = biases === undefined ? sum : add(sum, load(biases, [three(axes)[1]]))
          return silu ? mul(value, sigmoid(value)) : value
        }),
      ]
      if (present !== undefined) equations.push(carried(present, joined, sizeValue(length)))
      return equations
    },
  }
}

function carried(present: Buffer, joined: (b: Expr, c: Expr, position: Expr) => Expr, length: Expr): Equation {
  return compute(present, (...axes) => {
    const [b, c, i] = three(axes)
    return isEmpty(present) ? constant(computeType(present.dtype), 0) : joined(b, c, add(i, length))
  })
}

const isEmpty = ({ shape }: Buffer): boolean => shape.includes(0)

const three = ([a, b, c]: readonly Expr[]): readonly [Expr, Expr, Expr] => [
  defined(a, 'an image'),
  defined(b, 'a channel'),
  defined(c, 'a position'),
]
