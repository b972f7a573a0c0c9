// `bench compile`: compile times, cold and warm.
import { Command } from 'commander'
import { benchCompile, compileTable, timeCompile } from '../compile.js'
import { positive } from '../positive.js'

export function compileCommand(): Command {
  return new Command('compile')
    .description('from graph to plan: 53 convolutions, in a cold process and warm, and what each stage takes')
    .option('--rounds <n>', 'compiles of each kind', '5')
    .option('--json', 'print JSON')
    .option('--once', 'compile once, and print the times as JSON')
    .action(async (options: { readonly rounds: string; readonly json?: boolean; readonly once?: boolean }) => {
      if (options.once) {
        console.log(JSON.stringify(timeCompile()))
        return
      }
      const [main = ''] = process.argv.slice(1)
      const report = await benchCompile(positive(options.rounds), [main, 'compile', '--once'])
      console.log(options.json ? JSON.stringify(report, null, 2) : compileTable(report))
    })
}
