// npm start [-- MODEL.onnx …]: sets everything up, then runs `tilewright run` with the arguments given.
import { finishWith, prepare } from './workspace.mjs'

await prepare()
// npm runs its scripts at the root; a path on the command line is meant from where the person stands.
await finishWith('packages/cli/bin/tilewright.js', ['run', ...process.argv.slice(2)], process.env.INIT_CWD)
