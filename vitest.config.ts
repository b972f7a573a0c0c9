// One run for the whole repository. Every package is aliased to its sources, so that tests need no build and may import packages
// above their own layer; tests are grouped in tiers by what they need, and a tier that cannot run says why instead of failing.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { dataSkipReason } from './internal/testing/src/data-folder.js'
import { GUARDED_TIERS, type GuardedTier, nvccSkipReason, tierSkipReason } from './internal/testing/src/tiers.js'

const ROOT = import.meta.dirname

/** One alias for each export of each package that names a source file: a new package or subpath needs no edit here. */
function sourceAliases(): { find: RegExp; replacement: string }[] {
  const folders = ['packages', 'internal'].flatMap((parent) =>
    readdirSync(join(ROOT, parent)).map((name) => join(ROOT, parent, name)),
  )
  return folders
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .flatMap((folder) => {
      const manifest: { name: string; exports?: Record<string, string | Record<string, string>> } = JSON.parse(
        readFileSync(join(folder, 'package.json'), 'utf8'),
      )
      return Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
        const source = typeof target === 'string' ? undefined : target['@tilewright/source']
        if (source === undefined) return []
        const specifier = manifest.name + subpath.slice(1)
        return [{ find: new RegExp(`^${specifier}$`), replacement: join(folder, source) }]
      })
    })
}

// Given to each project rather than inherited: a project that extends the root loads this file, and asks its questions, again.
const resolve = { alias: sourceAliases() }

/** Machines that test changes are slow at times: a test that hangs is found a little later there. */
const patience = process.env.CI === 'true' ? 6 : 1
const seed = join(ROOT, 'internal/testing/src/seed.ts')

/** Tests of CUDA devices run on the emulated one too: what they ask of a GPU is known to be right before there is one. */
const OWN_AND_OTHERS: Partial<Record<GuardedTier, readonly string[]>> = { 'cuda-source': ['cuda-source', 'cuda'] }

const dataReason = dataSkipReason()
if (dataReason !== undefined) console.log(`tests on external data skipped: ${dataReason}`)
const nvccReason = nvccSkipReason()
if (nvccReason !== undefined) console.log(`tests with nvcc skipped: ${nvccReason}`)

/**
 * All tiers share the workers, so that none is idle while the last file of a tier runs: first what needs nothing, then the
 * guarded tiers, of which those files begin that take longest. Named, since a fresh checkout knows nothing of earlier runs.
 */
class TierSequencer extends BaseSequencer {
  static readonly longest = /[/](conformance|random-graphs|random-kernels|templates)[.](webgpu|cuda)[.]test[.]ts$/

  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const guardedTiers: readonly string[] = GUARDED_TIERS
    const rank = ({ project, moduleId }: TestSpecification): number => {
      if (!guardedTiers.includes(project.name)) return 0
      return TierSequencer.longest.test(moduleId) ? 1 : 2
    }
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}

/** Room for young objects: with the 16 MB of Node's own choice, collecting them takes a twelfth of the time. */
const execArgv = ['--max-semi-space-size=64']

const guarded = GUARDED_TIERS.flatMap((tier) => {
  const reason = tierSkipReason(tier)
  if (reason !== undefined) {
    console.log(`tier ${tier} skipped: ${reason}`)
    return []
  }
  return [
    {
      resolve,
      test: {
        name: tier,
        include: (OWN_AND_OTHERS[tier] ?? [tier]).map((name) => `{packages,internal,apps}/**/*.${name}.test.ts`),
        env: { TILEWRIGHT_TESTED_CUDA: tier === 'cuda' ? 'gpu' : 'emulated' },
        // Each file in a process of its own, which is killed when a test does not come back: a shader that never ends blocks
        // its process for good.
        pool: 'forks' as const,
        execArgv,
        isolate: true,
        maxWorkers: availableParallelism(),
        testTimeout: patience * 60_000,
        hookTimeout: patience * 60_000,
        setupFiles: [seed, join(ROOT, 'internal/testing/src/watchdog.ts')],
      },
    },
  ]
})

const unguarded = {
  testTimeout: patience * 30_000,
  hookTimeout: patience * 30_000,
  execArgv,
  setupFiles: [seed],
}

export default defineConfig({
  test: {
    // By default one core is left idle; on a small machine that is half of it.
    maxWorkers: availableParallelism(),
    passWithNoTests: true,
    sequence: { sequencer: TierSequencer },
    projects: [
      {
        resolve,
        test: {
          ...unguarded,
          name: 'unit',
          include: ['{packages,internal,apps}/**/*.test.ts', 'scripts/**/*.test.mjs'],
          exclude: [
            '**/node_modules/**',
            '**/dist/**',
            ...['mocked', ...GUARDED_TIERS].map((tier) => `**/*.${tier}.test.ts`),
          ],
          // The files that a worker takes share their modules, which have no state: loading them anew for each file would
          // take longer than all tests.
          isolate: false,
        },
      },
      {
        resolve,
        // Files that put others in the place of modules.
        test: { ...unguarded, name: 'mocked', include: ['{packages,internal,apps}/**/*.mocked.test.ts'] },
      },
      ...guarded,
    ],
  },
})
