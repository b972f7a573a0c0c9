// How many cases a property test runs: few for a person who waits, many where a machine waits.

const RUNS_LOCAL = 50
const RUNS_CI = 500

/**
 * The number of cases for one property: 500 where `CI=true`, else 50; `TILEWRIGHT_PROPERTY_RUNS` (a positive integer)
 * overrides both. Throws a `RangeError` when the variable is set to anything else.
 */
export function propertyRuns(): number {
  const override = process.env.TILEWRIGHT_PROPERTY_RUNS
  if (override === undefined || override === '') return process.env.CI === 'true' ? RUNS_CI : RUNS_LOCAL
  const runs = Number(override)
  if (!Number.isSafeInteger(runs) || runs < 1) {
    throw new RangeError(`TILEWRIGHT_PROPERTY_RUNS must be a positive integer, got '${override}'`)
  }
  return runs
}
