// Templates at tiles that are too large for the simulator. Operands are small integers, so that sums are exact.
import { buffer, InternalError, isRejection, load, matmul } from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { matrixUnitsMatmul } from '@tilewright/schedules'
import { halfToNumber, numberToHalf } from '@tilewright/simulator'
import { cudaLaunchers, runPrinted } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { cudaPipeline, cudaTarget, emitCuda } from '../index.js'
import { emulatedCompiler } from './node-compile-emulated.js'

// One order of threads will do: each takes seconds on the processor.
const [[, launch]] = cudaLaunchers(emulatedCompiler, { sanitize: 'bounds' })
const [m, n, k] = [520, 544, 72]
const a = buffer('a', 'f16', [m, k], 'storage')
const b = buffer('b', 'f16', [k, n], 'storage')
const c = buffer('c', 'f16', [m, n], 'storage')
const anchor = matmul(
  c,
  k,
  (_, i, kk) => load(a, [i, kk]),
  (_, kk, j) => load(b, [kk, j]),
)

describe('matmul/matrix-units', () => {
  test.each([false, true])(
    'many tiles, large ones in dynamic shared memory; through registers: %s',
    async (computed) => {
      const problem = { anchor, computed: new Set(computed ? [a, b] : []) }
      const candidate = matrixUnitsMatmul.level0(problem, cudaTarget)
      if (isRejection(candidate)) throw new InternalError(candidate.reason)
      expect(candidate).toMatchObject(computed ? { subgroupsM: 2, subgroupsN: 2 } : { subgroupsM: 2, subgroupsN: 4 })
      const [kernel] = matrixUnitsMatmul.build(candidate, problem, cudaTarget).kernels
      const lowered = runPipeline(kernel!, cudaPipeline(cudaTarget))
      const emitted = emitCuda(lowered)
      if (!computed) expect(emitted.pipeline.workgroupBytes).toBeGreaterThan(48 * 1024)
      const value = (i: number, seed: number): number => ((i * 7 + (i >> 3) * 3 + seed) % 5) - 2
      const halves = (length: number, seed: number): Uint16Array =>
        Uint16Array.from({ length }, (_, i) => numberToHalf(value(i, seed)))
      const contents = [halves(m * k, 1), halves(k * n, 3), new Uint16Array(m * n)]
      const [, , result] = await runPrinted(launch, emitted, { params: lowered.params, contents, sizes: {} })
      let wrong = 0
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0
          for (let kk = 0; kk < k; kk++) sum += value(i * k + kk, 1) * value(kk * n + j, 3)
          if (halfToNumber(result![i * n + j]!) !== sum) wrong++
        }
      }
      expect(wrong).toBe(0)
    },
  )
})
