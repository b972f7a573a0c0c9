/** Evaluation of sizes and predicates, and how a run's input shapes give the sizes. */
import { describe } from '@tilewright/ir/arguments'
import type { EqualSizes, PlanSize, PlanTensor, Predicate } from './plan.js'
import { PlanError } from './plan-error.js'

/** Values of size parameters by name. */
export type PlanSizeValues = ReadonlyMap<string, number>

/**
 * The value of a size. A difference may be negative where it is raised to zero or more by a sum or a maximum; what is
 * divided or multiplied with another negative one is a window that does not fit its input.
 * Throws `PlanError` `plan/size` for an unknown parameter, a division by zero and what is no size or no Map of values, `run/shape` for a negative size.
 */
export function evaluatePlanSize(size: PlanSize, values: PlanSizeValues): number {
  if (typeof size === 'number') return size
  // Callers without types may pass anything.
  if (size?.kind === undefined) {
    const help = 'pass an extent of a shape of the plan, or of a launch'
    throw new PlanError('plan/size', `a size is a number or an expression, not ${describe(size)}`, help)
  }
  if (size.kind === 'size') {
    const entry = `[${JSON.stringify(size.name)}, 4]`
    if (typeof values?.get !== 'function') {
      const help = `pass a Map: new Map([${entry}])`
      throw new PlanError('plan/size', `values of sizes are a Map, not ${describe(values)}`, help)
    }
    const value = values.get(size.name)
    if (value !== undefined) return value
    const help = `give it one among the values of the sizes: ${entry}`
    throw new PlanError('plan/size', `size "${size.name}" has no value`, help)
  }
  const [left, right] = [evaluatePlanSize(size.left, values), evaluatePlanSize(size.right, values)]
  switch (size.op) {
    case 'add':
      return left + right
    case 'sub':
      return left - right
    case 'mul':
      if (left < 0 && right < 0) throw negative(size, left)
      return left * right
    case 'min':
      return Math.min(left, right)
    case 'max':
      return Math.max(left, right)
    case 'div':
    case 'ceil-div':
    case 'mod':
      if (left < 0 || right < 0) throw negative(size, Math.min(left, right))
      if (right === 0) throw new PlanError('plan/size', `size ${left} ${size.op} 0: division by zero`)
      if (size.op === 'mod') return left % right
      return size.op === 'div' ? Math.trunc(left / right) : Math.ceil(left / right)
  }
}

function negative(size: PlanSize, value: number): PlanError {
  return new PlanError(
    'run/shape',
    `the size ${formatPlanSize(size)} cannot be computed: a part of it is ${value}`,
    'the inputs are too small: a window must fit into what it moves over',
  )
}

const symbols = { add: '+', sub: '-', mul: '*', div: '/', 'ceil-div': '/^', mod: '%', min: 'min', max: 'max' } as const

/** A size as text, with all parentheses: `((H - 3) / 2)`. */
function formatPlanSize(size: PlanSize): string {
  if (typeof size === 'number') return String(size)
  if (size.kind === 'size') return size.name
  const [left, right] = [formatPlanSize(size.left), formatPlanSize(size.right)]
  return size.op === 'min' || size.op === 'max'
    ? `${size.op}(${left}, ${right})`
    : `(${left} ${symbols[size.op]} ${right})`
}

/** Whether a predicate holds. */
export function holds(predicate: Predicate, values: PlanSizeValues): boolean {
  const size = evaluatePlanSize(predicate.size, values)
  return predicate.kind === 'at-most' ? size <= predicate.limit : size % predicate.of === 0
}

/** The number of elements of a shape. */
export function countElements(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1)
}

const formatShape = (shape: readonly PlanSize[]): string => `[${shape.map(formatPlanSize).join(', ')}]`

/**
 * The sizes of a run, from the shapes of its inputs. Throws `PlanError` `run/shape` when a shape has another rank, two
 * inputs disagree about a size, or a size breaks the facts that the model was compiled with.
 */
export function bindSizes(inputs: readonly PlanTensor[], shapes: readonly (readonly number[])[]): PlanSizeValues {
  const values = new Map<string, number>()
  const mismatch = (input: PlanTensor, shape: readonly number[], why: string): PlanError =>
    new PlanError(
      'run/shape',
      `input "${input.name}" has shape [${shape.join(', ')}], expected ${formatShape(input.shape)}: ${why}`,
      'pass data of the shape that the model declares',
    )
  inputs.forEach((input, i) => {
    const shape = shapes[i] ?? []
    if (shape.length !== input.shape.length) throw mismatch(input, shape, `rank ${shape.length}`)
    input.shape.forEach((extent, d) => {
      const actual = shape[d] ?? 0
      if (typeof extent !== 'object' || extent.kind !== 'size') return
      const known = values.get(extent.name)
      if (known !== undefined && known !== actual) {
        throw mismatch(input, shape, `"${extent.name}" is ${known} elsewhere`)
      }
      if (actual < extent.min || actual > extent.max || actual % extent.multipleOf !== 0) {
        const facts = `${extent.min}..${extent.max}${extent.multipleOf > 1 ? ` in steps of ${extent.multipleOf}` : ''}`
        throw mismatch(input, shape, `"${extent.name}" must be in ${facts}`)
      }
      values.set(extent.name, actual)
    })
  })
  // Numbers and compound sizes are checked once all parameters are known.
  inputs.forEach((input, i) => {
    const shape = shapes[i] ?? []
    input.shape.forEach((extent, d) => {
      const expected = evaluatePlanSize(extent, values)
      if (expected !== shape[d]) throw mismatch(input, shape, `dimension ${d} must be ${expected}`)
    })
  })
  return values
}

/** Throws `PlanError` `run/shape`, naming the node, for sizes that differ where the model needs them equal. */
export function checkEqualSizes(pairs: readonly EqualSizes[], values: PlanSizeValues): void {
  for (const { left, right, node } of pairs) {
    const [a, b] = [evaluatePlanSize(left, values), evaluatePlanSize(right, values)]
    if (a === b) continue
    throw new PlanError(
      'run/shape',
      `${formatPlanSize(left)} is ${a} and ${formatPlanSize(right)} is ${b}, which must be equal`,
      'pass inputs whose shapes agree as the model needs: of the command line, with --size NAME=VALUE or --data DIR; a size that is always 1 can be fixed when compiling (--fix NAME=1)',
      `node "${node}"`,
    )
  }
}
