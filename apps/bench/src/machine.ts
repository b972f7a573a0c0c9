/** What a result was measured on and with: without it a number says nothing. */
import { spawnSync } from 'node:child_process'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Comparison } from './report.js'

export function machineFacts(): Comparison['machine'] {
  return { processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length, load: loadavg()[0] ?? 0 }
}

/** The commit that the benchmarks are of; `+` at its end when files were changed since. Undefined outside a repository. */
export function currentCommit(): string | undefined {
  const cwd = fileURLToPath(new URL('.', import.meta.url))
  const git = (...args: readonly string[]): string | undefined => {
    const { status, stdout } = spawnSync('git', args, { cwd, encoding: 'utf8' })
    return status === 0 ? stdout.trim() : undefined
  }
  const commit = git('rev-parse', '--short=12', 'HEAD')
  return commit === undefined || git('status', '--porcelain') === '' ? commit : `${commit}+`
}
