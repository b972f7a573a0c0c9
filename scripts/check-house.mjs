// pnpm check:house: the rules of the house that the linter does not know, and the house in figures.
import { copies, figuresOf } from './house-figures.mjs'
import { checkFile } from './house-rules.mjs'
import { checkLayers } from './layers.mjs'
import { readPackages, readSources, report } from './sources.mjs'

const folders = readSources()
const sources = folders.flatMap(({ files }) => files)
const tests = folders.flatMap(({ tests }) => tests)
const all = figuresOf('all', sources, tests)
const rows = [...folders.map(({ name, files, tests }) => figuresOf(name, files, tests)), all]

console.log(`${'lines that are not blank'.padEnd(28)} source    tests  ratio  files  median`)
for (const { name, sourceLines, testLines, files, median } of rows) {
  const ratio = sourceLines === 0 ? '' : (testLines / sourceLines).toFixed(2)
  const cells = [String(sourceLines).padStart(6), String(testLines).padStart(8), ratio.padStart(6)]
  console.log(`${name.padEnd(28)} ${cells.join(' ')} ${String(files).padStart(6)} ${String(median).padStart(7)}`)
}
console.log(`\nfiles above 300 lines: ${all.long.length === 0 ? 'none' : ''}`)
for (const file of all.long) console.log(`  ${file}`)
const found = copies(sources)
console.log(`runs of 8 and more lines that stand in two places: ${found.length === 0 ? 'none' : found.length}`)
for (const { lines, places } of found) console.log(`  ${lines} lines: ${places.join(' and ')}`)
console.log()

report('layers and cycles', checkLayers(readPackages()))
report(
  'house rules',
  folders
    .filter(({ name }) => name.startsWith('packages/'))
    .flatMap(({ files }) => files.flatMap((file) => checkFile(file))),
)
