/**
 * Sums of products of bytes less their zero points, as products of the bytes where matrix units take these: before what
 * depends on constants is split off, so that sums of weights are computed once.
 */
import { byteProduct } from '@tilewright/fusion'
import { type Buffer, type Equation, equationOutputs, type Reduce } from '@tilewright/ir'
import type { Program } from './program.js'

/** The program with every product of bytes formed that `isTaken` in the place of the sum that it was. */
export function formByteProducts(program: Program, isTaken: (product: Reduce, sum: Equation) => boolean): Program {
  const producers = new Map<Buffer, Equation>()
  const nodes = new Map(program.nodes)
  const equations = program.equations.flatMap((equation) => {
    for (const output of equationOutputs(equation)) producers.set(output, equation)
    const formed = byteProduct(equation, (buffer) => producers.get(buffer))
    if (formed === undefined || !isTaken(formed[0], equation)) return [equation]
    const node = nodes.get(equation)
    if (node !== undefined) for (const one of formed) nodes.set(one, node)
    return formed
  })
  return { ...program, equations, nodes }
}
