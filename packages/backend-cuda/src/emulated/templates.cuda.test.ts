// Templates at tiles that are too large for the simulator. Operands are small integers, so that sums are exact.
import type { EmittedKernel } from '@tilewright/backend'
import { evaluate } from '@tilewright/backend-cpu/evaluate'
import { formAttention, formRows } from '@tilewright/fusion'
import {
  type Buffer,
  buffer,
  cast,
  defined,
  elementCount,
  type HalfDType,
  InternalError,
  isRejection,
  type Kernel,
  load,
  matmul,
  type Problem,
  type ScheduleTemplate,
} from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import {
  asyncMultiplyMatmul,
  attentionMatrixUnits,
  attentionSharedKeys,
  attentionTiled,
  matrixUnitsMatmul,
  producerConsumerMatmul,
} from '@tilewright/schedules'
import { allocate, narrowInto, numberToBfloat, numberToHalf, type TypedArray, widen } from '@tilewright/simulator'
import { attentionEquations, cudaLaunchers, openTestedCuda, runPrinted, testedCuda } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { cudaPipeline, cudaTarget, emitCuda, hopperTarget } from '../index.js'
import { emulatedCompiler } from './node-compile-emulated.js'

// One order of threads will do: each takes seconds on the processor.
const [[, launch]] = cudaLaunchers(emulatedCompiler, { sanitize: 'bounds' })
/** The processor takes the instructions of all GPUs. */
async function knowsTiles(): Promise<boolean> {
  if (testedCuda === 'cuda-emulated') return true
  const device = await openTestedCuda()
  device.dispose()
  return device.target.tileInstructions.length > 0
}
const multipliesTiles = await knowsTiles()

const value = (i: number, seed: number): number => ((i * 7 + (i >> 3) * 3 + seed) % 5) - 2

interface Product {
  readonly dtype: HalfDType
  readonly shape: readonly [m: number, n: number, k: number]
  /** Whether the factors lie along their own axes. */
  readonly alongOwn: readonly [boolean, boolean]
}

function productOf({ dtype, shape: [m, n, k], alongOwn: [alongM, alongN] }: Product) {
  const a = buffer('a', dtype, alongM ? [k, m] : [m, k], 'storage')
  const b = buffer('b', dtype, alongN ? [k, n] : [n, k], 'storage')
  const c = buffer('c', dtype, [m, n], 'storage')
  const anchor = matmul(
    c,
    k,
    (_, i, kk) => load(a, alongM ? [kk, i] : [i, kk]),
    (_, kk, j) => load(b, alongN ? [kk, j] : [j, kk]),
  )
  return { anchor, factors: [a, b] }
}

/** Elements of the result of a kernel that are wrong. */
async function wrongElements(
  { dtype, shape: [m, n, k], alongOwn: [alongM, alongN] }: Product,
  { params }: Kernel,
  emitted: EmittedKernel,
): Promise<number> {
  const toBits = dtype === 'f16' ? numberToHalf : numberToBfloat
  const halves = (length: number, seed: number): Uint16Array =>
    Uint16Array.from({ length }, (_, i) => toBits(value(i, seed)))
  const contents = [halves(m * k, 1), halves(k * n, 3), new Uint16Array(m * n)]
  const [, , result] = await runPrinted(launch, emitted, { params, contents, sizes: {} })
  let wrong = 0
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0
      for (let kk = 0; kk < k; kk++) {
        sum += value(alongM ? kk * m + i : i * k + kk, 1) * value(alongN ? kk * n + j : j * k + kk, 3)
      }
      // Sums of small integers are exact in f32, and rounded once.
      if (result![i * n + j] !== toBits(sum)) wrong++
    }
  }
  return wrong
}

