// npm run pack [-- FOLDER]: sets everything up, and packs all packages, with types, into a folder that npm installs them from.
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { packInto } from './workspace.mjs'

const [given] = process.argv.slice(2)
const folder = given === undefined ? join(tmpdir(), 'tilewright') : resolve(process.env.INIT_CWD ?? '.', given)
await packInto(folder)
const packed = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
console.log(`${packed.length} packages: npm install ${join(folder, '*.tgz')}`)
