// Draws a mapping as text: a grid with a cell for each task that says which worker does it, and when.
import { type MappingChain, mappingOf } from './chain.js'
import { formatMapping } from './format-mapping.js'
import { at, product, type TaskMapping, taskShape, tasksPerWorker, workers } from './mapping.js'
import { MappingError } from './mapping-error.js'
import { tasks } from './tasks-of.js'

/**
 * A line that names the mapping, then its grid. The last dimension runs to the right, the one before it down, and
 * ranks above 2 are drawn slice by slice. A cell holds the worker, or `worker:order` where workers have several tasks.
 *
 *     repeat(2, 1) * spatial(1, 3)   tasks 2x3, workers 3, each 2
 *          0    1    2
 *     0  0:0  1:0  2:0
 *     1  0:1  1:1  2:1
 *
 * Throws `MappingError` `mapping/size` above 65536 tasks.
 */
export function draw(given: TaskMapping | MappingChain): string {
  const mapping = mappingOf(given)
  const shape = taskShape(mapping)
  if (product(shape) > mostCells) {
    throw new MappingError('mapping/size', `${shape.join('x')} tasks are too many to draw: ${mostCells} at most`)
  }
  const each = tasksPerWorker(mapping)
  const title = `${formatMapping(mapping)}   tasks ${shape.join('x') || 1}, workers ${workers(mapping)}, each ${each}`

  const columns = shape.at(-1) ?? 1
  const rows = shape.at(-2) ?? 1
  const grids = chunks(chunks(taskLabels(mapping), columns), rows).map((slice, index) => {
    const table = [[...Array(columns).keys()].map(String), ...slice]
    const labelled = shape.length < 2 ? table : table.map((row, line) => [line === 0 ? '' : String(line - 1), ...row])
    const grid = alignRight(labelled)
    return shape.length > 2 ? `[${sliceIndices(index, shape.slice(0, -2)).join(', ')}, :, :]\n${grid}` : grid
  })
  return [title, ...grids].join('\n')
}

/** More than that nobody reads. */
const mostCells = 2 ** 16

/** The text of each task's cell, tasks in row order. */
function taskLabels(mapping: TaskMapping): readonly string[] {
  const shape = taskShape(mapping)
  const isSingle = tasksPerWorker(mapping) === 1
  const labels: string[] = []
  for (let worker = 0; worker < workers(mapping); worker++) {
    for (const [order, task] of tasks(mapping, worker).entries()) {
      const flat = task.reduce((index, coordinate, dim) => index * at(shape, dim) + coordinate, 0)
      labels[flat] = isSingle ? String(worker) : `${worker}:${order}`
    }
  }
  return labels
}

/** The coordinates of element `index` of a grid of `shape` in row order. */
function sliceIndices(index: number, shape: readonly number[]): readonly number[] {
  return shape.reduceRight<{ rest: number; indices: readonly number[] }>(
    ({ rest, indices }, extent) => ({ rest: Math.floor(rest / extent), indices: [rest % extent, ...indices] }),
    { rest: index, indices: [] },
  ).indices
}

function chunks<T>(values: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: values.length / size }, (_, index) => values.slice(index * size, (index + 1) * size))
}

/** One line a row, the columns two spaces apart. */
function alignRight(table: readonly (readonly string[])[]): string {
  const width = (column: number): number => Math.max(...table.map((row) => at(row, column).length))
  const widths = at(table, 0).map((_, column) => width(column))
  return table.map((row) => row.map((cell, column) => cell.padStart(at(widths, column))).join('  ')).join('\n')
}
