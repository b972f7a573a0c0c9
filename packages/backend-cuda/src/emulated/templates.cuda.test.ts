// Templates at tiles that are too large for the simulator. Operands are small integers, so that sums are exact.
import { evaluate } from '@tilewright/backend-cpu/evaluate'
import { formAttention, formRows } from '@tilewright/fusion'
import { type Buffer, buffer, defined, elementCount, InternalError, isRejection, load, matmul } from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { attentionMatrixUnits, matrixUnitsMatmul } from '@tilewright/schedules'
import { halfToNumber, numberToHalf } from '@tilewright/simulator'
import { attentionEquations, cudaLaunchers, runPrinted } from '@tilewright/testing'
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

describe('attention/matrix-units', () => {
  test.each([
    { queries: 100, keys: 200, depth: 64, columns: 64, keysByDepth: true, mask: 'none', through: 'copies' },
    { queries: 70, keys: 150, depth: 40, columns: 72, keysByDepth: true, mask: 'causal', through: 'copies' },
    { queries: 64, keys: 100, depth: 32, columns: 33, keysByDepth: false, mask: 'guarded', through: 'registers' },
  ] as const)('$queries queries, $keys keys of $depth, mask $mask, through $through', async (form) => {
    const shape = { ...form, dtype: 'f16', batch: 2, groups: 2 } as const
    const { inputs, output, equations } = attentionEquations(shape)
    const [results, facts] = [new Set([output]), { storageBuffers: 8 }]
    const [anchor] = formAttention(formRows(equations, results, facts), results, facts, () => true)
    const problem = { anchor: defined(anchor, 'one'), computed: new Set(form.through === 'copies' ? [] : inputs) }
    const candidate = attentionMatrixUnits.level0(problem, cudaTarget)
    if (isRejection(candidate)) throw new InternalError(candidate.reason)
    const [kernel] = attentionMatrixUnits.build(candidate, problem, cudaTarget).kernels
    const lowered = runPipeline(kernel!, cudaPipeline(cudaTarget))

    const count = ({ shape: extents }: Buffer): number => Number(elementCount(extents))
    const numbers = new Map(
      inputs.map((input, seed) => [
        input,
        Float32Array.from({ length: count(input) }, (_, i) => {
          const of = Math.sin(i * 1.7 + seed) * 3
          // Of the mask: some keys, and all keys of the first query.
          return seed === 3 && (of > 1 || i < form.keys) ? Number.NEGATIVE_INFINITY : halfToNumber(numberToHalf(of))
        }),
      ]),
    )
    const expected = evaluate({ equations }, numbers).get(output)!
    const contents = kernel!.params.map((param) => {
      const own = numbers.get(param)
      if (own === undefined) return new Uint16Array(count(param))
      return param.dtype === 'f16' ? Uint16Array.from(own, numberToHalf) : own
    })
    const after = await runPrinted(launch, emitCuda(lowered), { params: lowered.params, contents, sizes: {} })
    const result = defined(after[kernel!.params.indexOf(output)], 'a result')
    const largest = Math.max(...Array.from(result, (half, i) => Math.abs(halfToNumber(half) - expected[i]!)))
    expect(largest).toBeLessThan(6e-3)
    expect(Math.max(...expected)).toBeGreaterThan(0.5)
  })
})
