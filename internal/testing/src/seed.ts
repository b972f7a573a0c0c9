// Setup file of all tiers: where `CI=true` properties draw the same cases each time, so that a change is judged by what it
// changes. Elsewhere each run draws new ones and prints the seed of a failure; `TILEWRIGHT_SEED` (an integer) sets it.
import fc from 'fast-check'

const CI_SEED = '20250903'

const given = process.env.TILEWRIGHT_SEED ?? (process.env.CI === 'true' ? CI_SEED : undefined)
if (given !== undefined) {
  const seed = Number(given)
  if (!Number.isSafeInteger(seed)) throw new RangeError(`TILEWRIGHT_SEED must be an integer, got '${given}'`)
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed })
}
