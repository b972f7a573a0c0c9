import { CompileError, InternalError } from '@tilewright/ir'
import { describe, expect, test } from 'vitest'
import { compete } from './compete.js'
import type { ContestantName } from './contestants/contestant.js'
import { type Contestant, missingContestant } from './contestants/spawn.js'

/** A contestant that takes the times given, one a run, and says who ran. */
function fake(
  name: ContestantName,
  times: readonly number[],
  { output = 1, runs = [] }: { readonly output?: number; readonly runs?: ContestantName[] } = {},
): Contestant {
  let next = 0
  return {
    name,
    prepare: async () => ({ firstMs: 100, outputs: { y: { shape: [1], data: Float32Array.of(output) } } }),
    run: async () => {
      runs.push(name)
      const wallMs = times[next++ % times.length] ?? Number.NaN
      return { wallMs, cpuMs: 2 * wallMs }
    },
    close: () => {},
  }
}

describe('compete', () => {
  test('gives medians, and ratios of each round', async () => {
    // The first two rounds warm up.
    const ours = fake('tilewright', [900, 900, 10, 20, 10])
    const peer = fake('jax-js', [900, 900, 30, 20, 20])
    expect(await compete([ours, peer], 3)).toEqual([
      {
        status: 'measured',
        contestant: 'tilewright',
        firstMs: 100,
        wallMs: { min: 10, median: 10, max: 20 },
        cpuMs: { min: 20, median: 20, max: 40 },
        ratio: { min: 1, median: 1, max: 1 },
        cpuRatio: { min: 1, median: 1, max: 1 },
        errorOfMax: 0,
        agrees: true,
      },
      {
        status: 'measured',
        contestant: 'jax-js',
        firstMs: 100,
        wallMs: { min: 20, median: 20, max: 30 },
        cpuMs: { min: 40, median: 40, max: 60 },
        ratio: { min: 1, median: 2, max: 3 },
        cpuRatio: { min: 1, median: 2, max: 3 },
        errorOfMax: 0,
        agrees: true,
      },
    ])
  })

  test('the order moves on by one from round to round', async () => {
    const runs: ContestantName[] = []
    const names: readonly ContestantName[] = ['tilewright', 'onnxruntime-cpu', 'jax-js']
    await compete(
      names.map((name) => fake(name, [1], { runs })),
      1,
    )
    expect(runs.map((name) => names.indexOf(name))).toEqual([0, 1, 2, 1, 2, 0, 2, 0, 1])
  })

  test('a peer that computes something else does not agree', async () => {
    const [, peer, close] = await compete(
      [
        fake('tilewright', [1]),
        fake('jax-js', [1], { output: 1.001 }),
        fake('onnxruntime-cpu', [1], { output: 1.00001 }),
      ],
      1,
    )
    expect(peer).toMatchObject({ status: 'measured', agrees: false })
    expect(close).toMatchObject({ status: 'measured', agrees: true })
  })

  test('who is not there or fails on the way is missing with the reason, and the others go on', async () => {
    const failing: Contestant = {
      ...fake('onnxruntime-webgpu', [1]),
      run: () => Promise.reject(new CompileError({ code: 'bench/contestant', message: 'its process ended' })),
    }
    const entries = await compete([fake('tilewright', [1]), failing, missingContestant('jax-js', 'no network')], 2)
    expect(entries.map(({ status }) => status)).toEqual(['measured', 'missing', 'missing'])
    expect(entries[1]).toMatchObject({ contestant: 'onnxruntime-webgpu', reason: 'its process ended' })
    expect(entries[2]).toMatchObject({ contestant: 'jax-js', reason: 'no network' })
  })

  test('without us there are times and no ratios', async () => {
    const [ours, peer] = await compete([missingContestant('tilewright', 'a gap'), fake('jax-js', [5])], 1)
    expect(ours).toMatchObject({ status: 'missing', reason: 'a gap' })
    expect(peer).toMatchObject({ status: 'measured', wallMs: { median: 5 }, ratio: undefined, agrees: true })
  })

  test('a bug of ours is not taken for a contestant that fails', async () => {
    const broken: Contestant = { ...fake('jax-js', [1]), prepare: () => Promise.reject(new TypeError('bug')) }
    await expect(compete([broken], 1)).rejects.toThrow('bug')
    const internal: Contestant = { ...fake('jax-js', [1]), prepare: () => Promise.reject(new InternalError('bug')) }
    expect(await compete([internal], 1)).toMatchObject([{ status: 'missing' }])
  })
})
