/** The entry of the `tilewright` binary: hands the process's arguments and streams to the command line. */
import { createRequire } from 'node:module'
import { runCli } from './cli.js'
import { createTerminal } from './terminal.js'

// Whoever reads the output may stop early (`| head`); that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1)
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
