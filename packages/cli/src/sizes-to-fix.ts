/** Which symbolic sizes must be known when compiling: all of them at once, where the import names the first that it meets. */
import { UnsupportedError } from '@tilewright/ir'
import { fixSizes, importGraph, type OnnxModel, sizeName } from '@tilewright/onnx'
import type { HostTensor } from '@tilewright/runtime'

/** What is known of a model's inputs before it is compiled. */
export interface KnownInputs {
  /** What the model is compiled with. */
  readonly hostValues: ReadonlyMap<string, HostTensor>
  /** Values of symbolic sizes that a data set has: compiled with where the model cannot be compiled without, and else not. */
  readonly sizes: Readonly<Record<string, number>>
}

/** What an import is refused for that sizes decide. */
const decidedBySizes: ReadonlySet<string> = new Set(['graph/symbolic-shape', 'onnx/control-flow'])

/** A value for sizes that nothing is known of. */
const standIn = 2

/**
 * The sizes that a model cannot be compiled without, by an error of its import; none where that is of something else. A size
 * is one of these where the import is refused with all others fixed and passes with it.
 */
export function sizesToFix(error: unknown, model: OnnxModel, { hostValues, sizes }: KnownInputs): readonly string[] {
  if (!isDecidedBySizes(error)) return []
  const values = Object.fromEntries(symbolicSizes(model).map((name) => [name, sizes[name] ?? standIn]))
  const isRefused = (fixed: Readonly<Record<string, number>>): boolean => {
    try {
      importGraph(fixSizes(model, fixed), { hostValues })
      return false
    } catch (failed) {
      return isDecidedBySizes(failed)
    }
  }
  const names = Object.keys(values)
  if (names.length === 0 || isRefused(values)) return []
  return names.filter((left) => {
    const others = Object.fromEntries(names.flatMap((name) => (name === left ? [] : [[name, values[name] ?? standIn]])))
    return isRefused(others)
  })
}

/** The error of an import that these sizes would mend, with a help that names all of them as `--fix` takes them. */
export function withSizesToFix(error: unknown, names: readonly string[]): unknown {
  if (!isDecidedBySizes(error) || names.length === 0) return error
  const { code, message, where, cause, gaps } = error
  const options = names.map((name) => `--fix ${name}=VALUE`).join(' ')
  const help = `compile for sizes that are known: ${options}, or fixSizes in code; --data DIR takes them from data, as \`check\` does`
  return new UnsupportedError({ code, message, where, help, cause, gaps })
}

/** Whether an import is refused for what sizes decide, and may pass where they are known. */
export function isDecidedBySizes(error: unknown): error is UnsupportedError {
  return error instanceof UnsupportedError && decidedBySizes.has(error.code)
}

/** Names of the symbolic sizes of the inputs, as `fixSizes` takes them. */
function symbolicSizes(model: OnnxModel): readonly string[] {
  const names = model.graph.inputs.flatMap(({ name, type }) => {
    if (type.kind !== 'tensor' || type.shape === 'unknown') return []
    return type.shape.flatMap((dim, d) => (typeof dim === 'number' ? [] : [sizeName(dim, name, d)]))
  })
  return [...new Set(names)]
}
