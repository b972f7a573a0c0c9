/** Where elements of a tile stand that an async multiply reads: in lines of 64, whose chunks are swizzled. */
import { chunkElements, lineElements, type Value } from '@tilewright/ir'

/** Block, line and element in the line of what is `slow` lines and `fast` elements from the first; see `LineTile`. */
export function placeInLines(slow: Value, fast: Value): readonly [block: Value, line: Value, element: Value] {
  const chunk = fast.div(chunkElements).mod(lineElements / chunkElements)
  const swizzled = chunk.bitXor(slow.mod(lineElements / chunkElements))
  return [fast.div(lineElements), slow, swizzled.mul(chunkElements).add(fast.mod(chunkElements))]
}
