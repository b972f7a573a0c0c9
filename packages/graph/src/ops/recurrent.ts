/**
 * RNN, GRU and LSTM. The share that the input has in all gates of all steps and directions is one product; the steps are
 * taken one after the other when compiling. A step's number is data, not part of its equations: so the steps are equal, and
 * are compiled once.
 */
import {
  add,
  type Buffer,
  buffer,
  CompileError,
  compute,
  constant,
  defined,
  type Equation,
  type Expr,
  int,
  load,
  lt,
  mul,
  type SizeExpr,
  select,
  sumOfProducts,
} from '@tilewright/ir'
import type { EqualSizes, Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import type { CellActivation } from './recurrent-activations.js'
import type { Cell, CellAttributes, GateValues, Step } from './recurrent-cells.js'
import { agree, expectFloat, expectOneDType, formatShape, shapeError } from './shape-error.js'
import { stacked, stepNumbers, stepsOf } from './steps.js'

export interface RecurrentOperands {
  /** [length, batch, features] */
  readonly x: TensorType
  /** [directions, gates · hidden, features] */
  readonly w: TensorType
  /** [directions, gates · hidden, hidden] */
  readonly r: TensorType
  /** [directions, 2 · gates · hidden]: of the input, then of the recurrence. */
  readonly bias?: TensorType | undefined
  /** [batch] */
  readonly lengths?: TensorType | undefined
  /** [directions, batch, hidden] */
  readonly hidden?: TensorType | undefined
  readonly cell?: TensorType | undefined
  /** [directions, 3 · hidden] */
  readonly peepholes?: TensorType | undefined
}

export interface RecurrentAttributes extends Omit<CellAttributes, 'activations'> {
  readonly direction: 'forward' | 'reverse' | 'bidirectional'
  /** Those of the first direction, then those of the second. */
  readonly activations: readonly CellActivation[]
  /** Batch first: [batch, length, …], [batch, directions, hidden]. */
  readonly batchFirst: boolean
}

/**
 * A recurrent network (ONNX): the hidden states of all steps, [length, directions, batch, hidden], and the last states.
 * Images of the batch may be shorter: what follows is zero, and a reverse direction starts at their last step. Operands are
 * those given, in the order of `RecurrentOperands`. Throws `CompileError` `graph/shape`, `graph/dtype`, and
 * `UnsupportedError` `graph/symbolic-shape`, `graph/steps` for a length that is not known or too large.
 */
export function recurrentOp(kind: Cell, operands: RecurrentOperands, attributes: RecurrentAttributes): Operation {
  const { x, w, r, bias, lengths, hidden, cell, peepholes } = operands
  const { name } = kind
  const { batchFirst } = attributes
  const floats = [x, w, r, bias, hidden, cell, peepholes].flatMap((type) => type ?? [])
  for (const type of floats) expectFloat(name, type)
  expectOneDType(name, floats)
  if (lengths !== undefined && lengths.dtype !== 'i32') {
    throw new CompileError({ code: 'graph/dtype', message: `${name}: the lengths are ${lengths.dtype}, not i32` })
  }
  const [first, second, features] = x.shape
  const [batch, length] = batchFirst ? [first, second] : [second, first]
  const size = r.shape[2]
  if (batch === undefined || length === undefined || features === undefined || x.shape.length !== 3) {
    throw shapeError(name, `the input is ${formatShape(x.shape)}`, 'it has rank 3')
  }
  if (typeof size !== 'number')
    throw shapeError(name, `the recurrence is ${formatShape(r.shape)}`, 'its shape is fixed')
  const steps = stepsOf(name, length)
  const directions = attributes.direction === 'bidirectional' ? 2 : 1
  const states = batchFirst ? [batch, directions, size] : [directions, batch, size]
  const rows = kind.gates * size
  const fits = (what: string, type: TensorType | undefined, shape: readonly SizeExpr[]): readonly EqualSizes[] =>
    type === undefined ? [] : sameShape(name, what, type.shape, shape)
  const all = batchFirst ? [batch, length, directions, size] : [length, directions, batch, size]
  const types: readonly TensorType[] = [all, ...Array.from({ length: kind.states }, () => states)].map((shape) => ({
    dtype: x.dtype,
    shape,
  }))

  return {
    name,
    outputs: types,
    equalSizes: [
      ...fits('weights', w, [directions, rows, features]),
      ...fits('recurrence', r, [directions, rows, size]),
      ...fits('bias', bias, [directions, 2 * rows]),
      ...fits('lengths', lengths, [batch]),
      ...fits('hidden state', hidden, states),
      ...fits('cell', cell, states),
      ...fits('peepholes', peepholes, [directions, 3 * size]),
    ],
    define: (inputs, outputs) => {
      const given = inputs.values()
      const take = (type: TensorType | undefined): Buffer | undefined => (type && given.next().value) || undefined
      const [xs, ws, rs] = [x, w, r].map((type) => defined(take(type), 'an operand'))
      const [biases, counts, hiddens, cells, peeps] = [bias, lengths, hidden, cell, peepholes].map(take)
      const equations: Equation[] = []
      const write = <T extends Equation>(equation: T, target: Buffer): Buffer => {
        equations.push(equation)
        return target
      }
      const made = (hint: string, shape: readonly SizeExpr[], body: (...at: readonly Expr[]) => Expr): Buffer => {
        const target = buffer(hint, 'f32', shape, 'storage')
        return write(compute(target, body), target)
      }
      const perDirection = attributes.activations.length / directions
      const cellOf = (d: number): CellAttributes => ({
        ...attributes,
        activations: attributes.activations.slice(d * perDirection, (d + 1) * perDirection),
      })
      const own = kind.ownBias(cellOf(0))

      // [length, batch, directions, gates · hidden]
      const product = buffer('product', 'f32', [length, batch, directions, rows], 'storage')
      equations.push(
        sumOfProducts(product, [{ hint: 'k', extent: features }], ([t, b, d, j], [k]) => [
          load(defined(xs, 'x'), batchFirst ? [at(b), at(t), at(k)] : [at(t), at(b), at(k)]),
          load(defined(ws, 'w'), [at(d), at(j), at(k)]),
        ]),
      )
      const projected = made('input', product.shape, (...index) => {
        const value = load(product, index)
        if (biases === undefined) return value
        const [, , d, j] = index
        const ofInput = add(value, load(biases, [at(d), at(j)]))
        const both = add(ofInput, load(biases, [at(d), add(at(j), int(rows))]))
        // Gates whose cell adds the bias itself are the last ones.
        return own.length === 0 ? both : select(lt(at(j), int((kind.gates - own.length) * size)), both, ofInput)
      })
      const numbers = stepNumbers(steps, equations)

      const walk = (
        d: number,
        isReverse: boolean,
      ): { readonly shown: readonly Buffer[]; readonly last: readonly Buffer[] } => {
        const initial = (source: Buffer | undefined, hint: string): Buffer =>
          made(hint, [batch, size], (b, j) =>
            source === undefined
              ? constant('f32', 0)
              : load(source, batchFirst ? [at(b), int(d), at(j)] : [int(d), at(b), at(j)]),
          )
        let now: readonly Buffer[] = [initial(hiddens, 'hidden'), initial(cells, 'cell')].slice(0, kind.states)
        const shown: Buffer[] = []
        for (let i = 0; i < steps; i++) {
          const t = isReverse ? steps - 1 - i : i
          const number = load(defined(numbers[t], 'a number a step'), [int(0)])
          const products = (state: Buffer, from: number, count: number): Buffer => {
            const target = buffer('gates', 'f32', [batch, count * size], 'storage')
            const sum = sumOfProducts(target, [{ hint: 'k', extent: size }], ([b, j], [k]) => [
              load(state, [at(b), at(k)]),
              load(defined(rs, 'r'), [int(d), add(at(j), int(from * size)), at(k)]),
            ])
            return write(sum, target)
          }
          const byGate =
            (source: Buffer, from: number): GateValues =>
            (gate, b, j) =>
              load(source, [b, add(j, int((gate - from) * size))])
          const inputAt = (b: Expr, row: Expr): Expr => load(projected, [number, b, int(d), row])
          const step: Step = {
            states: now,
            input: (gate, b, j) => inputAt(b, add(j, int(gate * size))),
            products: (state, from, count) => byGate(products(state, from, count), from),
            sums: (state, from, count) => {
              const source = products(state, from, count)
              const sums = made('sums', source.shape, (b, j) =>
                add(load(source, [at(b), at(j)]), inputAt(at(b), add(at(j), int(from * size)))),
              )
              return byGate(sums, from)
            },
            recurrenceBias: (gate, j) =>
              biases === undefined ? constant('f32', 0) : load(biases, [int(d), add(j, int(rows + gate * size))]),
            peephole: (value, weight, j, state) =>
              peeps === undefined ? value : add(value, mul(load(peeps, [int(d), add(j, int(weight * size))]), state)),
            compute: (hint, body) => made(hint, [batch, size], (b, j) => body(at(b), at(j))),
          }
          const before = now
          const after = kind.step(step, cellOf(d))
          if (counts === undefined) {
            now = after
            shown[t] = defined(after[0], 'a hidden state')
            continue
          }
          const isThere = (b: Expr | undefined): Expr => lt(number, load(counts, [at(b)]))
          const kept = (state: Buffer, otherwise: (...index: readonly Expr[]) => Expr): Buffer =>
            made('kept', [batch, size], (...index) =>
              select(isThere(index[0]), load(state, index), otherwise(...index)),
            )
          now = after.map((state, s) => kept(state, (...index) => load(defined(before[s], 'a state'), index)))
          shown[t] = kept(defined(after[0], 'a hidden state'), () => constant('f32', 0))
        }
        return { shown, last: now }
      }
      const walked = Array.from({ length: directions }, (_, d) =>
        walk(d, d === 1 || attributes.direction === 'reverse'),
      )

      const [y, ...lasts] = outputs
      const stacks = walked.map(({ shown }) => stacked(shown, [batch, size], equations))
      const chosen = (sources: readonly (Buffer | undefined)[], d: Expr, index: readonly Expr[]): Expr => {
        const [forward, backward] = sources
        const one = load(defined(forward, 'a direction'), index)
        return backward === undefined ? one : select(lt(d, int(1)), one, load(backward, index))
      }
      if (y !== undefined) {
        equations.push(
          compute(y, (...index) => {
            const [t, d, b] = batchFirst ? [index[1], index[2], index[0]] : index
            return steps === 0 ? constant('f32', 0) : chosen(stacks, at(d), [at(t), at(b), at(index[3])])
          }),
        )
      }
      lasts.forEach((last, s) => {
        equations.push(
          compute(last, (...index) => {
            const [d, b] = batchFirst ? [index[1], index[0]] : index
            const ends = walked.map((one) => one.last[s])
            return chosen(ends, at(d), [at(b), at(index[2])])
          }),
        )
      })
      return equations
    },
  }
}

const at = (position: Expr | undefined): Expr => defined(position, 'an axis of a recurrent network')

function sameShape(
  name: string,
  what: string,
  shape: readonly SizeExpr[],
  wanted: readonly SizeExpr[],
): readonly EqualSizes[] {
  const message = `${what} of ${formatShape(shape)} where ${formatShape(wanted)} is needed`
  if (shape.length !== wanted.length) throw shapeError(name, message)
  return wanted.flatMap((extent, d) => agree(name, message, extent, shape[d]))
}
