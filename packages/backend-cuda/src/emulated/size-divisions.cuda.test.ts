// Quotients and remainders by sizes, printed and executed: products with reciprocals that the host computes.
import { buildKernel, size } from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { cudaLaunchers, propertyRuns, runPrinted } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cudaPipeline, cudaTarget, emitCuda } from '../index.js'
import { emulatedCompiler } from './node-compile-emulated.js'

const count = 64
const [most, least] = [2 ** 31 - 1, -(2 ** 31)]
const kernel = buildKernel({ name: 'quotients', threads: count, workgroups: [1, 1, 1] }, (g) => {
  const [x, quotients, remainders] = [
    g.param('x', 'i32', [count]),
    g.param('quotients', 'i32', [count]),
    g.param('remainders', 'i32', [count]),
  ]
  const d = size('d', { min: 1 })
  quotients.set([g.thread], x.at(g.thread).div(d))
  remainders.set([g.thread], x.at(g.thread).mod(d))
})
const lowered = runPipeline(kernel, cudaPipeline(cudaTarget))
const emitted = emitCuda(lowered)

/** Dividends beside multiples of d, at the ends, and anywhere: where a quotient that is not exact shows. */
function dividends(d: number, seeds: readonly number[]): Int32Array<ArrayBuffer> {
  const inside = (n: number): number => Math.min(most, Math.max(least, n))
  const ends = [0, 1, -1, d - 1, d, d + 1, -d, 1 - d, -1 - d, most, most - 1, least, least + 1]
  const beside = seeds.map((seed, i) => inside(Math.trunc(seed / d) * d + (i % 3) - 1))
  return Int32Array.from({ length: count }, (_, i) => [...ends.map(inside), ...beside, ...seeds][i] ?? 0)
}

const powers = Array.from({ length: 31 }, (_, e) => 2 ** e)
const edges = [3, 7, 641, most - 1, most, ...powers, ...powers.map((p) => p + 1)]

test.each(cudaLaunchers(emulatedCompiler, {}))('are exact for every i32: %s', async (_, launch) => {
  const agree = async (d: number, seeds: readonly number[]): Promise<void> => {
    const x = dividends(d, seeds)
    const contents = [x, new Int32Array(count), new Int32Array(count)]
    const [, quotients, remainders] = await runPrinted(launch, emitted, {
      params: lowered.params,
      contents,
      sizes: { d },
    })
    expect(quotients).toEqual(x.map((n) => Math.trunc(n / d)))
    expect(remainders).toEqual(x.map((n) => n % d))
  }
  const anything = fc.array(fc.integer({ min: least, max: most }), { minLength: 30, maxLength: 30 })
  const [seeds = []] = fc.sample(anything, { numRuns: 1, seed: 1 })
  for (const d of edges) await agree(d, seeds)
  const divisor = fc
    .tuple(fc.integer({ min: 1, max: most }), fc.integer({ min: 0, max: 30 }))
    .map(([d, bits]) => Math.max(1, d >> bits))
  await fc.assert(fc.asyncProperty(divisor, anything, agree), { numRuns: propertyRuns() })
})
