/** Checked indexing, where the index is right by construction. */
import { defined } from '@tilewright/ir'

/** The element at `index`. Throws `InternalError` when there is none. */
export function at<T>(items: ArrayLike<T>, index: number): T {
  const item = items[index]
  return item === undefined ? defined(item, `no element ${index} among ${items.length}`) : item
}

export function product(extents: readonly number[]): number {
  return extents.reduce((total, extent) => total * extent, 1)
}
