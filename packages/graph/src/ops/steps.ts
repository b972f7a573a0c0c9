/**
 * Operators that take a sequence step by step. The steps are taken apart when compiling, and a step's number is data, not
 * part of its equations: so the steps are equal, and are compiled once.
 */
import {
  add,
  type Buffer,
  buffer,
  compute,
  defined,
  type Equation,
  int,
  load,
  reduce,
  type SizeExpr,
  sizeParams,
  UnsupportedError,
} from '@tilewright/ir'
import { join } from './concat.js'
import { reshapeEquation } from './reshape.js'
import { formatShape } from './shape-error.js'

/** Steps that are taken apart. */
const mostSteps = 512

/** The number of steps. Throws `UnsupportedError`. */
export function stepsOf(name: string, length: SizeExpr): number {
  const isSymbolic = typeof length !== 'number'
  if (!isSymbolic && length <= mostSteps) return length
  const sizes = [...sizeParams(length).keys()].map((size) => `--fix ${size}=VALUE`).join(' ')
  throw new UnsupportedError({
    code: isSymbolic ? 'graph/symbolic-shape' : 'graph/steps',
    message: `${name}: the length ${formatShape([length])} of the sequence is ${isSymbolic ? 'not known when compiling' : `more than ${mostSteps} steps`}`,
    help: isSymbolic
      ? `compile for a known length, since steps are taken apart: ${sizes}, or fixSizes in code`
      : 'run the sequence in parts, with the state between them',
  })
}

/** For each step, its number in a buffer: a sum, which is kept, so that no number is computed from all before it again. */
export function stepNumbers(steps: number, equations: Equation[]): readonly Buffer[] {
  const numbers: Buffer[] = []
  for (let t = 0; t < steps; t++) {
    const [number, before] = [buffer('step', 'i32', [1], 'storage'), numbers[t - 1]]
    const next = (previous: Buffer): Equation =>
      reduce({
        outputs: [number],
        domain: [{ hint: 'k', extent: 1 }],
        identity: [int(0)],
        value: () => [add(load(previous, [int(0)]), int(1))],
        combine: ([left], [right]) => [add(defined(left, 'left'), defined(right, 'right'))],
        commutative: true,
      })
    equations.push(before === undefined ? compute(number, () => int(0)) : next(before))
    numbers.push(number)
  }
  return numbers
}

/** Buffers one after the other along a new first dimension. */
export function stacked(
  parts: readonly Buffer[],
  shape: readonly SizeExpr[],
  equations: Equation[],
): Buffer | undefined {
  if (parts.length === 0) return undefined
  const rows = parts.map((part) => {
    const row = buffer('row', 'f32', [1, ...shape], 'storage')
    equations.push(reshapeEquation(row, part))
    return row
  })
  const whole = buffer('steps', 'f32', [parts.length, ...shape], 'storage')
  equations.push(...join(whole, rows, 0))
  return whole
}
