/** Which facts about symbolic sizes are worth a variant of a matmul of its own. */
import type { Refinement, SizeExpr, SizeParam } from '@tilewright/ir'
import type { Matmul } from './match-matmul.js'

/** Rows up to which a product is bound by reading the right factor once. */
const fewRows = 4

const isParam = (extent: SizeExpr): extent is SizeParam => typeof extent !== 'number' && extent.kind === 'size'

/**
 * Few rows want threads along n only; lengths that are a multiple of 4 can be loaded as vectors. A parameter whose
 * facts already say so gets no variant.
 */
export function alignmentRefinements(matmul: Matmul): readonly Refinement[] {
  const { m, n, k } = matmul
  const refinements: Refinement[] = []
  if (isParam(m.extent) && m.extent.max > fewRows) refinements.push({ param: m.extent, facts: { max: fewRows } })
  const lengths = new Map([n.extent, k.extent].filter(isParam).map((param) => [param.name, param]))
  for (const param of lengths.values()) {
    if (param.multipleOf % 4 !== 0) refinements.push({ param, facts: { multipleOf: 4 } })
  }
  return refinements
}
