// npm run bench -- CASE …: sets everything up, then runs the benchmarks with the arguments given.
import { finishWith, prepare } from './workspace.mjs'

await prepare()
await finishWith('apps/bench/dist/main.js', process.argv.slice(2))
