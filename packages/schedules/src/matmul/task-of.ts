/** Tasks as expressions, where no for-task may stand: around what whole subgroups execute together. */
import { add, defined, div, type Expr, int, mod, mul, type Value, value } from '@tilewright/ir'
import { type IndexArithmetic, type TaskMapping, tasksOf } from '@tilewright/task-mapping'

const exprs: IndexArithmetic<Expr> = { constant: int, add, mul, div, mod }

/** The only task of `worker`, which is one of the mapping's workers. */
export function taskOf(mapping: TaskMapping, worker: Value): readonly Value[] {
  const [task] = tasksOf(mapping, worker.expr, exprs, () => [int(0)])
  return defined(task, 'a spatial mapping has a task for each worker').map(value)
}

/** The tasks of `worker`, in order. */
export function tasksAt(mapping: TaskMapping, worker: Value): readonly (readonly Value[])[] {
  const all = (extent: number): readonly Expr[] => Array.from({ length: extent }, (_, i) => int(i))
  return tasksOf(mapping, worker.expr, exprs, all).map((task) => task.map(value))
}
