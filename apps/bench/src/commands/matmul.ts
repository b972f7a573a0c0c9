// `bench matmul [SIZE…]`: both matmul templates against hand-written WGSL of the same structure.
import { Command } from 'commander'
import { machineFacts } from '../machine.js'
import { benchMatmul, type MatmulResult } from '../matmul.js'
import { openWebgpu } from '../open-webgpu.js'
import { positive } from '../positive.js'

export function matmulCommand(): Command {
  return new Command('matmul')
    .description('both matmul templates against hand-written WGSL of the same structure')
    .argument('[sizes...]', 'square sizes', ['512', '1024', '1021'])
    .option('--rounds <n>', 'interleaved runs of each kernel', '15')
    .option('--json', 'print JSON')
    .action(run)
}

async function run(
  given: readonly string[],
  options: { readonly rounds: string; readonly json?: boolean },
): Promise<void> {
  const [sizes, rounds] = [given.map(positive), positive(options.rounds)]
  const device = await openWebgpu()
  const machine = machineFacts()
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
