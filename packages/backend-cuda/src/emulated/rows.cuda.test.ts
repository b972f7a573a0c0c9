// Folds by threads together, printed and executed: warps combine by shuffles, blocks through shared memory.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defined, type Kernel, type Reduce, type Rows, size } from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { resolve, rowsCooperative } from '@tilewright/schedules'
import {
  byDefinition,
  cudaLaunchers,
  layerNormRows,
  type RowEquation,
  rowSums,
  runPrinted,
  softmaxRows,
} from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { cudaPipeline, cudaTarget, emitCuda } from '../index.js'
import { emulatedCompiler } from './node-compile-emulated.js'

const launchers = cudaLaunchers(emulatedCompiler, { sanitize: 'bounds' })

interface Case {
  readonly of: string
  readonly equation: RowEquation<Rows | Reduce>
  readonly shape: readonly [number, number]
  /** Threads of a block, in the place of the template's choice. */
  readonly threads?: number
  readonly golden?: string
}

const symbolic = [size('rows'), size('length')] as const
const cases: readonly Case[] = [
  { of: 'softmax', equation: softmaxRows([8, 1000], [1]), shape: [8, 1000], golden: 'rows-softmax-8x1000' },
  { of: 'sums', equation: rowSums([4, 4096]), shape: [4, 4096], golden: 'reduce-sums-4x4096' },
  { of: 'softmax by a warp a row', equation: softmaxRows([3, 77], [1]), shape: [3, 77], threads: 32 },
  { of: 'softmax of rows of any length', equation: softmaxRows(symbolic, [1]), shape: [3, 1301] },
  { of: 'layer normalisation', equation: layerNormRows([5, 770], [1]), shape: [5, 770] },
  { of: 'layer normalisation of rows of any length', equation: layerNormRows(symbolic, [1]), shape: [2, 1] },
  { of: 'sums of no elements', equation: rowSums(symbolic), shape: [4, 0] },
]

function kernelOf(anchor: Rows | Reduce, threads: number | undefined): Kernel {
  const problem = { anchor, computed: new Set<never>() }
  const { template, candidate, scheduled } = resolve(problem, cudaTarget)
  expect(template).toBe(`${anchor.kind}/cooperative`)
  if (threads === undefined) return defined(scheduled.kernels[0], 'one kernel')
  const other = rowsCooperative.build({ lanes: 1, keep: true, ...candidate, threads }, problem, cudaTarget)
  return defined(other.kernels[0], 'one kernel')
}

describe.each(cases)('$of, $shape', ({ equation: { anchor, reads }, shape: [rows, length], threads, golden }) => {
  const kernel = kernelOf(anchor, threads)
  const lowered = runPipeline(kernel, cudaPipeline(cudaTarget))
  const emitted = emitCuda(lowered)
  const sizes = { rows, length }
  const inputs = new Map(
    reads.map((read, r) => {
      const count = read.shape.length === 1 ? length : rows * length
      return [read, Float32Array.from({ length: count }, (_, i) => (((i * 7 + r * i * i) % 9) - 4) / 2)] as const
    }),
  )

  test.each(launchers)('%s', async (_, launch) => {
    if (golden !== undefined) {
      expect(emitted.pipeline.source).toBe(
        readFileSync(join(import.meta.dirname, `../../goldens/${golden}.cu`), 'utf8'),
      )
    }
    const [want] = byDefinition(anchor, inputs, sizes)
    const contents = kernel.params.map((param) => inputs.get(param) ?? new Float32Array(want!.length).fill(9))
    const results = await runPrinted(launch, emitted, { params: lowered.params, contents, sizes })
    const got = results[kernel.params.findIndex((param) => !inputs.has(param))]!
    expect([...got]).toEqual(Array.from(want!, (value) => expect.closeTo(value, 5)))
  })
})
