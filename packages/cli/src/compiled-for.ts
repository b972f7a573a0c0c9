/** What of a data set a model was compiled for, and for nothing else. */
import type { Compilation } from './compile-model.js'
import type { RunRequest } from './run/run-model.js'

export interface CompiledFor {
  /** The folder of the data set; undefined without one. */
  readonly data: string | undefined
  /** Inputs whose values are compiled in. */
  readonly hostInputs: readonly string[]
  /** Sizes of the data that the model cannot be compiled without. */
  readonly fixed: Readonly<Record<string, number>>
}

export function compiledFor({ data }: RunRequest, { fixed }: Compilation): CompiledFor {
  return { data: data?.set.folder, hostInputs: [...(data?.inputs.hostValues.keys() ?? [])], fixed }
}

/** `folder, compiled for its "shape" and n = 2, and for no others`. */
export function compiledForText({ data, hostInputs, fixed }: CompiledFor): string {
  const known = [
    ...hostInputs.map((name) => `its "${name}"`),
    ...Object.entries(fixed).map(([name, size]) => `${name} = ${size}`),
  ]
  if (known.length === 0) return `${data}, which compiling needs nothing of`
  return `${data}, compiled for ${known.join(' and ')}, and for no others`
}
