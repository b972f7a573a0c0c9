/**
 * The rule-based scheduler: what runs an equation that has no template. One thread an output element, consecutive
 * threads on consecutive elements, reductions and scans as a loop inside the thread.
 */
import {
  type Buffer,
  buildKernel,
  type Compute,
  ceilDiv,
  computeType,
  type Equation,
  type Expr,
  elementCount,
  type KernelBuilder,
  loadsOf,
  type Reduce,
  type Scan,
  type ScheduledKernels,
  sizeValue,
  substitute,
  type Target,
  UnsupportedError,
  type Var,
} from '@tilewright/ir'
import { coordinates } from './matmul/tile-edges.js'

/** Threads of a workgroup, where the target has them. */
const preferredThreads = 64

/** Schedules an equation. Throws `UnsupportedError` `schedule/no-template` for rows (templates take all), a scatter or a sort. */
export function ruleBased(anchor: Equation, target: Target): ScheduledKernels {
  switch (anchor.kind) {
    case 'compute':
      return perElement(anchor, target, 'elementwise', (g, axes) => {
        const bindings = bind(anchor.axes, axes)
        g.use(anchor.output).set(axes, substitute(anchor.value, bindings))
      })
    case 'reduce':
      return perElement(anchor, target, 'reduce', (g, axes) => reduceInThread(g, anchor, axes))
    case 'scan':
      return perElement(anchor, target, 'scan', (g, axes) => scanInThread(g, anchor, axes))
    case 'rows':
    case 'scatter':
    case 'sort':
      throw new UnsupportedError({
        code: 'schedule/no-template',
        message: `no schedule for a ${anchor.kind}`,
        help: 'evaluate the definition on the simulator, or write the kernel by hand',
      })
  }
}

const bind = (vars: readonly Var[], to: readonly Expr[]): Map<Var, Expr> =>
  new Map(vars.map((v, i) => [v, to[i] ?? sizeValue(0)]))

/** One thread for each point of the iteration: the outputs' shape, without the dimension a scan runs along. */
function perElement(
  anchor: Compute | Reduce | Scan,
  target: Target,
  name: string,
  body: (g: KernelBuilder, axes: readonly Expr[]) => void,
): ScheduledKernels {
  const shape = (anchor.kind === 'reduce' ? anchor.outputs[0] : anchor.output)?.shape ?? []
  const extents = anchor.kind === 'scan' ? shape.toSpliced(anchor.along, 1) : shape
  const count = elementCount(extents)
  const threads = Math.min(preferredThreads, target.limits.threads)
  const kernel = buildKernel({ name, threads, workgroups: [ceilDiv(count, threads), 1, 1] }, (g) => {
    for (const source of sources(anchor)) g.use(source)
    const element = g.let('element', g.workgroup.x.mul(threads).add(g.thread))
    g.if(element.lt(count), () => body(g, coordinates(element, extents)))
  })
  return { kernels: [kernel], workspaces: [] }
}

/** The buffers an equation reads, in order of appearance. */
function sources(anchor: Compute | Reduce | Scan): readonly Buffer[] {
  const values = anchor.kind === 'reduce' ? anchor.value : [anchor.value]
  return [...new Set(values.flatMap((expr) => loadsOf(expr).map((node) => node.buffer)))]
}

function reduceInThread(g: KernelBuilder, anchor: Reduce, axes: readonly Expr[]): void {
  const state = anchor.outputs.map((output, i) => {
    const component = g.privateBuffer('state', computeType(output.dtype), [])
    component.set([], anchor.identity[i] ?? 0)
    return component
  })
  const bindings = bind(anchor.axes, axes)
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
    const element = g.let('element', substitute(anchor.value, bind(anchor.axes, axes)))
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
