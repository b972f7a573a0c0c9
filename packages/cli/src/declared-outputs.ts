/** Outputs that a model declares with a shape that their nodes cannot have: exporters leave such behind, and nothing is computed by them. */
import type { Graph } from '@tilewright/graph'
import { formatSize, type SizeExpr } from '@tilewright/ir'
import type { OnnxDim, OnnxModel } from '@tilewright/onnx'

/** A line for each output of another rank than declared, or with a number for an extent where another is declared. */
export function wrongDeclarations({ graph: { outputs } }: OnnxModel, { outputs: made }: Graph): readonly string[] {
  return outputs.flatMap(({ name, type }) => {
    const shape = made.find((output) => output.name === name)?.tensor.shape
    if (shape === undefined || type.kind !== 'tensor' || type.shape === 'unknown') return []
    if (canBe(type.shape, shape)) return []
    const declared = type.shape.map(dimText).join(', ')
    return [
      `output "${name}" is declared as [${declared}], its node makes [${shape.map(formatSize).join(', ')}]: the declaration is ignored`,
    ]
  })
}

function canBe(declared: readonly OnnxDim[], shape: readonly SizeExpr[]): boolean {
  const differs = (dim: OnnxDim, d: number): boolean =>
    typeof dim === 'number' && typeof shape[d] === 'number' && dim !== shape[d]
  return declared.length === shape.length && !declared.some(differs)
}

function dimText(dim: OnnxDim): string {
  if (typeof dim === 'number') return String(dim)
  return dim === 'unknown' ? '?' : dim.param
}
