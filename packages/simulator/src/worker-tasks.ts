/**
 * Tasks of the workers of a mapping, kept: a kernel is run many times, in all orders, and they are the same each time. Mappings never
 * change, and nothing tells a list that is kept from one that is made anew.
 */
import { type TaskMapping, tasks } from '@tilewright/task-mapping'

const known = new WeakMap<TaskMapping, (readonly (readonly number[])[])[]>()

/** The tasks of `worker`, in order. Throws `MappingError` `mapping/worker`. */
export function tasksOfWorker(mapping: TaskMapping, worker: number): readonly (readonly number[])[] {
  const lists = known.get(mapping) ?? []
  known.set(mapping, lists)
  lists[worker] ??= tasks(mapping, worker)
  return lists[worker]
}
