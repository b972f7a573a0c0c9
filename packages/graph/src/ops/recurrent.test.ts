import { size } from '@tilewright/ir'
import { propertyRuns, runOperation, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TensorType } from '../tensor.js'
import { type RecurrentAttributes, type RecurrentOperands, recurrentOp } from './recurrent.js'
import { cellActivations } from './recurrent-activations.js'
import { type Cell, gruCell, lstmCell, rnnCell } from './recurrent-cells.js'

type Data = Parameters<typeof runOperation>[1][number]

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })
const count = (shape: readonly unknown[]): number =>
  shape.reduce<number>((product, extent) => product * Number(extent), 1)
const waves = (seed: number, ...shape: readonly number[]): Data & { readonly data: Float32Array } => ({
  type: f32(...shape),
  data: Float32Array.from({ length: count(shape) }, (_, i) => Math.fround(Math.sin(i * 2.3 + seed))),
})

interface Sizes {
  readonly length: number
  readonly batch: number
  readonly features: number
  readonly hidden: number
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

/** One direction and image, step by step, by the equations of the ONNX text. Gives the states after each step. */
function byEquations(
  cell: Cell,
  { features, hidden: n }: Sizes,
  parts: { readonly [Name in 'w' | 'r' | 'bias' | 'peepholes']: (i: number) => number },
  steps: readonly ((k: number) => number)[],
  start: { readonly h: readonly number[]; readonly c: readonly number[] },
  attributes: RecurrentAttributes,
): readonly { readonly h: readonly number[]; readonly c: readonly number[] }[] {
  const { linearBeforeReset, inputForget, clip = Number.POSITIVE_INFINITY } = attributes
  const bound = (x: number): number => Math.min(clip, Math.max(-clip, x))
  const f = (x: number): number => sigmoid(bound(x))
  const g = (x: number): number => Math.tanh(bound(x))
  const units = Array.from({ length: n }, (_, j) => j)
  const rows = cell.gates * n
  let { h, c } = start
  return steps.map((x) => {
    const dot = (length: number, a: (k: number) => number, b: (k: number) => number): number =>
      Array.from({ length }, (_, k) => a(k) * b(k)).reduce((sum, product) => sum + product, 0)
    const input = (gate: number, j: number): number => {
      const row = gate * n + j
      return dot(features, x, (k) => parts.w(row * features + k)) + parts.bias(row)
    }
    const product = (gate: number, j: number, state: readonly number[]): number =>
      dot(
        n,
        (k) => state[k] ?? 0,
        (k) => parts.r((gate * n + j) * n + k),
      )
    const own = (gate: number, j: number): number => parts.bias(rows + gate * n + j)
    const sum = (gate: number, j: number, state = h): number => input(gate, j) + product(gate, j, state) + own(gate, j)
    const peephole = (weight: number, j: number, state: number): number => parts.peepholes(weight * n + j) * state
    if (cell === rnnCell) h = units.map((j) => g(sum(0, j)))
    else if (cell === gruCell) {
      const [z, r] = [units.map((j) => f(sum(0, j))), units.map((j) => f(sum(1, j)))]
      const reset = h.map((value, j) => value * (r[j] ?? 0))
      const candidate = (j: number): number =>
        linearBeforeReset ? g(input(2, j) + (r[j] ?? 0) * (product(2, j, h) + own(2, j))) : g(sum(2, j, reset))
      const before = h
      h = units.map((j) => (1 - (z[j] ?? 0)) * candidate(j) + (z[j] ?? 0) * (before[j] ?? 0))
    } else {
      const before = c
      const now = units.map((j) => {
        const old = before[j] ?? 0
        const i = f(sum(0, j) + peephole(0, j, old))
        const forget = inputForget ? 1 - i : f(sum(2, j) + peephole(2, j, old))
        return forget * old + i * g(sum(3, j))
      })
      const outputs = units.map((j) => f(sum(1, j) + peephole(1, j, now[j] ?? 0)))
      c = now
      h = units.map((j) => (outputs[j] ?? 0) * g(now[j] ?? 0))
    }
    return { h, c }
  })
}

const plain = (cell: Cell, more: Partial<RecurrentAttributes> = {}): RecurrentAttributes => ({
  direction: 'forward',
  activations: cellActivations(
    more.direction === 'bidirectional' ? [...cell.activations, ...cell.activations] : cell.activations,
    [],
    [],
  ),
  clip: undefined,
  batchFirst: false,
  linearBeforeReset: false,
  inputForget: false,
  ...more,
})

describe.each([rnnCell, gruCell, lstmCell])('$name', (cell) => {
  test('is what its equations give, step by step', () => {
    const sizes = fc.record({
      length: fc.integer({ min: 0, max: 3 }),
      batch: fc.integer({ min: 1, max: 2 }),
      features: fc.integer({ min: 1, max: 2 }),
      hidden: fc.integer({ min: 1, max: 2 }),
    })
    const variants = fc.record({
      direction: fc.constantFrom('forward', 'reverse', 'bidirectional'),
      batchFirst: fc.boolean(),
      linearBeforeReset: fc.boolean(),
      inputForget: fc.boolean(),
      clip: fc.constantFrom(undefined, 0.5),
      isBare: fc.boolean(),
      lengths: fc.option(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 2 }), { nil: undefined }),
    })
    fc.assert(
      fc.property(sizes, variants, (s, { isBare, lengths, ...given }) => {
        const { length, batch, features, hidden: n } = s
        const directions = given.direction === 'bidirectional' ? 2 : 1
        const rows = cell.gates * n
        const attributes = plain(cell, given)
        const stateShape = given.batchFirst ? [batch, directions, n] : [directions, batch, n]
        const x = waves(1, ...(given.batchFirst ? [batch, length, features] : [length, batch, features]))
        const [w, r] = [waves(2, directions, rows, features), waves(3, directions, rows, n)]
        const bias = isBare ? undefined : waves(4, directions, 2 * rows)
        const counts = lengths?.slice(0, batch).map((one) => Math.min(one, length))
        const lens = counts && ({ type: { dtype: 'i32', shape: [batch] }, data: Int32Array.from(counts) } as const)
        const hidden = isBare ? undefined : waves(5, ...stateShape)
        const isLstm = cell === lstmCell
        const start = isBare || !isLstm ? undefined : waves(6, ...stateShape)
        const peepholes = isBare || !isLstm ? undefined : waves(7, directions, 3 * n)
        const operands: RecurrentOperands = {
          x: x.type,
          w: w.type,
          r: r.type,
          bias: bias?.type,
          lengths: lens?.type,
          hidden: hidden?.type,
          cell: start?.type,
          peepholes: peepholes?.type,
        }
        const inputs = [x, w, r, bias, lens, hidden, start, peepholes].flatMap((one) => one ?? [])
        const [y, ...lasts] = runOperation(recurrentOp(cell, operands, attributes), inputs)

        for (let d = 0; d < directions; d++) {
          for (let b = 0; b < batch; b++) {
            const isReverse = given.direction === 'reverse' || d === 1
            const steps = counts?.[b] ?? length
            const order = Array.from({ length: steps }, (_, i) => (isReverse ? steps - 1 - i : i))
            const at = (t: number, k: number): number =>
              x.data[(given.batchFirst ? b * length + t : t * batch + b) * features + k] ?? 0
            const part = (source: Data | undefined) => {
              const size = count(source?.type.shape ?? []) / directions
              return (i: number): number => Number(source?.data[d * size + i] ?? 0)
            }
            const state = (source: Data | undefined): readonly number[] =>
              Array.from({ length: n }, (_, j) => {
                const row = given.batchFirst ? b * directions + d : d * batch + b
                return Number(source?.data[row * n + j] ?? 0)
              })
            const from = { h: state(hidden), c: state(start) }
            const parts = { w: part(w), r: part(r), bias: part(bias), peepholes: part(peepholes) }
            const walked = byEquations(
              cell,
              s,
              parts,
              order.map((t) => (k) => at(t, k)),
              from,
              attributes,
            )
            const expected = Array.from({ length }, (_, t) => walked[order.indexOf(t)]?.h ?? from.h.map(() => 0))
            const found = Array.from({ length }, (_, t) =>
              Array.from({ length: n }, (_, j) => {
                const row = given.batchFirst ? (b * length + t) * directions + d : (t * directions + d) * batch + b
                return Number(y?.[row * n + j])
              }),
            )
            const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 4))
            expect(found).toEqual(expected.map(close))
            const last = walked.at(-1) ?? from
            const ends = lasts.map((source) => state(source && { type: f32(...stateShape), data: source }))
            expect(ends).toEqual([last.h, last.c].slice(0, cell.states).map(close))
          }
        }
      }),
      { numRuns: propertyRuns() },
    )
  })
})

