/** From a decoded model to a plan, with the time it takes. */
import { type CompiledModel, type CompileOptions, compile } from '@tilewright/compiler'
import type { Graph } from '@tilewright/graph'
import { importGraph, type OnnxModel } from '@tilewright/onnx'
import { type KnownInputs, withSizesToFix } from './sizes-to-fix.js'

export interface Compilation {
  readonly graph: Graph
  readonly compiled: CompiledModel
  /** Of the import and the compile. */
  readonly milliseconds: number
  /** Of the import alone. */
  readonly importMilliseconds: number
}

/** Of a model without data. */
export const nothingKnown: KnownInputs = { hostValues: new Map(), sizes: {} }

/**
 * Imports and compiles a model; what is compiled comes of the host values and no other data.
 * Throws `UnsupportedError` for what is not there, `CompileError` for what is wrong with the model.
 */
export function compileModel(
  model: OnnxModel,
  known: KnownInputs,
  { backend, device, products }: CompileOptions,
): Compilation {
  const start = performance.now()
  const graph = importKnown(model, known)
  const importMilliseconds = performance.now() - start
  const compiled = compile(graph, { backend, ...(device && { device }), ...(products && { products }) })
  return { graph, compiled, milliseconds: performance.now() - start, importMilliseconds }
}

function importKnown(model: OnnxModel, known: KnownInputs): Graph {
  try {
    return importGraph(model, { hostValues: known.hostValues })
  } catch (error) {
    throw withSizesToFix(error, model, known)
  }
}
