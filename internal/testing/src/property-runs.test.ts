import { afterEach, describe, expect, test, vi } from 'vitest'
import { propertyRuns } from './property-runs.js'

describe('propertyRuns', () => {
  afterEach(() => vi.unstubAllEnvs())

  test.each([
    { ci: 'true', override: '', runs: 500 },
    { ci: '', override: '', runs: 50 },
    { ci: 'true', override: '7', runs: 7 },
  ])('CI=$ci, override $override: $runs', ({ ci, override, runs }) => {
    vi.stubEnv('CI', ci)
    vi.stubEnv('TILEWRIGHT_PROPERTY_RUNS', override)
    expect(propertyRuns()).toBe(runs)
  })

  test.each(['0', '-3', '2.5', 'many'])('refuses %s', (override) => {
    vi.stubEnv('TILEWRIGHT_PROPERTY_RUNS', override)
    expect(() => propertyRuns()).toThrow(`TILEWRIGHT_PROPERTY_RUNS must be a positive integer, got '${override}'`)
  })
})
