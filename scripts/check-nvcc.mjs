// pnpm check:nvcc: sets everything up, then has nvcc compile what the CUDA backend prints for every schedule template.
import { finishWith, prepare } from './workspace.mjs'

await prepare()
await finishWith('apps/nvcc/dist/main.js', process.argv.slice(2))
