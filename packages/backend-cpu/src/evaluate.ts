/**
 * Evaluation by definition, compiled to JavaScript: each equation becomes a loop nest, unfused and unscheduled, straight
 * from its meaning. Shares no pass with the compiler: the truth that big models are checked against.
 */
import {
  type Axis,
  type Buffer,
  type Definition,
  defined,
  type Equation,
  type Expr,
  equationOutputs,
  evaluateSize,
  type Fold,
  type SizeExpr,
  type SizeValues,
  type Var,
} from '@tilewright/ir'
import { type JsNames, jsExpr, jsPrelude } from './js-expr.js'
import { arrayNames, loadText, storedText } from './memory.js'

const arrays = { Float32Array, Int32Array, Uint32Array, Int8Array, Uint8Array } as const

/** Elements of a buffer; f16 and bf16 as values in f32, bool as 0 or 1. */
export type ElementArray = Float32Array | Int32Array | Uint32Array | Int8Array | Uint8Array

/**
 * All buffers of a definition, inputs included. Inputs are row-major and of the sizes given.
 * Throws `CompileError` `ir/size` for a size without a value.
 */
export function evaluate(
  definition: Pick<Definition, 'equations'>,
  inputs: ReadonlyMap<Buffer, ElementArray>,
  sizes: SizeValues = {},
): ReadonlyMap<Buffer, ElementArray> {
  const memory = new Map(inputs)
  // Equal layers, and the steps of a recurrence, are equal text: the engine compiles it once, and has it warm.
  const compiled = new Map<string, unknown>()
  const shapeOf = (buffer: Buffer): readonly number[] => buffer.shape.map((extent) => evaluateSize(extent, sizes))
  for (const equation of definition.equations) {
    for (const output of equationOutputs(equation)) {
      const elements = shapeOf(output).reduce((product, extent) => product * extent, 1)
      memory.set(output, new arrays[arrayNames[output.dtype]](elements))
    }
    const { source, buffers } = printEquation(equation, sizes)
    const run = compiled.get(source) ?? new Function('buffers', `"use strict"\n${source}`)
    compiled.set(source, run)
    if (typeof run === 'function') {
      run(buffers.map((buffer) => defined(memory.get(buffer), `"${buffer.hint}" is written before it is read`)))
    }
  }
  return memory
}

interface Source {
  readonly source: string
  readonly buffers: readonly Buffer[]
}

