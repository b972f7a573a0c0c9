// node list-cases.mjs DATA: the folders of ONNX's cases, one a line, less those whose reference onnxruntime misses too.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(process.argv[2] ?? '', 'onnx-conformance')
/** @type {{ path: string, ort130?: string }[]} */
const cases = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'))
const taken = cases.filter(({ path, ort130 }) => path.startsWith('node/') && ort130 !== 'mismatch')
const folders = taken.map(({ path }) => join(folder, path)).filter((path) => existsSync(path))
console.log(folders.join('\n'))
