// Folds whose threads combine by shuffles, and what each form costs in barriers.
import {
  assertValid,
  type Buffer,
  binary,
  buffer,
  constant,
  defined,
  elementCount,
  int,
  type Kernel,
  load,
  type Reduce,
  type Rows,
  reduce,
  rewriteStmts,
  type ScheduledKernels,
  type SizeExpr,
  select,
  seq,
  size,
  type Target,
} from '@tilewright/ir'
import { loweringPasses, runPipeline } from '@tilewright/passes'
import { allocate, runKernel, type TypedArray } from '@tilewright/simulator'
import {
  byDefinition,
  layerNormRows,
  propertyRuns,
  type RowEquation,
  rowSums,
  runScheduled,
  softmaxRows,
  testTarget,
  thrownBy,
} from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reduceCooperative } from '../reduce/cooperative.js'
import { rowsCooperative } from './cooperative.js'

type Shape = readonly [SizeExpr, SizeExpr]

/** The largest of each row and its first place: ties are broken by the place, so that the order does not matter. */
function largestOfRows([count, length]: Shape): RowEquation<Reduce> {
  const x = buffer('x', 'f32', [count, length], 'storage')
  const anchor = reduce({
    outputs: [buffer('largest', 'f32', [count], 'storage'), buffer('place', 'i32', [count], 'storage')],
    domain: [{ hint: 'k', extent: length }],
    identity: [constant('f32', Number.NEGATIVE_INFINITY), int(2 ** 31 - 1)],
    value: ([i], [k]) => [load(x, [i!, k!]), k!],
    combine: ([a, p], [b, q]) => {
      const isLeft = binary('or', binary('lt', b!, a!), binary('and', binary('eq', a!, b!), binary('lt', p!, q!)))
      return [select(isLeft, a!, b!), select(isLeft, p!, q!)]
    },
    commutative: true,
  })
  return { anchor, reads: [x] }
}

const equations: Readonly<Record<string, (shape: Shape) => RowEquation<Rows | Reduce>>> = {
  softmax: (shape) => softmaxRows(shape, [1]),
  'softmax of all': (shape) => softmaxRows(shape, [0, 1]),
  'layer normalisation': (shape) => layerNormRows(shape, [1]),
  sums: rowSums,
  largest: largestOfRows,
}

interface Form {
  readonly subgroupSize: number | undefined
  readonly threads: number
}

const targetOf = ({ subgroupSize }: Form): Target => ({ ...testTarget, subgroupSize })

function build(anchor: Rows | Reduce, form: Form, lanes = 1, keep = false): ScheduledKernels {
  const [problem, { threads }, target] = [{ anchor, computed: new Set<never>() }, form, targetOf(form)]
  return anchor.kind === 'rows'
    ? rowsCooperative.build({ threads, lanes, keep }, problem, target)
    : reduceCooperative.build({ threads, lanes }, problem, target)
}

/** Elements of the reads for a shape of numbers. */
function inputsOf(reads: readonly Buffer[], [rows, length]: readonly [number, number]): Map<Buffer, TypedArray> {
  const counts = reads.map(({ shape }) => (shape.length === 1 ? length : rows * length))
  return new Map(
    reads.map((read, r) => [
      read,
      Float32Array.from({ length: counts[r] ?? 0 }, (_, i) => (((i * 7 + r * i * i) % 9) - 4) / 2),
    ]),
  )
}

const nearly = (arrays: readonly TypedArray[]): unknown =>
  arrays.map((array) => Array.from(array, (value) => expect.closeTo(value, 4)))
const plain = (arrays: readonly TypedArray[]): unknown => arrays.map((array) => [...array])

test.each(Object.entries(equations))('%s is its definition, at every size', { timeout: 120_000 }, (_, equation) => {
  const cases = fc.record({
    form: fc.constantFrom<Form>(
      ...[4, 8, 16].map((threads) => ({ subgroupSize: 4, threads })),
      ...[32, 64].map((threads) => ({ subgroupSize: 32, threads })),
    ),
    shape: fc.tuple(fc.constantFrom(0, 1, 3), fc.constantFrom(0, 1, 2, 4, 13, 32, 70)),
    symbolic: fc.boolean(),
    lanes: fc.constantFrom(1, 4),
    keep: fc.boolean(),
  })
  fc.assert(
    fc.property(cases, ({ form, shape, symbolic, lanes, keep }) => {
      const [rows, length] = shape
      const extents: Shape = symbolic ? [size('a'), size('b', { multipleOf: length % 4 === 0 ? 4 : 1 })] : shape
      const { anchor, reads } = equation(extents)
      const inputs = inputsOf(reads, shape)
      const sizes = { a: rows, b: length }
      const scheduled = build(anchor, form, lanes, keep && !symbolic)
      for (const kernel of scheduled.kernels) assertValid(kernel, { target: targetOf(form) })
      const expected = nearly(byDefinition(anchor, inputs, sizes))
      const lower = (kernel: Kernel): Kernel => runPipeline(kernel, loweringPasses(testTarget))
      expect(plain(runScheduled({ anchor, scheduled, inputs, sizes }))).toEqual(expected)
      expect(plain(runScheduled({ anchor, scheduled, inputs, sizes, lower }))).toEqual(expected)
    }),
    { numRuns: Math.ceil(propertyRuns() / 2) },
  )
})

