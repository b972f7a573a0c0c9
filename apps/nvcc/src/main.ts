// `pnpm check:nvcc`: results on stdout, the last line `N compiled, N failed, N spilled`; progress on stderr.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nvccPath, nvccSkipReason } from '@tilewright/testing/tiers'
import { Command, InvalidArgumentError, Option } from 'commander'
import { architectures, compileSources } from './compile-sources.js'
import { families, generateAll } from './generate.js'
import { familyTable, faults, faultText, reportOf, summary } from './report.js'

interface Options {
  readonly sample?: number
  readonly family?: string
  readonly json?: boolean
  readonly withoutNvcc?: boolean
}

/** Kernels of a family, unless a number is asked for: more than 500 of all. */
const ofFamily = 48

await new Command('check:nvcc')
  .description('Compiles generated CUDA C++ of every schedule template with nvcc, and reports what it takes of a GPU.')
  .option('--sample <n>', `how many kernels, as many of each family (default: ${ofFamily} of each)`, positive)
  .addOption(new Option('--family <name>', 'of one family only').choices(families))
  .option('--json', 'print every kernel as JSON, before the last line')
  .option('--without-nvcc', 'where nvcc is not installed, say so and succeed')
  .action(check)
  .parseAsync()

async function check({ sample, family, json, withoutNvcc }: Options): Promise<void> {
  const nvcc = nvccPath()
  if (nvcc === undefined) {
    console.error(`nothing is compiled: ${nvccSkipReason()}`)
    process.exitCode = withoutNvcc ? 0 : 1
    return
  }
  const chosen = family === undefined ? families : [family]
  const kernels = generateAll(chosen, sample ?? ofFamily * chosen.length)
  console.error(`${kernels.length} kernels for ${architectures.join(' and ')}`)
  const folder = mkdtempSync(join(tmpdir(), 'tilewright-nvcc-'))
  const all = kernels.reduce((sum, kernel) => sum + kernel.architectures.length, 0)
  const compiled = await compileSources(kernels, {
    nvcc,
    folder,
    onProgress: (done) => process.stderr.write(`\r${done} of ${all} compiled${done === all ? '\n' : ''}`),
  })
  const reports = reportOf(kernels, compiled)
  const wrong = faults(reports)
  console.log(json ? JSON.stringify(reports, null, 2) : familyTable(reports))
  for (const fault of wrong) console.error(faultText(fault))
  if (compiled.some(({ result }) => 'refused' in result)) console.error(`the sources that failed are in ${folder}`)
  else rmSync(folder, { recursive: true })
  console.log(summary(reports))
  process.exitCode = wrong.length === 0 ? 0 : 1
}

function positive(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('a whole number above 0 is wanted')
  return value
}
