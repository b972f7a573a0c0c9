/**
 * The rule-based scheduler: what runs an equation that has no template. One thread an output element, consecutive
 * threads on consecutive elements, reductions and scans as a loop inside the thread; scatters and sorts are apart.
 */
import {
  bindVars,
  type Compute,
  computeType,
  type Equation,
  type Expr,
  type KernelBuilder,
  type Reduce,
  type Scan,
  type ScheduledKernels,
  substitute,
  type Target,
  UnsupportedError,
  type Var,
} from '@tilewright/ir'
import { perPoint } from './per-point.js'
import { scatterInLines } from './scatter-in-lines.js'
import { sortByRank } from './sort-by-rank.js'

/** Schedules an equation. Throws `UnsupportedError` `schedule/no-template` for rows: templates take all. */
export function ruleBased(anchor: Equation, target: Target): ScheduledKernels {
  switch (anchor.kind) {
    case 'compute':
      return perElement(anchor, target, 'elementwise', (g, axes) => {
        const bindings = bindVars(anchor.axes, axes)
        g.use(anchor.output).set(axes, substitute(anchor.value, bindings))
      })
    case 'reduce':
      return perElement(anchor, target, 'reduce', (g, axes) => reduceInThread(g, anchor, axes))
    case 'scan':
      return perElement(anchor, target, 'scan', (g, axes) => scanInThread(g, anchor, axes))
    case 'scatter':
      return scatterInLines(anchor, target)
    case 'sort':
      return sortByRank(anchor, target)
    case 'rows':
    case 'attention':
      throw new UnsupportedError({
        code: 'schedule/no-template',
        message: `no schedule for a ${anchor.kind}`,
        help: 'evaluate the definition on the simulator, or write the kernel by hand',
      })
  }
}

/** One thread for each point of the outputs' shape, without the dimension a scan runs along. */
function perElement(
  anchor: Compute | Reduce | Scan,
  target: Target,
  name: string,
  body: (g: KernelBuilder, axes: readonly Expr[]) => void,
): ScheduledKernels {
  const shape = (anchor.kind === 'reduce' ? anchor.outputs[0] : anchor.output)?.shape ?? []
  const extents = anchor.kind === 'scan' ? shape.toSpliced(anchor.along, 1) : shape
  const values = anchor.kind === 'reduce' ? anchor.value : [anchor.value]
  return { kernels: [perPoint(name, extents, values, target, body)], workspaces: [] }
}

function reduceInThread(g: KernelBuilder, anchor: Reduce, axes: readonly Expr[]): void {
  const state = anchor.outputs.map((output, i) => {
    const component = g.privateBuffer('state', computeType(output.dtype), [])
    component.set([], anchor.identity[i] ?? 0)
    return component
  })
  const bindings = bindVars(anchor.axes, axes)
  const nest = (depth: number): void => {
    const axis = anchor.domain[depth]
    if (axis !== undefined) {
      g.loop(axis.var.hint, axis.extent, (index) => {
        bindings.set(axis.var, index.expr)
        nest(depth + 1)
      })
      return
    }
    anchor.left.forEach((left, i) => {
      const old = state[i]
      if (old !== undefined) bindings.set(left, g.let('old', old.at()).expr)
    })
    anchor.right.forEach((right, i) => {
      const element = anchor.value[i]
      if (element !== undefined) bindings.set(right, g.let('element', substitute(element, bindings)).expr)
    })
    // All components are computed from the old state before any is replaced.
    const next = anchor.combine.map((combine) => g.let('next', substitute(combine, bindings)))
    next.forEach((component, i) => {
      state[i]?.set([], component)
    })
  }
  nest(0)
  anchor.outputs.forEach((output, i) => {
    const component = state[i]
    if (component !== undefined) g.use(output).set(axes, component.at())
  })
}

function scanInThread(g: KernelBuilder, anchor: Scan, others: readonly Expr[]): void {
  const { output, along } = anchor
  const length = output.shape[along] ?? 1
  const state = g.privateBuffer('state', computeType(output.dtype), [])
  const out = g.use(output)
  g.loop('i', length, (i) => {
    const axes = others.toSpliced(along, 0, i.expr)
    const element = g.let('element', substitute(anchor.value, bindVars(anchor.axes, axes)))
    g.if(
      i.eq(0),
      () => state.set([], element),
      () => {
        const bindings = new Map<Var, Expr>([
          [anchor.left, state.at().expr],
          [anchor.right, element.expr],
        ])
        state.set([], substitute(anchor.combine, bindings))
      },
    )
    out.set(axes, state.at())
  })
}
