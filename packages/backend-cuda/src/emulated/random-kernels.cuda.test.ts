import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runPipeline } from '@tilewright/passes'
import {
  arbitraryKernel,
  cudaLaunchers,
  type GeneratedKernel,
  propertyRuns,
  runGenerated,
  runPrinted,
} from '@tilewright/testing'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { cudaPipeline, cudaTarget, emitCuda } from '../index.js'
import { emulatedCompiler } from './node-compile-emulated.js'

/** Kernels that one case runs together: they are compiled side by side. */
const batch = 10
const cases = Math.min(10, Math.ceil(propertyRuns() / batch))

// Not the folder that stays: these modules are never asked for again.
const cacheFolder = mkdtempSync(join(tmpdir(), 'tilewright-random-'))
afterAll(() => rmSync(cacheFolder, { recursive: true }))
const launchers = cudaLaunchers(emulatedCompiler, { cacheFolder, sanitize: 'bounds' })

test(`${cases * batch} random kernels give the bits of the simulator, in every order of threads`, {
  timeout: 240_000,
}, async () => {
  const kernels = fc.array(arbitraryKernel(), { minLength: batch, maxLength: batch })
  const agree = async (generated: readonly GeneratedKernel[]): Promise<void> => {
    const truth = generated.map((one) => runGenerated(one))
    for (const [, launch] of launchers) {
      const results = generated.map(async ({ kernel, contents, sizes }) => {
        const lowered = runPipeline(kernel, cudaPipeline(cudaTarget))
        return runPrinted(launch, emitCuda(lowered), { params: lowered.params, contents, sizes })
      })
      expect(await Promise.all(results)).toEqual(truth)
    }
  }
  const limits = { interruptAfterTimeLimit: 200_000, markInterruptAsFailure: true }
  await fc.assert(fc.asyncProperty(kernels, agree), { numRuns: cases, ...limits })
})
