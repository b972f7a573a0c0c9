/** What a case takes of a target. */
import type { Target } from '@tilewright/ir'

export interface Needs {
  /** Threads in a workgroup. */
  readonly threads?: number
  readonly workgroupBytes?: number
  readonly storageBuffers?: number
  /** A fixed size of subgroups. */
  readonly subgroups?: boolean
  readonly matrixInstruction?: boolean
}

/** Why a target does not have what is needed, or undefined when it does. */
export function unmet(needs: Needs, { limits, subgroupSize, matrixInstructions }: Target): string | undefined {
  const limited = [
    ['threads', 'threads in a workgroup'],
    ['workgroupBytes', 'bytes of workgroup memory'],
    ['storageBuffers', 'storage buffers'],
  ] as const
  for (const [limit, what] of limited) {
    const needed = needs[limit] ?? 0
    if (needed > limits[limit]) return `it takes ${needed} ${what}; the target has ${limits[limit]}`
  }
  if (needs.subgroups && subgroupSize === undefined) return 'the target fixes no size of subgroups'
  if (needs.matrixInstruction && matrixInstructions.length === 0) return 'the target has no matrix instruction'
  return undefined
}
