// Part of pnpm lint: the rules of the house that the linter does not know.
import { checkFile } from './house-rules.mjs'
import { readPackages, report } from './sources.mjs'

const files = readPackages().flatMap(({ dir, files }) =>
  files.map(({ path, text }) => ({ path: `packages/${dir}/${path}`, text })),
)
report(
  'house rules',
  files.flatMap((file) => checkFile(file)),
)
