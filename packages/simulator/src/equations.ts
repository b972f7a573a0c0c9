/** The seven kinds of equations, each evaluated as its definition reads; all domains in row-major order. */
import {
  type Attention,
  type Axis,
  type Buffer,
  type Compute,
  type Equation,
  type Expr,
  evaluateSize,
  type Fold,
  type Reduce,
  type Rows,
  type Scan,
  type Scatter,
  type SizeValues,
  type Sort,
  type Var,
} from '@tilewright/ir'
import { at, product } from './at.js'
import { flatIndex } from './compile-expr.js'
import { narrowing } from './elements.js'
import { concreteShape } from './memory.js'
import type { Evaluate, Thread } from './thread.js'
import type { Variables } from './variables.js'

export interface EquationContext {
  readonly sizes: SizeValues
  readonly variables: Variables
  /** Compiles an expression over variables that are bound. */
  readonly compile: (expr: Expr) => Evaluate
  /** Throws `sim/out-of-bounds`. */
  readonly outside: (
    buffer: Buffer,
    shape: readonly number[],
  ) => (frame: Thread, dimension: number, value: number) => never
}

/** The values of the outputs of an equation in the compute type, one array an output. */
export function evaluateEquation(equation: Equation, context: EquationContext): readonly Float64Array[] {
  switch (equation.kind) {
    case 'compute':
      return [evaluateCompute(equation, context)]
    case 'reduce':
      return evaluateReduce(equation, context)
    case 'rows':
      return [evaluateRows(equation, context)]
    case 'attention':
      return [evaluateAttention(equation, context)]
    case 'scan':
      return [evaluateScan(equation, context)]
    case 'scatter':
      return [evaluateScatter(equation, context)]
    case 'sort':
      return evaluateSort(equation, context)
  }
}

/** Variables of one equation live where those of a thread would. */
function createFrame({ variables }: EquationContext): Thread {
  const clock = { own: 0, known: new Int32Array(0), version: 0 }
  return {
    index: 0,
    id: 0,
    subgroup: 0,
    lane: 0,
    vars: new Float64Array(variables.count()),
    clocks: { workgroup: clock, storage: clock },
    open: [],
    products: [],
    groups: [],
    waiting: undefined,
    ended: false,
  }
}

/** Visits every point of a domain in row-major order, its indices in `slots` of the frame. */
function eachPoint(frame: Thread, slots: readonly number[], extents: readonly number[], visit: () => void): void {
  const nest = (dimension: number): void => {
    const slot = slots[dimension]
    if (slot === undefined) {
      visit()
      return
    }
    const extent = at(extents, dimension)
    for (let i = 0; i < extent; i++) {
      frame.vars[slot] = i
      nest(dimension + 1)
    }
  }
  nest(0)
}

/** Evaluates `value` at every point of the output's shape. */
function pointwise(output: Buffer, axes: readonly Var[], value: Expr, context: EquationContext): Float64Array {
  const shape = concreteShape(output, context.sizes)
  const slots = axes.map(context.variables.bind)
  const evaluate = context.compile(value)
  const frame = createFrame(context)
  const cells = new Float64Array(product(shape))
  let flat = 0
  eachPoint(frame, slots, shape, () => {
    cells[flat] = evaluate(frame)
    flat += 1
  })
  return cells
}

function evaluateCompute({ output, axes, value }: Compute, context: EquationContext): Float64Array {
  return pointwise(output, axes, value, context)
}

const extentsOf = (domain: readonly Axis[], { sizes }: EquationContext): readonly number[] =>
  domain.map(({ extent }) => evaluateSize(extent, sizes))

function evaluateReduce(equation: Reduce, context: EquationContext): readonly Float64Array[] {
  const { variables, sizes } = context
  const shape = concreteShape(at(equation.outputs, 0), sizes)
  const axes = equation.axes.map(variables.bind)
  const domain = equation.domain.map((axis) => variables.bind(axis.var))
  const left = equation.left.map(variables.bind)
  const fold = compileFold(equation, left, domain, extentsOf(equation.domain, context), context)
  const frame = createFrame(context)
  const outputs = equation.outputs.map(() => new Float64Array(product(shape)))
  let flat = 0
  eachPoint(frame, axes, shape, () => {
    fold(frame)
    outputs.forEach((cells, component) => {
      cells[flat] = at(frame.vars, at(left, component))
    })
    flat += 1
  })
  return outputs
}

/** A fold over a domain that leaves its state in the slots `state`, which are those of `left` or take their place. */
function compileFold(
  fold: Fold,
  state: readonly number[],
  domain: readonly number[],
  extents: readonly number[],
  { variables, compile }: EquationContext,
): (frame: Thread) => void {
  const [left, right] = [fold.left.map(variables.bind), fold.right.map(variables.bind)]
  const [identity, value] = [fold.identity.map(compile), fold.value.map(compile)]
  const combine = fold.combine.map(compile)
  // All components are evaluated before any is assigned: they make one tuple.
  const tuple = new Float64Array(left.length)
  const assign = (frame: Thread, slots: readonly number[], evaluates: readonly Evaluate[]): void => {
    for (let c = 0; c < tuple.length; c++) tuple[c] = evaluates[c]?.(frame) ?? 0
    for (let c = 0; c < tuple.length; c++) frame.vars[slots[c] ?? 0] = tuple[c] ?? 0
  }
  return (frame) => {
    assign(frame, left, identity)
    eachPoint(frame, domain, extents, () => {
      assign(frame, right, value)
      assign(frame, left, combine)
    })
    state.forEach((slot, c) => {
      frame.vars[slot] = at(frame.vars, at(left, c))
    })
  }
}

