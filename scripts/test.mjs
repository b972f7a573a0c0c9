// npm test [-- VITEST ARGUMENTS]: sets everything up, then runs every tier of tests that this machine can run.
import { finishWith, prepare } from './workspace.mjs'

await prepare()
await finishWith('node_modules/vitest/vitest.mjs', ['run', ...process.argv.slice(2)])
