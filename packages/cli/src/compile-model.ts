/** From a decoded model to a plan, with the time it takes. */
import { type CompiledModel, type CompileOptions, compile } from '@tilewright/compiler'
import type { Graph } from '@tilewright/graph'
import { importGraph, type OnnxModel } from '@tilewright/onnx'
import type { HostTensor } from '@tilewright/runtime'

export interface Compilation {
  readonly graph: Graph
  readonly compiled: CompiledModel
  /** Of the import and the compile. */
  readonly milliseconds: number
  /** Of the import alone. */
  readonly importMilliseconds: number
}

/**
 * Imports and compiles a model; it sees the host values and no other data.
 * Throws `UnsupportedError` for what is not there, `CompileError` for what is wrong with the model.
 */
export function compileModel(
  model: OnnxModel,
  hostValues: ReadonlyMap<string, HostTensor>,
  target: CompileOptions,
): Compilation {
  const start = performance.now()
  const graph = importGraph(model, { hostValues })
  const importMilliseconds = performance.now() - start
  const compiled = compile(graph, target)
  return { graph, compiled, milliseconds: performance.now() - start, importMilliseconds }
}