/** The loop nest of one equation, over the buffers it reads and writes. */
function printEquation(equation: Equation, sizes: SizeValues): Source {
  const buffers: Buffer[] = []
  const bufferName = (buffer: Buffer): string => {
    if (!buffers.includes(buffer)) buffers.push(buffer)
    return `b${buffers.indexOf(buffer)}`
  }
  const vars = new Map<Var, string>()
  const variable = (v: Var): string => {
    const name = vars.get(v) ?? `v${vars.size}`
    vars.set(v, name)
    return name
  }
  const number = (size: SizeExpr): number => evaluateSize(size, sizes)
  const element = (buffer: Buffer, index: readonly string[]): string => {
    const flat = index.reduce(
      (text, at, d) => (d === 0 ? at : `(${text}) * ${number(buffer.shape[d] ?? 1)} + ${at}`),
      '0',
    )
    return `${bufferName(buffer)}[${flat}]`
  }
  const names: JsNames = {
    variable,
    size: (expr) => String(number(expr.size)),
    builtin: (expr) => expr.name,
    load: (expr, index) => loadText(expr.buffer.dtype, element(expr.buffer, index)),
  }
  const js = (expr: Expr): string => jsExpr(expr, names)
  const loops = (axes: readonly Axis[], body: readonly string[]): string[] => [
    ...axes.map(({ var: v, extent }) => {
      const i = variable(v)
      return `for (let ${i} = 0; ${i} < ${number(extent)}; ${i}++) {`
    }),
    ...body,
    ...axes.map(() => '}'),
  ]
  const axesOf = (output: Buffer): Axis[] => equation.axes.map((v, d) => ({ var: v, extent: output.shape[d] ?? 1 }))
  const at = (output: Buffer): string => element(output, equation.axes.map(variable))
  const lines = equationLines()
  const source = [`const [${buffers.map((_, i) => `b${i}`).join(', ')}] = buffers`, ...jsPrelude(lines), ...lines].join(
    '\n',
  )
  return { source, buffers }

  /** A fold over `domain` that leaves its state in the variables of `left`. */
  function foldLines({ left, right, identity, value, combine }: Fold, domain: readonly Axis[]): string[] {
    const state = left.map(variable)
    const fold = [
      ...right.map((v, i) => `const ${variable(v)} = ${js(defined(value[i], 'one value a component'))}`),
      `const next = [${combine.map(js).join(', ')}]`,
      ...state.map((name, i) => `${name} = next[${i}]`),
    ]
    const [only] = combine
    // One component needs no tuple.
    const single = state.length === 1 && only !== undefined ? [fold[0] ?? '', `${state[0]} = ${js(only)}`] : fold
    return [
      ...state.map((name, i) => `let ${name} = ${js(defined(identity[i], 'one identity a component'))}`),
      ...loops(domain, single),
    ]
  }

  function equationLines(): string[] {
    switch (equation.kind) {
      case 'compute': {
        const { output, value } = equation
        return loops(axesOf(output), [`${at(output)} = ${storedText(output.dtype, js(value))}`])
      }
      case 'reduce': {
        const first = defined(equation.outputs[0], 'a reduce has an output')
        const left = equation.left.map(variable)
        return loops(axesOf(first), [
          ...foldLines(equation, equation.domain),
          ...equation.outputs.map((output, i) => `${at(output)} = ${storedText(output.dtype, left[i] ?? '0')}`),
        ])
      }
      case 'rows': {
        const { output, along, stages, value } = equation
        const all = axesOf(output)
        const row = all.filter((_, d) => along.includes(d))
        const folds = stages.flatMap((stage) => [
          ...foldLines(stage, row),
          ...stage.results.map((result, i) => `const ${variable(result)} = ${stage.left.map(variable)[i]}`),
        ])
        const others = all.filter((_, d) => !along.includes(d))
        return loops(others, [...folds, ...loops(row, [`${at(output)} = ${storedText(output.dtype, js(value))}`])])
      }
      case 'attention': {
        const { output, key, depth, product, score, value, result } = equation
        const [dot, largest] = [variable(equation.dot), variable(equation.largest)]
        const [total, sum] = [variable(equation.total), variable(equation.sum)]
        const j = variable(key.var)
        return loops(axesOf(output), [
          'const scores = []',
          `let ${largest} = -Infinity, ${total} = 0, ${sum} = 0`,
          ...loops(
            [key],
            [
              `let ${dot} = 0`,
              ...loops(depth, [`${dot} = Math.fround(${dot} + ${js(product)})`]),
              `scores.push(${js(score)})`,
              `${largest} = Math.max(${largest}, scores[${j}])`,
            ],
          ),
          ...loops(
            [key],
            [
              `const weight = Math.fround(Math.exp(Math.fround(scores[${j}] - ${largest})))`,
              `${total} = Math.fround(${total} + weight)`,
              `${sum} = Math.fround(${sum} + Math.fround(weight * ${js(value)}))`,
            ],
          ),
          `${at(output)} = ${storedText(output.dtype, js(result))}`,
        ])
      }
      case 'scan': {
        const { output, along } = equation
        const [left, right] = [variable(equation.left), variable(equation.right)]
        const i = variable(defined(equation.axes[along], 'a scan runs along one of its axes'))
        const axes = axesOf(output)
        return loops(axes.toSpliced(along, 1), [
          `let ${left}`,
          `for (let ${i} = 0; ${i} < ${number(output.shape[along] ?? 1)}; ${i}++) {`,
          `const ${right} = ${js(equation.value)}`,
          `${left} = ${i} === 0 ? ${right} : ${js(equation.combine)}`,
          `${at(output)} = ${storedText(output.dtype, left)}`,
          '}',
        ])
      }
      case 'scatter': {
        const { output } = equation
        const [left, right] = [variable(equation.left), variable(equation.right)]
        const base = loops(axesOf(output), [`${at(output)} = ${storedText(output.dtype, js(equation.base))}`])
        const target = element(output, equation.index.map(js))
        const updates = loops(equation.domain, [
          `const ${left} = ${loadText(output.dtype, target)}`,
          `const ${right} = ${js(equation.value)}`,
          `${target} = ${storedText(output.dtype, js(equation.combine))}`,
        ])
        return [...base, ...updates]
      }
      case 'sort': {
        const { values, positions, along, descending } = equation
        const i = variable(defined(equation.axes[along], 'a sort runs along one of its axes'))
        const extent = number(values.shape[along] ?? 1)
        return loops(axesOf(values).toSpliced(along, 1), [
          'const line = []',
          `for (let ${i} = 0; ${i} < ${extent}; ${i}++) line.push([${js(equation.value)}, ${i}])`,
          `line.sort(([a], [b]) => ${descending ? '-' : ''}(a < b ? -1 : a > b ? 1 : isNaN(a) - isNaN(b)))`,
          `for (let ${i} = 0; ${i} < ${extent}; ${i}++) {`,
          `${at(values)} = ${storedText(values.dtype, `line[${i}][0]`)}`,
          `${at(positions)} = line[${i}][1]`,
          '}',
        ])
      }
    }
  }
}
