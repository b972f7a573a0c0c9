/** What `tilewright explain --group N` prints: the operators, schedules, remarks and source of one group. */
import type { RemarkReport } from '@tilewright/compiler'
import { CompileError } from '@tilewright/ir'
import { formatTable } from '../format.js'
import type { Colors } from '../terminal.js'
import type { ExplainedGroup, ExplainedKernel, Explanation } from './explain-model.js'
import { edgeText, launchText, scheduleText } from './report-explain.js'

export interface GroupExplanation extends Omit<ExplainedGroup, 'definition'> {
  /** Its equations, as text. */
  readonly definition: string
  /** The decisions on what its operators read, and on what reads them. */
  readonly remarks: readonly RemarkReport[]
  readonly kernels: readonly ExplainedKernel[]
}

/** One group of a model, by its number. Throws `CompileError` `explain/group`. */
export function groupOf({ groups, remarks, kernels }: Explanation, number: number): GroupExplanation {
  const group = groups[number]
  if (group === undefined) {
    throw new CompileError({
      code: 'explain/group',
      message: `the model has no group ${number}`,
      help: groups.length === 0 ? 'it has none' : `its groups are 0 to ${groups.length - 1}`,
    })
  }
  const nodes = new Set<string | undefined>(group.operators.map(({ node }) => node))
  const launched = new Set(group.variants.flatMap(({ launches }) => launches.map(({ kernel }) => kernel)))
  return {
    ...group,
    definition: group.definition(),
    remarks: remarks.filter(({ from, to }) =>
      [from.node, to.node].some((node) => node !== undefined && nodes.has(node)),
    ),
    kernels: kernels.filter((kernel) => launched.has(kernel.number)),
  }
}

export function groupText(
  { number, operators, overwrites, definition, variants, remarks, kernels }: GroupExplanation,
  colors: Colors,
): string {
  const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`)
  const operatorRows = operators.map(({ node, operator, role }) => [operator, node, role === 'prologue' ? role : ''])
  return [
    colors.bold(`group ${number}`),
    ...indented(formatTable(operatorRows)),
    '',
    definition,
    ...(overwrites === undefined ? [] : [`in the memory of ${overwrites}, which nothing reads afterwards`]),
    ...variants.flatMap((variant) => [
      '',
      colors.bold(variant.when.length === 0 ? 'schedule' : `schedule for ${variant.when.join(' and ')}`),
      ...indented([
        scheduleText(variant),
        ...variant.launches.map(launchText),
        ...variant.rejected.map(({ template, reason }) => `not ${template}: ${reason}`),
      ]),
    ]),
    ...(remarks.length === 0 ? [] : ['', colors.bold('remarks')]),
    ...indented(remarks.map((remark) => `${remark.kind}: ${edgeText(remark)}: ${remark.reason}`)),
    ...kernels.flatMap((kernel) => ['', colors.bold(`kernel #${kernel.number}`), kernel.source.trimEnd()]),
  ].join('\n')
}
