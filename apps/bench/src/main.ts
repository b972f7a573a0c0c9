// `npm run bench -- COMMAND …`: results on stdout, progress on stderr. A command is a file in commands/ and a line here.
import { formatError, TilewrightError } from '@tilewright/ir'
import { Command } from 'commander'
import { casesCommand } from './commands/cases.js'
import { compileCommand } from './commands/compile.js'
import { cudaCommand } from './commands/cuda.js'
import { gaussianCommand } from './commands/gaussian.js'
import { matmulCommand } from './commands/matmul.js'
import { peersCommand } from './commands/peers.js'

const program = new Command('bench')
  .description('Benchmarks of Tilewright. Results go to stdout, progress to stderr.')
  .addCommand(compileCommand())
  .addCommand(casesCommand(), { isDefault: true })
  .addCommand(matmulCommand())
  .addCommand(cudaCommand())
  .addCommand(gaussianCommand())
  .addCommand(peersCommand())

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof TilewrightError)) throw error
  console.error(formatError(error))
  process.exitCode = 1
}
