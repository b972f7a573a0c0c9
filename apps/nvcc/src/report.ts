/** What became of generated kernels, by family and altogether. */
import { defined } from '@tilewright/ir'
import { type Architecture, architectures, type Compiled } from './compile-sources.js'
import type { GeneratedKernel } from './generate.js'
import { type Resources, spilledBytes } from './resources.js'

export interface KernelReport extends Omit<GeneratedKernel, 'source' | 'architectures'> {
  readonly results: Readonly<Partial<Record<Architecture, Compiled['result']>>>
}

export function reportOf(kernels: readonly GeneratedKernel[], compiled: readonly Compiled[]): readonly KernelReport[] {
  const results = new Map(kernels.map(({ name }): [string, KernelReport['results']] => [name, {}]))
  for (const { name, architecture, result } of compiled) {
    results.set(name, { ...results.get(name), [architecture]: result })
  }
  return kernels.map(({ source: _, architectures: __, ...kernel }) => ({
    ...kernel,
    results: defined(results.get(kernel.name), 'names are unique'),
  }))
}

const refusals = ({ results }: KernelReport): readonly string[] =>
  Object.values(results).flatMap((result) => ('refused' in result ? [result.refused] : []))

const accepted = ({ results }: KernelReport, architecture: Architecture): readonly Resources[] => {
  const result = results[architecture]
  return result === undefined || 'refused' in result ? [] : [result]
}

const spills = (kernel: KernelReport): boolean =>
  architectures.some((architecture) => accepted(kernel, architecture).some((one) => spilledBytes(one) > 0))

const serialises = (kernel: KernelReport): boolean =>
  architectures.some((architecture) => accepted(kernel, architecture).some(({ serialised }) => serialised))

/** The kernels that must not be: those that nvcc refuses, those of level 0 that spill, and those whose products wait. */
export const faults = (kernels: readonly KernelReport[]): readonly KernelReport[] =>
  kernels.filter((kernel) => refusals(kernel).length > 0 || serialises(kernel) || (kernel.level0 && spills(kernel)))

/** A line for each fault: its name, and what nvcc says, or what is wrong with its registers. */
export function faultText(kernel: KernelReport): string {
  const [refusal] = refusals(kernel)
  return `${kernel.name} ${JSON.stringify(kernel.candidate)}: ${refusal ?? (serialises(kernel) ? 'asynchronous products wait for each other' : 'registers spill, at level 0')}`
}

/** `N compiled, N failed, N spilled`: kernels, each for every architecture. */
export function summary(kernels: readonly KernelReport[]): string {
  const failed = kernels.filter((kernel) => refusals(kernel).length > 0).length
  return `${kernels.length - failed} compiled, ${failed} failed, ${kernels.filter(spills).length} spilled`
}

/** A row for each family and architecture. */
export function familyTable(kernels: readonly KernelReport[]): string {
  const head = ['family', 'architecture', 'kernels', 'level 0', 'registers', 'shared', 'spilled', 'at level 0']
  const rows = [...new Set(kernels.map(({ family }) => family))].flatMap((family) =>
    architectures.flatMap((architecture) => {
      const members = kernels.filter((kernel) => kernel.family === family)
      const own = members.flatMap((kernel) => accepted(kernel, architecture).map((one) => ({ ...one, ...kernel })))
      if (own.length === 0) return []
      const spilled = own.filter((one) => spilledBytes(one) > 0)
      const cells = [
        family,
        architecture,
        own.length,
        own.filter(({ level0 }) => level0).length,
        spread(own.map(({ registers }) => registers)),
        spread(own.map(({ sharedBytes }) => sharedBytes)),
        spilled.length,
        spilled.filter(({ level0 }) => level0).length,
      ]
      return [cells.map(String)]
    }),
  )
  return columns([head, ...rows])
}

/** The least, the median and the most. */
function spread(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  return [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)].map((value) => value ?? '-').join('/')
}

/** Rows of cells, each column as wide as its widest. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