describe('matmul/matrix-units', () => {
  test.each([
    ['f16', false],
    ['f16', true],
    ['bf16', false],
  ] as const)(
    'many tiles of %s, large ones in dynamic shared memory; through registers: %s',
    async (dtype, computed) => {
      const product: Product = { dtype, shape: [520, 544, 72], alongOwn: [false, true] }
      const { anchor, factors } = productOf(product)
      const problem = { anchor, computed: new Set(computed ? factors : []) }
      const candidate = matrixUnitsMatmul.level0(problem, cudaTarget)
      if (isRejection(candidate)) throw new InternalError(candidate.reason)
      expect(candidate).toMatchObject(computed ? { subgroupsM: 2, subgroupsN: 2 } : { subgroupsM: 2, subgroupsN: 4 })
      const [kernel] = matrixUnitsMatmul.build(candidate, problem, cudaTarget).kernels
      const lowered = runPipeline(kernel!, cudaPipeline(cudaTarget))
      const emitted = emitCuda(lowered)
      if (!computed) expect(emitted.pipeline.workgroupBytes).toBeGreaterThan(48 * 1024)
      expect(await wrongElements(product, lowered, emitted)).toBe(0)
    },
  )
})

test('matmul/matrix-units of bytes: copies of those that lie along k, others through registers, with sums of parts of k', async () => {
  const [rows, columns, depth] = [200, 136, 1040]
  const left = buffer('left', 'u8', [rows, depth], 'storage')
  const right = buffer('right', 'i8', [depth, columns], 'storage')
  const sums = buffer('sums', 'i32', [rows, columns], 'storage')
  const product = matmul(
    sums,
    depth,
    (_, i, kk) => cast('i32', load(left, [i, kk])),
    (_, kk, j) => load(right, [kk, j]),
  )
  const problem = { anchor: product, computed: new Set<Buffer>() }
  const candidate = matrixUnitsMatmul.level0(problem, cudaTarget)
  if (isRejection(candidate)) throw new InternalError(candidate.reason)
  expect(candidate.splits).toBe(4)
  const { kernels, workspaces } = matrixUnitsMatmul.build(candidate, problem, cudaTarget)
  const numbers = new Map<Buffer, TypedArray>([
    [left, Uint8Array.from({ length: rows * depth }, (_, i) => (i * i * 37 + i * 11) >> 3)],
    [right, Int8Array.from({ length: depth * columns }, (_, i) => (i * i * 29 + i * 7) >> 3)],
    [sums, new Int32Array(rows * columns)],
    ...workspaces.map((one): [Buffer, TypedArray] => [one, new Int32Array(Number(elementCount(one.shape)))]),
  ])
  for (const kernel of kernels) {
    const lowered = runPipeline(kernel, cudaPipeline(cudaTarget))
    const contents = kernel.params.map((param) => defined(numbers.get(param), 'contents'))
    const after = await runPrinted(launch, emitCuda(lowered), { params: lowered.params, contents, sizes: {} })
    for (const [i, param] of kernel.params.entries()) numbers.set(param, defined(after[i], 'a buffer'))
  }
  const [x, y] = [numbers.get(left)!, numbers.get(right)!]
  const expected = Int32Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns]
    let sum = 0
    for (let kk = 0; kk < depth; kk++) sum += x[i * depth + kk]! * y[kk * columns + j]!
    return sum
  })
  expect(numbers.get(sums)).toEqual(expected)
})

describe.skipIf(!multipliesTiles).each([
  [asyncMultiplyMatmul.name, asyncMultiplyMatmul],
  [producerConsumerMatmul.name, producerConsumerMatmul],
] as const)('%s', (_, template) => {
  test.each([
    ['f16', [false, false], 256, 2],
    ['f16', [true, true], 256, 2],
    ['f16', [false, true], 128, 1],
    ['f16', [true, false], 192, 1],
    ['bf16', [false, true], 64, 2],
    ['bf16', [true, false], 128, 1],
    ['bf16', [false, false], 192, 1],
    ['bf16', [true, true], 256, 2],
  ] as const)('%s, along their own axes: %o, tiles of %i columns', async (dtype, alongOwn, columns, groups) => {
    const product: Product = { dtype, shape: [272, 328, 200], alongOwn }
    const { anchor } = productOf(product)
    const problem = { anchor, computed: new Set<Buffer>() }
    const candidate = { groups, tilesM: columns === 128 ? 2 : 1, columns, stages: 3, splits: 1, cluster: 1 }
    expect(template.check(candidate, problem, hopperTarget)).toBeUndefined()
    const [kernel] = template.build(candidate, problem, hopperTarget).kernels
    const lowered = runPipeline(kernel!, cudaPipeline(hopperTarget))
    expect(await wrongElements(product, lowered, emitCuda(lowered))).toBe(0)
  })
})

