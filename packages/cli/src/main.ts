/** The entry of the `tilewright` binary: hands the process's arguments and streams to the command line. */
import { createRequire } from 'node:module'
import { runCli } from './cli.js'
import { createTerminal } from './terminal.js'

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever reads the output may stop early (`| head`); that is no error.
  if (error.code === 'EPIPE') process.exit(0)
  process.stderr.write(`error[output/unwritable]: the output cannot be written: ${error.message}\n`)
  process.stderr.write('  help  free some space, or send the output elsewhere\n')
  process.exit(1)
})

// The exit code is set rather than forced, so that everything written gets out. Ctrl-C is left to the system, which ends the
// process at once, whatever it is doing.
process.exitCode = await runCli({
  args: process.argv.slice(2),
  version: ownVersion(),
  terminal: createTerminal(process.stdout, process.stderr, process.env),
  environment: process.env,
})

function ownVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('tilewright/package.json')
  const version: unknown =
    typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : undefined
  return typeof version === 'string' ? version : 'unknown'
}