test('activations have their parameters in order, defaults where lists end', () => {
  const names = [
    'Affine',
    'Relu',
    'LeakyRelu',
    'ScaledTanh',
    'HardSigmoid',
    'Elu',
    'Softsign',
    'Softplus',
    'ThresholdedRelu',
  ]
  const activations = cellActivations(names, [2, 0.5], [3])
  expect(activations.map(({ alpha, beta }) => [alpha, beta])).toEqual([
    [2, 3],
    [undefined, undefined],
    [0.5, undefined],
    [1, 1],
    [0.2, 0.5],
    [1, undefined],
    [undefined, undefined],
    [undefined, undefined],
    [1, undefined],
  ])
  expect(String(thrownBy(() => cellActivations(['Tan'], [], [])))).toMatch(/no activation is called "Tan"/)
  const last = (activation: string, x: number, clip?: number): number => {
    const one = { ...plain(rnnCell), activations: cellActivations([activation], [], []), clip }
    const types = { x: f32(1, 1, 1), w: f32(1, 1, 1), r: f32(1, 1, 1) }
    const inputs = [x, 1, 0].map((value) => ({ type: f32(1, 1, 1), data: Float32Array.of(value) }))
    return Number(runOperation(recurrentOp(rnnCell, types, one), inputs)[1]?.[0])
  }
  expect([last('Softsign', -3), last('ThresholdedRelu', 0.5), last('ThresholdedRelu', 2)]).toEqual([-0.75, 0, 2])
  expect([last('Affine', 5), last('Affine', 5, 2), last('Relu', -5), last('LeakyRelu', -100)]).toEqual([5, 2, 0, -1])
  expect([last('Softplus', 0), last('Elu', -1), last('HardSigmoid', 1)]).toEqual(
    [Math.log(2), Math.exp(-1) - 1, 0.7].map((value) => expect.closeTo(value, 5)),
  )
})

