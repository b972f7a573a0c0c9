// One step of an LSTM, as ONNX's LSTM does it for one direction without peepholes or clipping.
import {
  type Buffer,
  buffer,
  buildKernel,
  ceilDiv,
  compute,
  constant,
  type Definition,
  definition,
  load,
  matmul,
  type SizeExpr,
  sizeMul,
  sizeValue,
  type Value,
  type Var,
  value,
} from '@tilewright/ir'
import { repeat, spatial } from '@tilewright/task-mapping'
import { element, type HandWritten } from './hand-written.js'

export interface LstmShape {
  readonly batch: SizeExpr
  readonly input: SizeExpr
  readonly hidden: SizeExpr
}

/** The order of the gates in the rows of w, r and the biases: "iofc" in the ONNX operator specification. */
const [inputGate, outputGate, forgetGate, cellGate] = [0, 1, 2, 3]
const gateCount = 4

const [rows, columns] = [4, 8] // of the tile of a workgroup

/**
 * From x[batch, input] and the states h, c[batch, hidden], with w[4·hidden, input], r[4·hidden, hidden] and
 * bias[8·hidden] (those of w, then those of r):
 *
 *     i, o, f = sigmoid(x·wᵀ + h·rᵀ + biases)     g = tanh(x·wᵀ + h·rᵀ + biases)     each for its rows
 *     next_c = f ⊙ c + i ⊙ g                       next_h = o ⊙ tanh(next_c)
 *
 * A thread owns one cell of one sequence: all of its four gates.
 */
export function lstmStep(shape: LstmShape): HandWritten {
  const { batch, input, hidden } = shape
  const buffers = buffersOf(shape)
  const owners = spatial(rows, columns) // one thread a cell
  const gates = repeat([gateCount], { unroll: true })

  const workgroups = [ceilDiv(hidden, columns), ceilDiv(batch, rows), 1] as const
  const kernel = buildKernel({ name: 'lstm_step', threads: rows * columns, workgroups }, (g) => {
    const [x, h, c] = [g.use(buffers.x), g.use(buffers.h), g.use(buffers.c)]
    const [w, r, bias] = [g.use(buffers.w), g.use(buffers.r), g.use(buffers.bias)]
    const [nextH, nextC] = [g.use(buffers.nextH), g.use(buffers.nextC)]

    g.forTask(owners, g.thread, (i, j) => {
      const sequence = g.let('sequence', g.workgroup.y.mul(rows).add(i))
      const cell = g.let('cell', g.workgroup.x.mul(columns).add(j))
      g.if(sequence.lt(batch).and(cell.lt(hidden)), () => {
        const sums = g.privateBuffer('sums', 'f32', [gateCount])
        const rowOf = (gate: Value): Value => gate.mul(hidden).add(cell)
        g.forTask(gates, 0, (gate) => {
          const ofR = rowOf(gate.add(gateCount))
          sums.set([gate], bias.at(rowOf(gate)).add(bias.at(ofR)))
        })
        g.loop('k', input, (k) => {
          const factor = g.let('factor', x.at(sequence, k))
          g.forTask(gates, 0, (gate) => sums.update([gate], (sum) => sum.add(factor.mul(w.at(rowOf(gate), k)))))
        })
        g.loop('k', hidden, (k) => {
          const factor = g.let('factor', h.at(sequence, k))
          g.forTask(gates, 0, (gate) => sums.update([gate], (sum) => sum.add(factor.mul(r.at(rowOf(gate), k)))))
        })
        const kept = sigmoid(sums.at(forgetGate)).mul(c.at(sequence, cell))
        const taken = sigmoid(sums.at(inputGate)).mul(sums.at(cellGate).tanh())
        const state = g.let('state', kept.add(taken))
        nextC.set([sequence, cell], state)
        nextH.set([sequence, cell], sigmoid(sums.at(outputGate)).mul(state.tanh()))
      })
    })
  })
  return { definition: lstmDefinition(shape, buffers), kernels: [kernel] }
}

/** 1 / (1 + e^-x). */
function sigmoid(x: Value): Value {
  return value(constant('f32', 1)).div(x.neg().exp().add(1))
}

type LstmBuffers = Readonly<Record<'x' | 'h' | 'c' | 'w' | 'r' | 'bias' | 'nextH' | 'nextC', Buffer>>

function buffersOf({ batch, input, hidden }: LstmShape): LstmBuffers {
  const storage = (hint: string, ...shape: readonly SizeExpr[]): Buffer => buffer(hint, 'f32', shape, 'storage')
  const gateRows = sizeMul(hidden, gateCount)
  return {
    x: storage('x', batch, input),
    h: storage('h', batch, hidden),
    c: storage('c', batch, hidden),
    w: storage('w', gateRows, input),
    r: storage('r', gateRows, hidden),
    bias: storage('bias', sizeMul(gateRows, 2)),
    nextH: storage('next_h', batch, hidden),
    nextC: storage('next_c', batch, hidden),
  }
}

function lstmDefinition({ batch, input, hidden }: LstmShape, buffers: LstmBuffers): Definition {
  const { x, h, c, w, r, bias, nextH, nextC } = buffers
  const sums = [batch, sizeMul(hidden, gateCount)]
  const fromInput = buffer('from_input', 'f32', sums, 'storage')
  const fromState = buffer('from_state', 'f32', sums, 'storage')
  const gate = (which: number, sequence: Var, cell: Var): Value => {
    const row = value(sizeValue(sizeMul(hidden, which))).add(cell)
    const biases = element(bias, row).add(element(bias, row.add(sizeMul(hidden, gateCount))))
    return element(fromInput, sequence, row)
      .add(element(fromState, sequence, row))
      .add(biases)
  }
  return definition(
    'lstm-step',
    [x, h, c, w, r, bias],
    [nextH, nextC],
    [
      matmul(
        fromInput,
        input,
        (_, b, k) => load(x, [b, k]),
        (_, k, row) => load(w, [row, k]),
      ),
      matmul(
        fromState,
        hidden,
        (_, b, k) => load(h, [b, k]),
        (_, k, row) => load(r, [row, k]),
      ),
      compute(nextC, (b, j) => {
        const kept = sigmoid(gate(forgetGate, b, j)).mul(element(c, b, j))
        return kept.add(sigmoid(gate(inputGate, b, j)).mul(gate(cellGate, b, j).tanh())).expr
      }),
      compute(nextH, (b, j) => sigmoid(gate(outputGate, b, j)).mul(element(nextC, b, j).tanh()).expr),
    ],
  )
}
