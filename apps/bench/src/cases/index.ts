/** All cases, and how the command line names them. */
import { CompileError } from '@tilewright/ir'
import { kernelCases } from './kernel-cases.js'
import { modelCases } from './model-cases.js'
import type { BenchCase } from './workload.js'

export const benchCases: readonly BenchCase[] = [...kernelCases, ...modelCases]

/** The cases that `names` name, each a case or a group, once each. Throws `CompileError` `bench/case` for another name. */
export function chooseCases(names: readonly string[]): readonly BenchCase[] {
  for (const name of names) {
    if (benchCases.some((item) => item.name === name || item.group === name)) continue
    throw new CompileError({
      code: 'bench/case',
      message: `there is no case "${name}"`,
      help: `the cases are kernels, models, ${benchCases.map((item) => item.name).join(', ')}`,
    })
  }
  return benchCases.filter(({ name, group }) => names.includes(name) || names.includes(group))
}