test('refuse shapes that do not fit, and lengths that are not known or too long', () => {
  const error = (operands: Partial<RecurrentOperands>) => {
    const types = { x: f32(2, 1, 3), w: f32(1, 4, 3), r: f32(1, 4, 4) }
    return String(thrownBy(() => recurrentOp(rnnCell, { ...types, ...operands }, plain(rnnCell))))
  }
  expect([
    error({ x: f32(2, 3) }),
    error({ w: f32(2, 4, 3) }),
    error({ bias: f32(1, 4) }),
    error({ hidden: f32(1, 2, 4) }),
    error({ lengths: { dtype: 'i64', shape: [1] } }),
    error({ x: f32(513, 1, 3) }),
    error({ x: { dtype: 'f32', shape: [size('T'), 1, 3] } }),
  ]).toMatchInlineSnapshot(`
    [
      "CompileError: RNN: the input is [2, 3]",
      "CompileError: RNN: weights of [2, 4, 3] where [1, 4, 3] is needed",
      "CompileError: RNN: bias of [1, 4] where [1, 8] is needed",
      "CompileError: RNN: hidden state of [1, 2, 4] where [1, 1, 4] is needed",
      "CompileError: RNN: the lengths are i64, not i32",
      "UnsupportedError: RNN: the length [513] of the sequence is more than 512 steps",
      "UnsupportedError: RNN: the length [T] of the sequence is not known when compiling",
    ]
  `)
})