describe('a fold', () => {
  /** Barriers and shuffles that each thread executes for one row. */
  function costs(scheduled: ScheduledKernels, inputs: ReadonlyMap<Buffer, TypedArray>) {
    const kernel = defined(scheduled.kernels[0], 'one kernel')
    const memoryOf = ({ dtype, shape }: Buffer): TypedArray => allocate(dtype, Number(elementCount(shape)))
    const buffers = new Map(kernel.params.map((param) => [param, inputs.get(param) ?? memoryOf(param)]))
    const counts = defined(runKernel(kernel, { buffers, count: {} }).counts, 'a run that counts')
    return { barriers: counts.barrier / kernel.threads, shuffles: counts.shuffle / kernel.threads }
  }

  test.each([
    { subgroupSize: 4, threads: 4, barriers: 0, shuffles: 2 },
    { subgroupSize: 4, threads: 16, barriers: 1, shuffles: 2 },
    { subgroupSize: 32, threads: 32, barriers: 0, shuffles: 5 },
    { subgroupSize: 32, threads: 256, barriers: 1, shuffles: 5 },
    { subgroupSize: 32, threads: 16, barriers: 5, shuffles: 0 },
    { subgroupSize: undefined, threads: 256, barriers: 9, shuffles: 0 },
  ])(
    'of $threads threads in subgroups of $subgroupSize costs $barriers barriers',
    ({ barriers, shuffles, ...form }) => {
      const [sums, softmax] = [rowSums([1, 300]), softmaxRows([1, 300], [1])]
      const cost = ({ anchor, reads }: RowEquation<Rows | Reduce>) =>
        costs(build(anchor, form), inputsOf(reads, [1, 300]))
      expect(cost(sums)).toEqual({ barriers, shuffles })
      expect(cost(softmax)).toEqual({ barriers: 2 * barriers, shuffles: 2 * shuffles })
    },
  )

  test('needs the barrier between subgroups', () => {
    const { anchor, reads } = softmaxRows([1, 13], [1])
    const scheduled = build(anchor, { subgroupSize: 4, threads: 8 })
    for (const left of [0, 1]) {
      let seen = 0
      const kernels = scheduled.kernels.map((kernel) => ({
        ...kernel,
        body: rewriteStmts(kernel.body, (stmt) => (stmt.kind === 'barrier' && seen++ === left ? seq([]) : stmt)),
      }))
      const run = { anchor, scheduled: { ...scheduled, kernels }, inputs: inputsOf(reads, [1, 13]) }
      expect(thrownBy(() => runScheduled(run))).toMatchObject({ code: 'sim/uninitialised-read' })
      expect(seen).toBe(2)
    }
  })

  test('takes workgroup memory by subgroups, and none for one', () => {
    const limits = { ...testTarget.limits, workgroupBytes: 64 }
    const reason = (template: typeof rowsCooperative | typeof reduceCooperative, form: Form) => {
      const { anchor } = template === rowsCooperative ? softmaxRows([3, 300], [1]) : largestOfRows([3, 300])
      const target = { ...targetOf(form), limits }
      const problem = { anchor, computed: new Set<never>() }
      return template.check({ threads: form.threads, lanes: 1, keep: false }, problem, target)
    }
    for (const template of [rowsCooperative, reduceCooperative]) {
      expect(reason(template, { subgroupSize: 32, threads: 256 })).toBeUndefined()
      expect(reason(template, { subgroupSize: 4, threads: 4 })).toBeUndefined()
      expect(reason(template, { subgroupSize: 4, threads: 64 })).toEqual({
        reason: '128 B of workgroup memory; the target allows 64',
      })
    }
  })
})
