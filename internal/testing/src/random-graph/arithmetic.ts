// Steps that compute each element from those at its place: with one reader, with several that meet again, and with
// several that do not.
import { absOp, addOp, maxOp, mulOp, negOp, reluOp, subOp, type Tensor } from '@tilewright/graph'
import { type GrowingGraph, hasShape, oneOf, type Pick, type Step } from './growing-graph.js'

/** A constant that broadcasts to the value: whole in some dimensions of a fixed extent, of extent 1 in the others. */
function spread(g: GrowingGraph, x: Tensor, pick: Pick): Tensor {
  const whole = pick(16)
  const shape = x.shape.map((extent, d) => (typeof extent === 'number' && (whole >> d) % 2 === 0 ? extent : 1))
  return g.constant(shape.slice(pick(2)))
}

const product = (g: GrowingGraph, x: Tensor, y: Tensor): Tensor => {
  const left = g.within(x, g.boundOf(y))
  return g.apply(mulOp(left, y), [left, y], g.boundOf(left) * g.boundOf(y))
}

const sum = (g: GrowingGraph, x: Tensor, y: Tensor): Tensor => {
  const [left, right] = [g.within(x, 2), g.within(y, 2)]
  return g.apply(addOp(left, right), [left, right], g.boundOf(left) + g.boundOf(right))
}

const relu = (g: GrowingGraph, x: Tensor): Tensor => g.apply(reluOp(x), [x], g.boundOf(x))

export const unary: Step = (g, x, pick) => g.apply(oneOf(pick, reluOp, absOp, negOp)(x), [x], g.boundOf(x))

export const binary: Step = (g, x, pick) => {
  const y = (pick(3) === 0 ? g.twinOf(x) : undefined) ?? spread(g, x, pick)
  switch (oneOf(pick, 'add', 'sub', 'mul', 'max')) {
    case 'add':
      return sum(g, x, y)
    case 'mul':
      return product(g, x, g.bounded(y, 8))
    case 'sub': {
      const [left, right] = [g.within(x, 2), g.within(y, 2)]
      return g.apply(subOp(left, right), [left, right], g.boundOf(left) + g.boundOf(right))
    }
    case 'max':
      return g.apply(maxOp(x, y), [x, y], Math.max(g.boundOf(x), g.boundOf(y)))
  }
}

/** x · gate(x), as SiLU and hard-swish are: two readers that meet again. */
export const gated: Step = (g, x, pick) => {
  const shifted = sum(g, x, spread(g, x, pick))
  return product(g, x, g.bounded(relu(g, shifted), 3))
}

/** A producer that two read, one of which goes on alone. */
export const forked: Step = (g, x, pick) => {
  const shared = sum(g, x, spread(g, x, pick))
  product(g, shared, spread(g, x, pick))
  return relu(g, shared)
}

/** The value and an earlier one of its shape, both read again: a residual connection. */
export const residual: Step = (g, x) => {
  const active = relu(g, x)
  return sum(g, active, g.live.find((other) => other !== active && hasShape(other, x.shape)) ?? x)
}