describe.skipIf(!multipliesTiles)('matmul/producer-consumer in clusters', () => {
  test.each([
    ['left', [false, true], 64, 2],
    ['left', [true, false], 64, 2],
    ['right', [false, true], 128, 1],
    ['right', [true, false], 256, 2],
  ] as const)('of which two share the %s factor, along their own axes: %o', async (_, alongOwn, columns, groups) => {
    const product: Product = { dtype: 'f16', shape: [136, 200, 264], alongOwn }
    const problem = { anchor: productOf(product).anchor, computed: new Set<Buffer>() }
    const candidate = { groups, tilesM: 1, columns, stages: 3, splits: 1, cluster: 2 }
    expect(producerConsumerMatmul.check(candidate, problem, hopperTarget)).toBeUndefined()
    const [kernel] = producerConsumerMatmul.build(candidate, problem, hopperTarget).kernels
    const lowered = runPipeline(kernel!, cudaPipeline(hopperTarget))
    expect(await wrongElements(product, lowered, emitCuda(lowered))).toBe(0)
  })
})

/** Large tiles, however few: those of many workgroups. */
function builtByDefault(template: ScheduleTemplate, problem: Problem): readonly Kernel[] {
  const target = { ...cudaTarget, parallelWorkgroups: 1 }
  const candidate = template.level0(problem, target)
  if (isRejection(candidate)) throw new InternalError(candidate.reason)
  return template.build(candidate, problem, target).kernels
}

describe.each([
  { template: attentionMatrixUnits, dtype: 'f16', tolerance: 6e-3, few: undefined },
  { template: attentionMatrixUnits, dtype: 'bf16', tolerance: 4e-2, few: undefined },
  { template: attentionTiled, dtype: 'f32', tolerance: 1e-5, few: undefined },
  { template: attentionSharedKeys, dtype: 'f32', tolerance: 1e-5, few: 2 },
] as const)('$template.name of $dtype', ({ template, dtype, tolerance, few }) => {
  test.each([
    { queries: 100, keys: 200, depth: 64, columns: 64, keysByDepth: true, mask: 'none', through: 'copies' },
    { queries: 70, keys: 150, depth: 40, columns: 72, keysByDepth: true, mask: 'causal', through: 'copies' },
    { queries: 64, keys: 100, depth: 32, columns: 33, keysByDepth: false, mask: 'guarded', through: 'registers' },
  ] as const)('$queries queries, $keys keys of $depth, mask $mask, through $through', async (form) => {
    const shape = { ...form, dtype, batch: 2, groups: 2, queries: few ?? form.queries }
    const { inputs, output, equations } = attentionEquations(shape)
    const [results, facts] = [new Set([output]), { storageBuffers: 8 }]
    const [anchor] = formAttention(formRows(equations, results, facts), results, facts, () => true)
    const problem = { anchor: defined(anchor, 'one'), computed: new Set(form.through === 'copies' ? [] : inputs) }
    const [kernel] = builtByDefault(template, problem)
    const lowered = runPipeline(kernel!, cudaPipeline(cudaTarget))

    const count = ({ shape: extents }: Buffer): number => Number(elementCount(extents))
    const elements = new Map(
      inputs.map((input, seed) => {
        const own = allocate(input.dtype, count(input))
        const values = Float64Array.from(own, (_, i) => {
          const of = Math.sin(i * 1.7 + seed) * 3
          // Of the mask: some keys, and all keys of the first query.
          return seed === 3 && (of > 1 || i < form.keys) ? Number.NEGATIVE_INFINITY : of
        })
        narrowInto(input.dtype, values, own)
        return [input, own]
      }),
    )
    const numbers = new Map([...elements].map(([input, own]) => [input, Float32Array.from(widen(input.dtype, own))]))
    const expected = evaluate({ equations }, numbers).get(output)!
    const contents = kernel!.params.map((param) => elements.get(param) ?? allocate(dtype, count(param)))
    const after = await runPrinted(launch, emitCuda(lowered), { params: lowered.params, contents, sizes: {} })
    const result = defined(after[kernel!.params.indexOf(output)], 'a result')
    const largest = Math.max(...widen(dtype, result).map((value, i) => Math.abs(value - expected[i]!)))
    expect(largest).toBeLessThan(tolerance)
    expect(Math.max(...expected)).toBeGreaterThan(0.5)
  })
})
