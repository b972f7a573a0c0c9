// Kernels that no template makes, printed and executed, against their definitions: scans, sorts, atomics, products in several
// launches.
import { type Buffer, defined, size } from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { allocate, evaluateDefinition, type TypedArray } from '@tilewright/simulator'
import { cudaLaunchers, runPrinted } from '@tilewright/testing'
import * as kernels from '@tilewright/testing/kernels'
import { describe, expect, test } from 'vitest'
import { cudaPipeline, cudaTarget, emitCuda } from '../index.js'
import { emulatedCompiler } from './node-compile-emulated.js'

const [depth, length] = [size('K', { multipleOf: 16 }), size('N', { min: 3, max: 64 })]
const scatter = kernels.scatterAdd(5, 9, 6)
const int4 = kernels.int4Matmul(19, 21, depth, 16)

interface Case {
  readonly written: kernels.HandWritten
  readonly sizes?: Readonly<Record<string, number>>
  /** In the place of small integers. */
  readonly input?: readonly [Buffer, TypedArray]
  /** How many digits agree, where sums are not exact. */
  readonly digits?: number
}

const random = kernels.randomFrom(7)
const cases: Readonly<Record<string, Case>> = {
  'scan across workgroups': { written: kernels.rowScan(3, 37) },
  'atomic sums of rows': {
    written: scatter,
    input: [scatter.index, Int32Array.from({ length: 9 }, (_, i) => (i * i) % 5)],
  },
  'largest of a row': { written: kernels.topK(4, length, 3, 64), sizes: { N: 50 } },
  'step of an LSTM': { written: kernels.lstmStep({ batch: 6, input: 5, hidden: 11 }), digits: 5 },
  'product of a transposed matrix': { written: kernels.transposedMatmul({ m: 35, n: 21, k: 40 }) },
  'product split by depth': { written: kernels.splitKMatmul({ m: 33, n: 37, k: 65 }, 4) },
  'product with 4-bit weights': {
    written: int4,
    sizes: { K: 48 },
    input: [int4.packed, Uint32Array.from({ length: 6 * 21 }, () => random() * 2 ** 32)],
  },
  'double-buffered product': { written: kernels.doubleBufferedMatmul({ m: 40, n: 24, k: 48 }, 2) },
  'product on matrix units': { written: kernels.matrixUnitMatmul({ m: 35, n: 21, k: 40 }) },
  'product with specialised warps': { written: kernels.warpSpecialisedMatmul({ m: 40, n: 24, k: 48 }, 2, 32) },
}

const launchers = cudaLaunchers(emulatedCompiler, { sanitize: 'bounds' })

const printed = ({ kernels: all }: kernels.HandWritten) =>
  all.map((kernel) => {
    const lowered = runPipeline(kernel, cudaPipeline(cudaTarget))
    return { kernel, lowered, emitted: emitCuda(lowered) }
  })

describe.each(Object.entries(cases))('%s', (_, { written, sizes = {}, input, digits }) => {
  const launches = printed(written)
  test.each(launchers)('%s', async (_, launch) => {
    const inputs = kernels.integerInputs(written.definition, sizes, 3)
    if (input !== undefined) inputs.set(...input)
    const memory = new Map(inputs)
    for (const { kernel, lowered, emitted } of launches) {
      const contents = kernel.params.map((param) => {
        const unwritten = (): TypedArray => allocate(param.dtype, kernels.countOf(param, sizes)).fill(0x5a)
        return memory.get(param) ?? unwritten()
      })
      const results = await runPrinted(launch, emitted, { params: lowered.params, contents, sizes })
      for (const [i, param] of kernel.params.entries()) memory.set(param, defined(results[i], 'one a parameter'))
    }
    const expected = evaluateDefinition(written.definition, inputs, sizes)
    for (const output of written.definition.outputs) {
      const [got, want] = [memory.get(output), defined(expected.get(output), 'an output is defined')]
      if (digits === undefined) expect(got).toEqual(want)
      else expect([...(got ?? [])]).toEqual(Array.from(want, (value) => expect.closeTo(value, digits)))
    }
  })
})
