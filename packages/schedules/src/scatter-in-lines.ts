/**
 * Scatter: one launch stores the base, the next one combines the updates into it.
 *
 * Where an index of the output is an axis of the domain as it stands, different values of the axis never meet in an element:
 * these axes say which line an update belongs to. A thread takes a line and combines its updates one after the other, in the
 * order of the domain, so that neither atomics nor the order of threads matter.
 *
 *     y[i, where[i, p, j], j] += x[i, p, j]    lines: i, j    in a line: p
 */
import {
  bindVars,
  defined,
  type Scatter,
  type ScheduledKernels,
  someExpr,
  substitute,
  type Target,
} from '@tilewright/ir'
import { loopOver } from './matmul/contraction.js'
import { perPoint } from './per-point.js'

export function scatterInLines(anchor: Scatter, target: Target): ScheduledKernels {
  const { output, axes, domain, index, value, combine, left, right } = anchor
  const base = perPoint('scatter_base', output.shape, [anchor.base], target, (g, point) => {
    g.use(output).set(point, substitute(anchor.base, bindVars(axes, point)))
  })
  const lines = domain.filter((axis) => index.includes(axis.var))
  const extents = lines.map((axis) => axis.extent)
  const readsOld = someExpr(combine, (node) => node === left)
  const updates = perPoint('scatter', extents, [...index, value], target, (g, point) => {
    const out = g.use(output)
    const line = lines.map((axis, i) => [axis.var, defined(point[i], 'one coordinate an axis')] as const)
    loopOver(
      g,
      domain.filter((axis) => !lines.includes(axis)),
      (bound) => {
        const bindings = new Map(bound)
        const to = index.map((at) => g.let('to', substitute(at, bindings)))
        const update = g.let('update', substitute(value, bindings))
        const states = new Map([[right, update.expr]])
        if (readsOld) states.set(left, g.let('old', out.at(...to)).expr)
        out.set(to, substitute(combine, states))
      },
      line,
    )
  })
  return { kernels: [base, updates], workspaces: [] }
}