function evaluateRows(equation: Rows, context: EquationContext): Float64Array {
  const { variables, compile, sizes } = context
  const { output, along, stages } = equation
  const shape = concreteShape(output, sizes)
  const axes = equation.axes.map(variables.bind)
  const isAlong = (dimension: number): boolean => along.includes(dimension)
  const [row, others] = [axes.filter((_, d) => isAlong(d)), axes.filter((_, d) => !isAlong(d))]
  const [extents, outer] = [shape.filter((_, d) => isAlong(d)), shape.filter((_, d) => !isAlong(d))]
  const folds = stages.map((stage) => compileFold(stage, stage.results.map(variables.bind), row, extents, context))
  const evaluate = compile(equation.value)
  const frame = createFrame(context)
  const cells = new Float64Array(product(shape))
  eachPoint(frame, others, outer, () => {
    for (const fold of folds) fold(frame)
    eachPoint(frame, row, extents, () => {
      const flat = axes.reduce((position, slot, d) => position * at(shape, d) + at(frame.vars, slot), 0)
      cells[flat] = evaluate(frame)
    })
  })
  return cells
}

function evaluateAttention(equation: Attention, context: EquationContext): Float64Array {
  const { variables, compile, sizes } = context
  const shape = concreteShape(equation.output, sizes)
  const axes = equation.axes.map(variables.bind)
  const [key, depth] = [[variables.bind(equation.key.var)], equation.depth.map((axis) => variables.bind(axis.var))]
  const [keys, depths] = [extentsOf([equation.key], context), extentsOf(equation.depth, context)]
  const [dot, largest] = [variables.bind(equation.dot), variables.bind(equation.largest)]
  const [total, sum] = [variables.bind(equation.total), variables.bind(equation.sum)]
  const [element, score] = [compile(equation.product), compile(equation.score)]
  const [value, result] = [compile(equation.value), compile(equation.result)]
  const frame = createFrame(context)
  const { vars } = frame
  const add = (slot: number, more: number): void => {
    vars[slot] = Math.fround(at(vars, slot) + Math.fround(more))
  }
  const cells = new Float64Array(product(shape))
  let flat = 0
  eachPoint(frame, axes, shape, () => {
    const scores: number[] = []
    eachPoint(frame, key, keys, () => {
      vars[dot] = 0
      eachPoint(frame, depth, depths, () => add(dot, element(frame)))
      scores.push(score(frame))
    })
    vars[largest] = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
    vars[total] = 0
    vars[sum] = 0
    eachPoint(frame, key, keys, () => {
      const weight = Math.fround(Math.exp(Math.fround(at(scores, at(vars, at(key, 0))) - at(vars, largest))))
      add(total, weight)
      add(sum, weight * value(frame))
    })
    cells[flat] = result(frame)
    flat += 1
  })
  return cells
}

/** The first element of a line is its own fold; each later one combines with the fold before it. */
function evaluateScan(equation: Scan, context: EquationContext): Float64Array {
  const { variables, compile, sizes } = context
  const shape = concreteShape(equation.output, sizes)
  const [left, right] = [variables.bind(equation.left), variables.bind(equation.right)]
  const folds = pointwise(equation.output, equation.axes, equation.value, context)
  const axes = equation.axes.map(variables.bind)
  const combine = compile(equation.combine)
  const frame = createFrame(context)
  const stride = product(shape.slice(equation.along + 1))
  const slotAlong = at(axes, equation.along)
  let flat = 0
  eachPoint(frame, axes, shape, () => {
    if (at(frame.vars, slotAlong) > 0) {
      frame.vars[left] = at(folds, flat - stride)
      frame.vars[right] = at(folds, flat)
      folds[flat] = combine(frame)
    }
    flat += 1
  })
  return folds
}

function evaluateScatter(equation: Scatter, context: EquationContext): Float64Array {
  const { variables, compile, sizes, outside } = context
  const { output } = equation
  const shape = concreteShape(output, sizes)
  const narrow = narrowing(output.dtype)
  const cells = pointwise(output, equation.axes, equation.base, context).map(narrow)
  const domain = equation.domain.map((axis) => variables.bind(axis.var))
  const [left, right] = [variables.bind(equation.left), variables.bind(equation.right)]
  const place = flatIndex(shape, equation.index.map(compile), outside(output, shape))
  const [value, combine] = [compile(equation.value), compile(equation.combine)]
  const frame = createFrame(context)
  eachPoint(frame, domain, extentsOf(equation.domain, context), () => {
    const element = place(frame)
    frame.vars[left] = at(cells, element)
    frame.vars[right] = value(frame)
    cells[element] = narrow(combine(frame))
  })
  return cells
}

function evaluateSort(equation: Sort, context: EquationContext): readonly Float64Array[] {
  const { values: output, axes, along, value, descending } = equation
  const shape = concreteShape(output, context.sizes)
  const unsorted = pointwise(output, axes, value, context)
  const stride = product(shape.slice(along + 1))
  const extent = at(shape, along)
  const values = new Float64Array(unsorted.length)
  const positions = new Float64Array(unsorted.length)
  for (let line = 0; extent > 0 && line < unsorted.length / extent; line++) {
    // The line's first element: whole blocks of `extent * stride` before it, then its place within the block.
    const first = Math.floor(line / stride) * extent * stride + (line % stride)
    const element = (position: number): number => at(unsorted, first + position * stride)
    const order = Array.from({ length: extent }, (_, position) => position).sort((p, q) => {
      const [a, b] = descending ? [element(q), element(p)] : [element(p), element(q)]
      return a < b ? -1 : a > b ? 1 : Number(Number.isNaN(a)) - Number(Number.isNaN(b))
    })
    order.forEach((position, rank) => {
      values[first + rank * stride] = element(position)
      positions[first + rank * stride] = position
    })
  }
  return [values, positions]
}
