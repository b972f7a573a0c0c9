// The k largest of each row, largest first, ties in the order of their positions: a bitonic sort in workgroup memory.
import {
  buffer,
  buildKernel,
  compute,
  definition,
  invariant,
  type KernelBuilder,
  type SizeExpr,
  type SizeParam,
  sort,
  type Value,
} from '@tilewright/ir'
import { compose, repeat, spatial, type TaskMapping } from '@tilewright/task-mapping'
import { element, type HandWritten } from './hand-written.js'

/**
 * top[r, i] and position[r, i]: the i-th largest of x[r, :] in f32, and where it stood; i < k. A workgroup sorts a row,
 * which its facts bound: `k` <= length.min and length.max <= `capacity`, a power of two of at least 2.
 */
export function topK(rows: SizeExpr, length: SizeParam, k: number, capacity: number): HandWritten {
  invariant(k <= length.min && length.max <= capacity, 'the rows fit the workgroup and have k elements')
  const x = buffer('x', 'f32', [rows, length], 'storage')
  const sorted = buffer('sorted', 'f32', [rows, length], 'storage')
  const order = buffer('order', 'i32', [rows, length], 'storage')
  const top = buffer('top', 'f32', [rows, k], 'storage')
  const position = buffer('position', 'i32', [rows, k], 'storage')

  const threads = capacity / 2
  const elements = compose(repeat(2), spatial(threads)) // capacity
  const kernel = buildKernel({ name: 'top_k', threads, workgroups: [rows, 1, 1] }, (g) => {
    const [input, values, positions] = [g.use(x), g.use(top), g.use(position)]
    const key = g.workgroupBuffer('key', 'f32', [capacity])
    const from = g.workgroupBuffer('from', 'i32', [capacity])
    const row = g.workgroup.x

    /** Whether what stands at `low` must stand after what stands at `high`: elements beyond the row come last. */
    const isMisplaced = (low: Value, high: Value): Value => {
      const [isPadding, isElement] = [from.at(low).ge(length), from.at(high).lt(length)]
      const later = key
        .at(low)
        .eq(key.at(high))
        .and(from.at(low).gt(from.at(high)))
      return isElement.and(isPadding.or(key.at(low).lt(key.at(high)).or(later)))
    }
    const exchange = (low: Value, high: Value): void => {
      g.if(isMisplaced(low, high), () => {
        const [keyLow, fromLow] = [g.let('key_low', key.at(low)), g.let('from_low', from.at(low))]
        key.set([low], key.at(high))
        from.set([low], from.at(high))
        key.set([high], keyLow)
        from.set([high], fromLow)
      })
    }

    g.forTask(elements, g.thread, (i) => {
      key.set([i], input.atOrZero(row, i))
      from.set([i], i)
    })
    g.barrier()
    for (let run = 2; run <= capacity; run *= 2) mergeRuns(g, run, capacity, exchange)
    g.forTask(elements, g.thread, (i) => {
      values.setIfInside([row, i], key.at(i))
      positions.setIfInside([row, i], from.at(i))
    })
  })

  return {
    definition: definition(
      'top-k',
      [x],
      [top, position],
      [
        sort(sorted, order, 1, (r, i) => element(x, r, i).expr, true),
        compute(top, (r, i) => element(sorted, r, i).expr),
        compute(position, (r, i) => element(order, r, i).expr),
      ],
    ),
    kernels: [kernel],
  }
}

/**
 * Sorted runs of length / 2 become sorted runs of `length`: compared first with its mirror image, which makes both halves
 * bitonic and no element of one out of place to the other, then at halving distances. One thread a pair.
 */
function mergeRuns(
  g: KernelBuilder,
  length: number,
  capacity: number,
  exchange: (low: Value, high: Value) => void,
): void {
  const pairs = (apart: number): TaskMapping => spatial(capacity / (2 * apart), apart) // (group of 2·apart, low in it)
  g.forTask(pairs(length / 2), g.thread, (group, low) => {
    const first = g.let('first', group.mul(length))
    exchange(first.add(low), first.add(length - 1).sub(low))
  })
  g.barrier()
  for (let apart = length / 4; apart >= 1; apart /= 2) {
    g.forTask(pairs(apart), g.thread, (group, low) => {
      const first = g.let('first', group.mul(2 * apart).add(low))
      exchange(first, first.add(apart))
    })
    g.barrier()
  }
}
