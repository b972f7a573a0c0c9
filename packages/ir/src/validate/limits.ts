/** The launch fits the target. */
import { isWholeClusters } from '../kernel.js'
import { elementCount, formatSize } from '../size.js'
import type { Stmt } from '../stmt.js'
import type { Target } from '../target.js'
import { walkStmts } from '../walk.js'
import type { Finding, Rule } from './finding.js'

/** A 64-bit counter for each slot. */
const mbarrierBytes = 8

/** `schedule/threads`, `schedule/workgroup-memory`, `schedule/subgroup-size`, `schedule/cluster`, `limits/storage-buffers`; `ir/cluster` for a launch of parts of clusters. */
export const checkLimits: Rule = ({ body, params, threads, subgroupSize, workgroups, cluster }, target) => {
  const findings: Finding[] = []
  if (!isWholeClusters(workgroups[0], cluster)) {
    const message = `a launch of ${formatSize(workgroups[0])} workgroups along x in clusters of ${cluster}`
    findings.push({ code: 'ir/cluster', message, help: 'round the launch up to whole clusters' })
  }
  if (target === undefined) return findings
  const { limits } = target
  if (cluster > limits.clusterWorkgroups) {
    findings.push({
      code: 'schedule/cluster',
      message: `clusters of ${cluster} workgroups; those of ${target.name} have ${limits.clusterWorkgroups}`,
      help: 'let each workgroup copy what it needs by itself, or take a target with clusters',
    })
  }
  if (threads > limits.threads) {
    findings.push({
      code: 'schedule/threads',
      message: `a workgroup of ${threads} threads; ${target.name} allows ${limits.threads}`,
      help: 'give each thread more tasks: repeat more, or take a smaller tile',
    })
  }
  const parts = workgroupMemory(body, target)
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
  if (bytes > limits.workgroupBytes) {
    findings.push({
      code: 'schedule/workgroup-memory',
      message: `${bytes} B of workgroup memory; ${target.name} allows ${limits.workgroupBytes} B`,
      help: `take smaller tiles, or fewer stages: ${parts.map((part) => `${part.hint} ${part.bytes} B`).join(', ')}`,
    })
  }
  if (subgroupSize !== undefined && subgroupSize !== target.subgroupSize) {
    findings.push({
      code: 'schedule/subgroup-size',
      message: `built for subgroups of ${subgroupSize}; those of ${target.name} have ${target.subgroupSize ?? 'no fixed size'}`,
      help: 'use a template without subgroups, or a target that fixes their size',
    })
  }
  if (params.length > limits.storageBuffers) {
    findings.push({
      code: 'limits/storage-buffers',
      message: `${params.length} storage buffers; ${target.name} binds ${limits.storageBuffers} to one kernel`,
      help: 'fuse fewer operators into the kernel',
    })
  }
  return findings
}

/** What is declared in workgroup memory; elements take what they take in storage. */
function workgroupMemory(body: Stmt, target: Target): readonly { readonly hint: string; readonly bytes: number }[] {
  const parts: { hint: string; bytes: number }[] = []
  walkStmts(body, (stmt) => {
    if (stmt.kind === 'declare-mbarrier') {
      const { hint, slots } = stmt.mbarrier
      parts.push({ hint, bytes: slots * mbarrierBytes })
    }
    if (stmt.kind !== 'declare' || stmt.buffer.scope !== 'workgroup') return
    const { hint, shape, dtype } = stmt.buffer
    parts.push({ hint, bytes: Number(elementCount(shape)) * target.elementBytes[dtype] })
  })
  return parts
}
