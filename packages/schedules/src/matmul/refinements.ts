/** Which facts about symbolic sizes are worth a variant of a matmul of its own. */
import type { Refinement, SizeExpr, SizeParam } from '@tilewright/ir'
import type { Contraction } from './contraction.js'

/** Rows up to which a product is bound by reading the right factor once. */
const fewRows = 4

const isParam = (extent: SizeExpr): extent is SizeParam => typeof extent !== 'number' && extent.kind === 'size'

/**
 * Few rows want threads along n only; lengths that are a multiple of `vector` elements can be moved in vectors of them. A
 * parameter whose facts already say so gets no variant.
 */
export function alignmentRefinements({ m, n, k }: Contraction, vector: number): readonly Refinement[] {
  const refinements: Refinement[] = []
  const [rows, ...more] = m.map((axis) => axis.extent)
  if (more.length === 0 && rows !== undefined && isParam(rows) && rows.max > fewRows) {
    refinements.push({ param: rows, facts: { max: fewRows } })
  }
  const inner = [n.at(-1)?.extent, k.at(-1)?.extent].flatMap((extent) => extent ?? [])
  const lengths = new Map(inner.filter(isParam).map((param) => [param.name, param]))
  for (const param of lengths.values()) {
    if (param.multipleOf % vector !== 0) refinements.push({ param, facts: { multipleOf: vector } })
  }
  return refinements
}
