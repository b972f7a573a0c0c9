/** Damaged models: whatever is in the file, it runs or ends in a typed error, soon and in little memory. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dataFolder, propertyRuns } from '@tilewright/testing'
import { build } from 'tsup'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { demoModel } from './demo-model.js'
import { type BaseModel, baseModels } from './fixtures/base-models.js'
import { bundle } from './fixtures/bundle.js'
import { byteMutator } from './fixtures/mutate-bytes.js'
import { runProgram } from './fixtures/run-program.js'
import { deadline, type MutantsReport, watchMutants } from './fixtures/watch-mutants.js'

/** In CI 1,000 and 25 of each of two models, and 200 over all models. */
const mutants = {
  ofBytes: 2 * propertyRuns(),
  throughTheCli: Math.ceil(propertyRuns() / 20),
  ofModels: Math.ceil(0.4 * propertyRuns()),
}

let folder: string
let program: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tilewright-hostile-'))
  program = await bundle(build, 'fixtures/run-mutants')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const data = dataFolder()
const demo: BaseModel = { name: 'the built-in model', bytes: demoModel() }
const cntk = (from: string): BaseModel => {
  const file = join(from, 'models/mnist-cntk/model.onnx')
  return { name: 'mnist-cntk', bytes: new Uint8Array(readFileSync(file)) }
}

/** The models in files. */
const written = (models: readonly BaseModel[]): readonly string[] =>
  models.map(({ name, bytes }) => {
    const file = join(folder, `${name.replaceAll(' ', '-')}.onnx`)
    writeFileSync(file, bytes)
    return file
  })

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)

function expectNoBugs(report: MutantsReport, total: number): void {
  expect(report.bugs).toEqual([])
  expect(report.megabytes, `${JSON.stringify(report.last)} ended the process`).toBeDefined()
  expect(report.megabytes).toBeLessThan(deadline.megabytes)
  expect(report.total).toBe(total)
}

describe.each(data === undefined ? [demo] : [demo, cntk(data)])('$name', (model) => {
  test(`${mutants.ofBytes} mutants in one process`, { timeout: 300_000 }, async () => {
    const jobs = written([model]).map((file) => ({ file, kind: 'bytes', seeds: numbers(mutants.ofBytes) }) as const)
    const report = await watchMutants(program, jobs, join(folder, 'jobs.json'))
    expectNoBugs(report, mutants.ofBytes)
    // Some mutations are harmless, such as those of a weight; most of what is cut short is not.
    expect(report.codes.get('ran')).toBeGreaterThan(mutants.ofBytes / 10)
    expect(report.codes.get('onnx/truncated')).toBeGreaterThan(mutants.ofBytes / 10)
  })

  test(`${mutants.throughTheCli} mutants through the command line`, { timeout: 300_000 }, async () => {
    const cli = await bundle(build, 'main')
    const mutant = byteMutator(model.bytes)
    const seeds = [...numbers(mutants.throughTheCli)]
    // Two at a time: most of it is the start of the process.
    const worker = async (): Promise<void> => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
        const file = join(folder, `mutant-${seed}.onnx`)
        writeFileSync(file, mutant(seed))
        const { code, stderr } = await runProgram(cli, ['run', file, '--device', 'cpu'], {
          processorSeconds: deadline.processorSeconds,
          nodeOptions: [`--max-old-space-size=${deadline.megabytes}`],
        })
        expect([0, 1], `mutant ${seed}: ${stderr}`).toContain(code)
        if (code === 1) expect(stderr, `mutant ${seed}`).toMatch(/^error\[[a-z-]+\/[a-z-]+\]: /)
        expect(stderr, `mutant ${seed}`).not.toMatch(/\n\s+at .*:\d+:\d+/)
        expect(stderr, `mutant ${seed}`).not.toContain('error[internal/')
      }
    }
    await Promise.all([worker(), worker()])
  })
})

test(`${mutants.ofModels} models with one thing wrong: what runs is right`, { timeout: 3_600_000 }, async () => {
  const models = [demo, ...(data === undefined ? [] : baseModels(data))]
  const files = written(models)
  const jobs = files.map((file, at) => {
    const seeds = numbers(mutants.ofModels).filter((seed) => seed % files.length === at)
    return { file, kind: 'model', seeds } as const
  })
  const report = await watchMutants(program, jobs, join(folder, 'jobs.json'))
  expectNoBugs(report, mutants.ofModels)
  expect(report.codes.get('ran')).toBeGreaterThan(mutants.ofModels / 10)
})
