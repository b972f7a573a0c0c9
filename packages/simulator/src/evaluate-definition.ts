/**
 * Definitions evaluated without any schedule, exactly as ir's `definition.ts` says: every f32 operation rounded once,
 * narrow dtypes rounded when an element is finished.
 */
import {
  type Buffer,
  checkArgument,
  checkRecord,
  type Definition,
  type Equation,
  equationOutputs,
  InternalError,
  type SizeValues,
} from '@tilewright/ir'
import { at } from './at.js'
import { exprCompiler, flatIndex } from './compile-expr.js'
import { allocate, narrowInto, narrowing, type TypedArray, widen } from './elements.js'
import { type EquationContext, evaluateEquation } from './equations.js'
import { SimulatorError, type SimulatorErrorCode } from './errors.js'
import { checkedArray, concreteShape } from './memory.js'
import { createVariables, unbound } from './variables.js'

/** A finished buffer, its values widened. */
interface Tensor {
  readonly shape: readonly number[]
  readonly cells: Float64Array
}

/**
 * The values of all buffers that the equations write, outputs and those between, in their dtypes. `inputs` gives an
 * array for each input of the definition.
 * Throws `SimulatorError`: `sim/out-of-bounds`, `sim/division-by-zero`, `sim/uninitialised-read` for a buffer that no
 * earlier equation writes, `sim/invalid-buffer`; `CompileError` `ir/size`.
 */
export function evaluateDefinition(
  definition: Definition,
  inputs: ReadonlyMap<Buffer, TypedArray>,
  sizes: SizeValues = {},
): ReadonlyMap<Buffer, TypedArray> {
  // Callers without types may pass anything.
  const isDefinition = definition?.kind === 'definition'
  checkArgument(isDefinition, 'sim/argument', 'what is evaluated is a definition', definition, 'pass definition(…)')
  const help = 'pass a Map from buffers to arrays: new Map([[x, new Float32Array(4)]])'
  checkArgument(typeof inputs?.get === 'function', 'sim/argument', 'the inputs are a Map', inputs, help)
  checkRecord('sim/argument', 'sizes', sizes)
  const tensors = new Map<Buffer, Tensor>()
  for (const input of definition.inputs) {
    const shape = concreteShape(input, sizes)
    tensors.set(input, { shape, cells: widen(input.dtype, checkedArray(input, inputs.get(input), shape)) })
  }
  const results = new Map<Buffer, TypedArray>()
  for (const equation of definition.equations) {
    const computed = evaluateEquation(equation, contextOf(definition, equation, tensors, sizes))
    equationOutputs(equation).forEach((output, i) => {
      const cells = at(computed, i).map(narrowing(output.dtype))
      tensors.set(output, { shape: concreteShape(output, sizes), cells })
      const array = allocate(output.dtype, cells.length)
      narrowInto(output.dtype, cells, array)
      results.set(output, array)
    })
  }
  return results
}

function contextOf(
  definition: Definition,
  equation: Equation,
  tensors: ReadonlyMap<Buffer, Tensor>,
  sizes: SizeValues,
): EquationContext {
  const names = equationOutputs(equation).map(({ hint }) => `"${hint}"`)
  const where = `${equation.kind} equation of ${names.join(', ')} in "${definition.name}"`
  const fail = (code: SimulatorErrorCode, message: string): never => {
    throw new SimulatorError({ code, message, where })
  }
  const outside =
    ({ hint }: Buffer, shape: readonly number[]) =>
    (_: unknown, dimension: number, value: number): never =>
      fail('sim/out-of-bounds', `index ${value} in dimension ${dimension} of ${hint}, shape [${shape.join(', ')}]`)
  const variables = createVariables()
  return {
    sizes,
    variables,
    outside,
    compile: exprCompiler({
      sizes,
      slot: (variable) => variables.slot(variable) ?? fail('sim/unbound', unbound(variable)),
      builtin: (name) => {
        throw new InternalError(`a definition has no builtin ${name}`, where)
      },
      load: ({ buffer }, index) => {
        const tensor = tensors.get(buffer)
        if (tensor === undefined) return fail('sim/uninitialised-read', `${buffer.hint} is read before it is written`)
        const { shape, cells } = tensor
        const flat = flatIndex(shape, index, outside(buffer, shape))
        return (frame) => cells[flat(frame)] ?? 0
      },
      counted: (_, evaluate) => evaluate,
      divisionByZero: () => fail('sim/division-by-zero', 'an integer is divided by zero'),
    }),
  }
}
