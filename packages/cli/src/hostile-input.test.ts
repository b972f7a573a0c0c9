/** Damaged models: whatever is in the file, it runs or ends in a typed error, soon and in little memory. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { dataFolder, propertyRuns } from '@tilewright/testing'
import { build } from 'tsup'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { demoModel } from './demo-model.js'
import { bundle } from './fixtures/bundle.js'
import { mutator } from './fixtures/mutate.js'
import { runProgram } from './fixtures/run-program.js'

/** 1,000 and 25 in CI. */
const mutants = { inOneProcess: 2 * propertyRuns(), throughTheCli: Math.ceil(propertyRuns() / 20) }
/** For each mutant. */
const deadline = { processorSeconds: 5, megabytes: 1024 } as const
/** Nothing is heard of a process for so long when it hangs, or when the machine is very busy. */
const silence = 30_000
const memory = [`--max-old-space-size=${deadline.megabytes}`]

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tilewright-hostile-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const data = dataFolder()
const models: readonly (readonly [string, () => Uint8Array])[] = [
  ['the built-in model', demoModel],
  ...(data === undefined
    ? []
    : [['mnist-cntk', () => new Uint8Array(readFileSync(join(data, 'models/mnist-cntk/model.onnx')))] as const]),
]

/** What a line of `fixtures/run-mutants.ts` may hold. */
interface Line {
  readonly seed?: number
  readonly code?: string
  readonly message?: string
  /** Processor time of the mutant. */
  readonly seconds?: number
  readonly megabytes?: number
}

describe.each(models)('%s', (name, bytes) => {
  test(`${mutants.inOneProcess} mutants in one process`, { timeout: 300_000 }, async () => {
    const file = join(folder, `${name.replaceAll(' ', '-')}.onnx`)
    writeFileSync(file, bytes())
    const program = await bundle(build, 'fixtures/run-mutants')
    const args = [...memory, program, file, String(mutants.inOneProcess)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const watchdog = (): NodeJS.Timeout => setTimeout(() => child.kill('SIGKILL'), silence)
    const codes = new Map<string, number>()
    const bugs: Line[] = []
    let megabytes: number | undefined
    let begun: number | undefined
    let slowest = 0
    let timer = watchdog()
    for await (const text of createInterface({ input: child.stdout })) {
      clearTimeout(timer)
      timer = watchdog()
      const line: Line = JSON.parse(text)
      begun = line.seed ?? begun
      megabytes = line.megabytes ?? megabytes
      if (line.code === undefined) continue
      slowest = Math.max(slowest, line.seconds ?? Number.POSITIVE_INFINITY)
      codes.set(line.code, (codes.get(line.code) ?? 0) + 1)
      if (line.code.startsWith('internal/')) bugs.push(line)
    }
    clearTimeout(timer)
    // The last line says how much memory was used; without it the process was killed, or fell.
    expect(megabytes, `mutant ${begun} ended the process`).toBeDefined()
    expect(megabytes).toBeLessThan(deadline.megabytes)
    expect(slowest).toBeLessThan(deadline.processorSeconds)
    expect(bugs).toEqual([])
    expect([...codes.values()].reduce((sum, count) => sum + count, 0)).toBe(mutants.inOneProcess)
    // Some mutations are harmless, such as those of a weight; most of what is cut short is not.
    expect(codes.get('ran')).toBeGreaterThan(mutants.inOneProcess / 10)
    expect(codes.get('onnx/truncated')).toBeGreaterThan(mutants.inOneProcess / 10)
  })

  test(`${mutants.throughTheCli} mutants through the command line`, { timeout: 300_000 }, async () => {
    const program = await bundle(build, 'main')
    const mutant = mutator(bytes())
    const seeds = Array.from({ length: mutants.throughTheCli }, (_, seed) => seed)
    // Two at a time: most of it is the start of the process.
    const worker = async (): Promise<void> => {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
        const file = join(folder, `mutant-${seed}.onnx`)
        writeFileSync(file, mutant(seed))
        const { code, stderr } = await runProgram(program, ['run', file, '--device', 'cpu'], {
          processorSeconds: deadline.processorSeconds,
          nodeOptions: memory,
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
