// `npm run bench -- CASE`: a table on stdout, or JSON with --json.
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { openNode } from '@tilewright/backend-wgsl/node'
import { CompileError, formatError, TilewrightError } from '@tilewright/ir'
import { Command } from 'commander'
import { benchCompile, compileTable, timeCompile } from './compile.js'
import { benchMatmul, type MatmulResult } from './matmul.js'

const program = new Command('bench').description('Benchmarks of generated kernels')

program
  .command('matmul')
  .description('both matmul templates against hand-written WGSL of the same structure')
  .argument('[sizes...]', 'square sizes', ['512', '1024', '1021'])
  .option('--rounds <n>', 'interleaved runs of each kernel', '15')
  .option('--json', 'print JSON')
  .action(async (given: readonly string[], options: { readonly rounds: string; readonly json?: boolean }) => {
    const [sizes, rounds] = [given.map(positive), positive(options.rounds)]
    const device = await openNode().catch(() => openNode({ software: true }))
    const machine = { processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length, load: loadavg()[0] ?? 0 }
    const results: MatmulResult[] = []
    for (const size of sizes) {
      console.error(`matmul ${size}…`)
      results.push(...(await benchMatmul(device, size, rounds)))
    }
    const { info } = device
    device.dispose()
    if (options.json)
      console.log(JSON.stringify({ date: new Date().toISOString(), device: info, machine, results }, null, 2))
    else
      console.log(
        table(results, `${info.adapter} on ${machine.cores} × ${machine.processor}, load ${machine.load.toFixed(1)}`),
      )
  })

program
  .command('compile')
  .description('from graph to plan: 53 convolutions, in a cold process and warm, and what each stage takes')
  .option('--rounds <n>', 'compiles of each kind', '5')
  .option('--json', 'print JSON')
  .option('--once', 'compile once, and print the times as JSON')
  .action(async (options: { readonly rounds: string; readonly json?: boolean; readonly once?: boolean }) => {
    if (options.once) {
      console.log(JSON.stringify(timeCompile()))
      return
    }
    const report = await benchCompile(positive(options.rounds), [fileURLToPath(import.meta.url), 'compile', '--once'])
    console.log(options.json ? JSON.stringify(report, null, 2) : compileTable(report))
  })

function positive(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new CompileError({ code: 'bench/argument', message: `"${text}" is no positive integer` })
}

function table(results: readonly MatmulResult[], title: string): string {
  const ms = (value: number): string => value.toFixed(1).padStart(9)
  const rows = results.map(({ size, form, generatedMs, handWrittenMs, ratio, cpuRatio, compileMs, error }) =>
    [
      String(size).padStart(5),
      form.padEnd(10),
      ms(generatedMs.median),
      ms(handWrittenMs.median),
      ratio.toFixed(3).padStart(7),
      cpuRatio.toFixed(3).padStart(7),
      ms(compileMs.generated),
      ms(compileMs.handWritten),
      error.toExponential(1).padStart(9),
    ].join(' '),
  )
  const head = ' size form       generated   by hand   ratio cpu rat.   compile   by hand     error'
  return [title, 'medians in ms of wall time with readback; ratios are medians of pairs', head, ...rows].join('\n')
}

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof TilewrightError)) throw error
  console.error(formatError(error))
  process.exitCode = 1
}
