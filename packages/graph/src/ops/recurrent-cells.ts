/** One step of a recurrent network: new states from the last ones and a share that the input has in each gate. */
import { add, type Buffer, constant, defined, type Expr, load, mul, sub } from '@tilewright/ir'
import { activate, type CellActivation } from './recurrent-activations.js'

/** What a cell is given: everything is [batch, hidden], f32, of one direction. */
export interface Step {
  /** The states before: hidden, and the cell of an LSTM. */
  readonly states: readonly Buffer[]
  /** The share of the input in a gate, with the biases that are added to it. */
  readonly input: (gate: number, b: Expr, j: Expr) => Expr
  /** Products of a state with the recurrence weights of `count` gates from `first` on, by gate. */
  readonly products: (state: Buffer, first: number, count: number) => GateValues
  /** `products`, with the share of the input. */
  readonly sums: (state: Buffer, first: number, count: number) => GateValues
  /** The bias of a gate's recurrence; 0 without one. */
  readonly recurrenceBias: (gate: number, j: Expr) => Expr
  /** value + weight · state, for a peephole that there is. */
  readonly peephole: (value: Expr, weight: number, j: Expr, state: Expr) => Expr
  readonly compute: (hint: string, body: (b: Expr, j: Expr) => Expr) => Buffer
}

export type GateValues = (gate: number, b: Expr, j: Expr) => Expr

export interface CellAttributes {
  /** Those of one direction. */
  readonly activations: readonly CellActivation[]
  /** Bound of what activations are given. */
  readonly clip: number | undefined
  /** GRU: the reset gate multiplies what the recurrence gives. */
  readonly linearBeforeReset: boolean
  /** LSTM: the forget gate is 1 − the input gate. */
  readonly inputForget: boolean
}

export interface Cell {
  readonly name: string
  readonly gates: number
  readonly states: number
  readonly activations: readonly string[]
  /** Gates whose recurrence has its bias added by the cell. */
  readonly ownBias: (attributes: CellAttributes) => readonly number[]
  /** The states after the step. */
  readonly step: (step: Step, attributes: CellAttributes) => readonly Buffer[]
}

const one = constant('f32', 1)

const applied = ({ activations, clip }: CellAttributes, position: number, x: Expr): Expr =>
  activate(defined(activations[position], 'an activation'), x, clip)

/** H' = f(X·Wᵀ + H·Rᵀ + biases). */
export const rnnCell: Cell = {
  name: 'RNN',
  gates: 1,
  states: 1,
  activations: ['Tanh'],
  ownBias: () => [],
  step: ({ states: [hidden], sums, compute }, attributes) => {
    const sum = sums(defined(hidden, 'a hidden state'), 0, 1)
    return [compute('hidden', (b, j) => applied(attributes, 0, sum(0, b, j)))]
  },
}

/** Gates z, r, h: H' = (1 − z)·h + z·H. */
export const gruCell: Cell = {
  name: 'GRU',
  gates: 3,
  states: 1,
  activations: ['Sigmoid', 'Tanh'],
  ownBias: ({ linearBeforeReset }) => (linearBeforeReset ? [2] : []),
  step: ({ states: [before], sums, products, input, recurrenceBias, compute }, attributes) => {
    const hidden = defined(before, 'a hidden state')
    const mixed = (update: Expr, candidate: Expr, b: Expr, j: Expr): Expr =>
      add(mul(sub(one, update), candidate), mul(update, load(hidden, [b, j])))
    if (attributes.linearBeforeReset) {
      const product = products(hidden, 0, 3)
      return [
        compute('hidden', (b, j) => {
          const gate = (g: number): Expr => applied(attributes, 0, add(product(g, b, j), input(g, b, j)))
          const recurrence = mul(gate(1), add(product(2, b, j), recurrenceBias(2, j)))
          return mixed(gate(0), applied(attributes, 1, add(input(2, b, j), recurrence)), b, j)
        }),
      ]
    }
    const gates = sums(hidden, 0, 2)
    const kept = compute('reset', (b, j) => mul(applied(attributes, 0, gates(1, b, j)), load(hidden, [b, j])))
    const candidate = sums(kept, 2, 1)
    return [
      compute('hidden', (b, j) =>
        mixed(applied(attributes, 0, gates(0, b, j)), applied(attributes, 1, candidate(2, b, j)), b, j),
      ),
    ]
  },
}

/** Gates i, o, f, c; peepholes i, o, f: C' = f·C + i·c, H' = o·h(C'). */
export const lstmCell: Cell = {
  name: 'LSTM',
  gates: 4,
  states: 2,
  activations: ['Sigmoid', 'Tanh', 'Tanh'],
  ownBias: () => [],
  step: ({ states: [hidden, before], sums, peephole, compute }, attributes) => {
    const cell = defined(before, 'a cell')
    const gates = sums(defined(hidden, 'a hidden state'), 0, 4)
    const next = compute('cell', (b, j) => {
      const old = load(cell, [b, j])
      const gate = (g: number, weight: number): Expr => applied(attributes, 0, peephole(gates(g, b, j), weight, j, old))
      const input = gate(0, 0)
      const forget = attributes.inputForget ? sub(one, input) : gate(2, 2)
      return add(mul(forget, old), mul(input, applied(attributes, 1, gates(3, b, j))))
    })
    const shown = compute('hidden', (b, j) => {
      const now = load(next, [b, j])
      const output = applied(attributes, 0, peephole(gates(1, b, j), 1, j, now))
      return mul(output, applied(attributes, 2, now))
    })
    return [shown, next]
  },
}
