/** From a decoded model to a plan, with the time it takes. */
import type { Plan } from '@tilewright/backend'
import { type CompiledModel, type CompileOptions, compile } from '@tilewright/compiler'
import type { Graph } from '@tilewright/graph'
import { fixSizes, importGraph, type OnnxModel } from '@tilewright/onnx'
import { wrongDeclarations } from './declared-outputs.js'
import { formatCount } from './format.js'
import { type KnownInputs, sizesToFix, withSizesToFix } from './sizes-to-fix.js'

export interface Compilation {
  readonly graph: Graph
  readonly compiled: CompiledModel
  /** Sizes of the data that the model is compiled for, and for no others: those that it cannot be compiled without. */
  readonly fixed: Readonly<Record<string, number>>
  /** What to know of the model, a line each. */
  readonly notes: readonly string[]
  /** Of the import and the compile. */
  readonly milliseconds: number
  /** Of the import alone. */
  readonly importMilliseconds: number
}

/** Nodes that are compiled within about 3 s. */
const fewNodes = 200

/** Whether compiling a model, and each stage after it, may take long. */
export function takesLong({ graph }: OnnxModel): boolean {
  return graph.nodes.length > fewNodes
}

/** What is said before a model is compiled, for a device or a target. */
export function compilingText({ graph }: OnnxModel, target: string): string {
  return `compiling ${formatCount(graph.nodes.length, 'node')} for ${target} …`
}

/** What is said before a session is created. */
export function preparingText({ kernels }: Plan): string {
  return `preparing ${formatCount(kernels.length, 'pipeline')} and the weights …`
}

/** Of a model without data. */
export const nothingKnown: KnownInputs = { hostValues: new Map(), sizes: {} }

/**
 * Imports and compiles a model; what is compiled comes of the host values, of sizes that it cannot be compiled without, and
 * of no other data.
 * Throws `UnsupportedError` for what is not there, `CompileError` for what is wrong with the model.
 */
export function compileModel(
  model: OnnxModel,
  known: KnownInputs,
  { backend, device, products }: CompileOptions,
): Compilation {
  const start = performance.now()
  const { graph, fixed } = importKnown(model, known)
  const importMilliseconds = performance.now() - start
  const compiled = compile(graph, { backend, ...(device && { device }), ...(products && { products }) })
  const milliseconds = performance.now() - start
  return { graph, compiled, fixed, notes: wrongDeclarations(model, graph), milliseconds, importMilliseconds }
}

function importKnown(model: OnnxModel, known: KnownInputs): Pick<Compilation, 'graph' | 'fixed'> {
  const { hostValues, sizes } = known
  try {
    return { graph: importGraph(model, { hostValues }), fixed: {} }
  } catch (error) {
    const names = sizesToFix(error, model, known)
    const fixed = Object.fromEntries(
      names.flatMap((name) => (Object.hasOwn(sizes, name) ? [[name, sizes[name] ?? 0]] : [])),
    )
    const areKnown = names.length > 0 && Object.keys(fixed).length === names.length
    if (!areKnown) throw withSizesToFix(error, names)
    return { graph: importGraph(fixSizes(model, fixed), { hostValues }), fixed }
  }
}
