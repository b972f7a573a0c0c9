/** Loads matrices of 8 rows by a whole subgroup: each of the first lanes says where a row is, all lanes get elements. */
import { defined, elementCount, type LoadMatrices, matrixNeighbours } from '@tilewright/ir'
import { reader, writer } from './access.js'
import { at } from './at.js'
import { type Machine, memoryOf } from './machine.js'
import type { Site } from './site.js'
import type { Evaluate, Thread } from './thread.js'

const side = 8

/** Loads for the lanes it is given; `rowStart` is where a lane says its row begins. Each lane reads what it gets. */
export function matrixLoader(
  machine: Machine,
  { count, to, source, transposed }: LoadMatrices,
  rowStart: Evaluate,
  site: Site,
): (lanes: readonly Thread[]) => void {
  const read = reader(machine, memoryOf(machine, source), site)
  const neighbours = defined(matrixNeighbours(source.dtype), 'a matrix of elements that are loaded')
  const places = to.flatMap((fragment) => {
    const write = writer(machine, memoryOf(machine, fragment), site)
    return Array.from({ length: Number(elementCount(fragment.shape)) }, (_, element) => ({ write, element }))
  })
  return (lanes) => {
    const starts = lanes.slice(0, side * count).map(rowStart)
    lanes.forEach((thread, lane) => {
      places.forEach(({ write, element }, position) => {
        const first = side * Math.floor(position / neighbours) // the lane of the matrix's row 0
        const [outer, inner] = [Math.floor(lane / 4), neighbours * (lane % 4) + (position % neighbours)]
        const [row, column] = transposed ? [inner, outer] : [outer, inner]
        write(thread, element, read(thread, at(starts, first + row) + column))
      })
    })
  }
}
