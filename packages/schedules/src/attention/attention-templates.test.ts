import { cuda, cudaTarget } from '@tilewright/backend-cuda'
import { formAttention, formRows } from '@tilewright/fusion'
import {
  type Attention,
  type Buffer,
  buffer,
  type Candidate,
  defined,
  evaluateSize,
  invariant,
  isRejection,
  type Kernel,
  load,
  loadsOf,
  mul,
  type Problem,
  type ScheduleTemplate,
  type SizeExpr,
  size,
  type Target,
} from '@tilewright/ir'
import { loweringPasses, runPipeline } from '@tilewright/passes'
import { allocate, narrowInto, type TypedArray, widen } from '@tilewright/simulator'
import {
  type AttentionShape,
  attentionEquations,
  byDefinition,
  propertyRuns,
  runScheduled,
  testTarget,
} from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attentionInThread } from './in-thread.js'
import { attentionMatrixUnits } from './matrix-units.js'
import { attentionSharedKeys } from './shared-keys.js'
import { type AttentionTiled, attentionTiled } from './tiled.js'

const oneThread: Target = { ...testTarget, limits: { ...testTarget.limits, threads: 1 } }

interface Form extends Omit<AttentionShape, 'dtype' | 'queries' | 'keys' | 'depth'> {
  readonly dtype: keyof typeof roundings
  readonly queries: number
  readonly keys: number
  readonly depth: number
  readonly batch: number
  readonly groups: number
  readonly columns: number
  readonly symbolic: boolean
  /** Which of queries, keys and values have a prologue. */
  readonly computed: readonly boolean[]
}

const extent = fc.oneof(fc.constantFrom(1, 8, 16, 24, 32), fc.integer({ min: 1, max: 20 }))
const forms: fc.Arbitrary<Form> = fc.record({
  dtype: fc.constantFrom('f16', 'bf16', 'f32'),
  batch: fc.integer({ min: 1, max: 2 }),
  groups: fc.integer({ min: 1, max: 2 }),
  queries: fc.constantFrom(1, 3, 16, 17, 33),
  keys: fc.oneof(fc.constantFrom(0, 16, 32, 40, 64), fc.integer({ min: 2, max: 50 })),
  depth: extent,
  columns: extent,
  keysByDepth: fc.boolean(),
  mask: fc.constantFrom('none', 'causal', 'past', 'added', 'guarded'),
  symbolic: fc.boolean(),
  computed: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
})

/** The attention that fusion makes of a form, and operands for it. */
function problemOf(form: Form) {
  const name = (hint: string, value: number): SizeExpr => (form.symbolic ? size(hint, { min: 0 }) : value)
  const shape = { ...form, queries: name('queries', form.queries), keys: name('keys', form.keys) }
  const { inputs, query, key, value, output, equations } = attentionEquations(shape)
  const results = new Set([output])
  const facts = { storageBuffers: 8 }
  const formed = formAttention(formRows(equations, results, facts), results, facts, () => true)
  const [anchor] = formed
  invariant(formed.length === 1 && anchor?.kind === 'attention', 'one attention is formed')
  const computed = new Set<Buffer>([query, key, value].filter((_, i) => form.computed[i]))
  const problem: Problem = { anchor, computed }
  const sizes = { queries: form.queries, keys: form.keys }
  const count = ({ shape: extents }: Buffer): number =>
    extents.reduce<number>((total, one) => total * evaluateSize(one, sizes), 1)
  const contents = inputs.map((input, seed): [Buffer, TypedArray] => {
    const numbers = Array.from({ length: count(input) }, (_, i) => Math.sin(i * 1.7 + seed) * 2)
    // Some rows, and whole ones, without any key.
    const bias = numbers.map((of, i) => (of > 1 || i < form.keys ? Number.NEGATIVE_INFINITY : of))
    const own = seed === 3 ? bias : numbers
    const elements = allocate(input.dtype, own.length)
    narrowInto(input.dtype, Float64Array.from(own), elements)
    return [input, elements]
  })
  return { problem, anchor, inputs: new Map(contents), sizes }
}

/** What results may differ by that are rounded once; values are up to 2. */
const roundings = { f32: 1e-5, f16: 2e-3, bf16: 1e-2 } as const

const numbersOf = ({ output }: Attention, [result]: readonly TypedArray[]): readonly number[] => [
  ...widen(output.dtype, defined(result, 'one result')),
]

/** Of the first, where the second differs by more than `tolerance`, or is a number where it is not. */
function differences(actual: readonly number[], expected: readonly number[], tolerance: number): readonly unknown[] {
  return expected.flatMap((value, i) => {
    const got = actual[i] ?? Number.POSITIVE_INFINITY
    const agrees = Number.isNaN(value) ? Number.isNaN(got) : Math.abs(got - value) <= tolerance
    return agrees ? [] : [{ i, got, value }]
  })
}

function expectDefinition<C extends Candidate>(
  template: ScheduleTemplate<C>,
  candidate: C,
  form: Form,
  target: Target,
  lower: (kernel: Kernel) => Kernel,
  tolerance: number,
): void {
  const { problem, anchor, inputs, sizes } = problemOf(form)
  fc.pre(template.matches(anchor) && template.check(candidate, problem, target) === undefined)
  const scheduled = template.build(candidate, problem, target)
  const expected = numbersOf(anchor, byDefinition(anchor, inputs, sizes))
  const actual = numbersOf(anchor, runScheduled({ anchor, scheduled, inputs, sizes, lower }))
  expect(actual).toHaveLength(expected.length)
  expect(differences(actual, expected, tolerance)).toEqual([])
}

describe('attention/in-thread', () => {
  const candidates = fc.record({ threads: fc.constantFrom(1, 4, 8), step: fc.constantFrom(1, 2, 8) })

  test('is the definition, for every form, as built and lowered', () => {
    fc.assert(
      fc.property(candidates, forms, fc.boolean(), (candidate, form, lowered) => {
        const lower = (kernel: Kernel): Kernel => (lowered ? runPipeline(kernel, loweringPasses(testTarget)) : kernel)
        expectDefinition(attentionInThread, candidate, form, testTarget, lower, roundings[form.dtype])
      }),
      { numRuns: Math.ceil(propertyRuns() / 20) },
    )
  })

  test('is for targets whose workgroups are threads, and takes all of whose values have few columns', () => {
    const level0 = (form: Partial<Form>, target: Target) =>
      attentionInThread.level0(problemOf({ ...plain, ...form }).problem, target)
    expect(level0({}, oneThread)).toEqual({ threads: 1, step: 8 })
    expect(level0({}, testTarget)).toEqual({
      reason: 'threads that share what they read are faster as products of matrices',
    })
    expect(level0({ queries: 15 }, oneThread)).toEqual({
      reason: 'fewer than 16 queries leave most of a device waiting',
    })
    expect(level0({ columns: 160 }, oneThread)).toEqual({ reason: '176 registers a thread; 160 are safe' })
  })
})

const plain: Form = {
  ...{ dtype: 'f16', batch: 1, groups: 1, queries: 64, keys: 64, depth: 64, columns: 64 },
  ...{ keysByDepth: true, mask: 'none', symbolic: false, computed: [false, false, false] },
}

const targets = fc.constantFrom(testTarget, cudaTarget)

describe('attention/tiled', () => {
  const { space } = attentionTiled
  const candidates = fc.record({
    threadsM: fc.constantFrom(...space.threadsM),
    threadsN: fc.constantFrom(...space.threadsN),
    ownM: fc.constantFrom(...space.ownM),
    ownKeys: fc.constantFrom(...space.ownKeys),
    step: fc.constantFrom(...space.step),
    keep: fc.boolean(),
  })

  test('is the definition, for every form, by shuffles or through workgroup memory', () => {
    fc.assert(
      fc.property(candidates, forms, targets, fc.boolean(), (candidate, form, target, lowered) => {
        const passes = target === cudaTarget ? cuda().pipeline(target) : loweringPasses(target)
        const lower = (kernel: Kernel): Kernel => (lowered ? runPipeline(kernel, passes) : kernel)
        expectDefinition(attentionTiled, candidate, form, target, lower, roundings[form.dtype])
      }),
      { numRuns: Math.ceil(propertyRuns() / 40) },
    )
  })

  test('has a legal candidate whatever is computed, up to heads of 128', () => {
    const heads = fc.integer({ min: 1, max: 128 })
    fc.assert(
      fc.property(forms, heads, heads, targets, (form, depth, columns, target) => {
        const { problem } = problemOf({ ...form, depth, columns })
        const candidate = attentionTiled.level0(problem, target)
        expect(isRejection(candidate) ? candidate.reason : attentionTiled.check(candidate, problem, target)).toBe(
          undefined,
        )
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('takes tiles of as many queries as there are, as memory, registers and processors allow', () => {
    const level0 = (form: Partial<Form>, target: Target) =>
      attentionTiled.level0(problemOf({ ...plain, dtype: 'f32', groups: 12, queries: 1024, ...form }).problem, target)
    const large = { ...testTarget, limits: { ...testTarget.limits, workgroupBytes: 32768 } }
    const widest = { threadsM: 8, threadsN: 16, ownM: 8, ownKeys: 4, step: 16 }
    expect(level0({}, cudaTarget)).toEqual({ ...widest, keep: true })
    expect(level0({}, large)).toEqual({ ...widest, keep: false })
    expect(level0({ columns: 128 }, large)).toEqual({ ...widest, threadsM: 16, ownM: 4, keep: false })
    expect(level0({}, testTarget)).toEqual({ ...widest, threadsN: 8, ownM: 4, step: 8, keep: false })
    expect(level0({ groups: 1, queries: 16 }, cudaTarget)).toEqual({ ...widest, threadsM: 4, ownM: 4, keep: true })
    expect(level0({ columns: 256 }, testTarget)).toEqual({
      reason: '18432 B of workgroup memory; the target allows 16384',
    })
    expect(level0({}, { ...testTarget, fastWorkgroupMemory: false })).toEqual({
      reason: 'workgroup memory is no faster than other memory here',
    })
  })

  test('rejects numbers that do not divide each other, and what takes too much of a target', () => {
    const small = { threadsM: 4, threadsN: 8, ownM: 4, ownKeys: 4, step: 8, keep: false }
    const rejection = (candidate: Partial<AttentionTiled>, target = testTarget) =>
      attentionTiled.check({ ...small, ...candidate }, problemOf(plain).problem, target)?.reason
    expect(rejection({})).toBe(undefined)
    expect(rejection({ threadsN: 16 })).toBe('16 threads do not divide 8 keys')
    expect(rejection({ ownKeys: 1, step: 16 })).toBe('steps of 16 do not divide 8 keys')
    expect(rejection({ threadsM: 8 }, oneThread)).toBe('64 threads; the target allows 1')
    expect(rejection({ threadsM: 16, keep: true })).toBe('35072 B of workgroup memory; the target allows 16384')
    expect(rejection({ ownM: 8, ownKeys: 8 })).toBe('216 registers a thread; 160 are safe')
  })
})

describe('attention/shared-keys', () => {
  const { space } = attentionSharedKeys
  const candidates = fc.record({
    threads: fc.constantFrom(...space.threads),
    threadsN: fc.constantFrom(...space.threadsN),
    queries: fc.constantFrom(...space.queries),
  })

  test('is the definition, for every form, by shuffles or through workgroup memory', () => {
    fc.assert(
      fc.property(candidates, forms, targets, fc.boolean(), (candidate, form, target, lowered) => {
        const passes = target === cudaTarget ? cuda().pipeline(target) : loweringPasses(target)
        const lower = (kernel: Kernel): Kernel => (lowered ? runPipeline(kernel, passes) : kernel)
        expectDefinition(attentionSharedKeys, candidate, form, target, lower, roundings[form.dtype])
      }),
      { numRuns: Math.ceil(propertyRuns() / 40) },
    )
  })

  test('takes few queries, with as many threads as memory allows', () => {
    const level0 = (form: Partial<Form>, target: Target) =>
      attentionSharedKeys.level0(problemOf({ ...plain, queries: 1, groups: 1, ...form }).problem, target)
    expect(level0({}, cudaTarget)).toEqual({ threads: 256, threadsN: 16, queries: 1 })
    expect(level0({ queries: 3 }, testTarget)).toEqual({ threads: 128, threadsN: 16, queries: 4 })
    expect(level0({ queries: 5 }, testTarget)).toEqual({ reason: 'up to 5 queries are multiplied faster in tiles' })
    expect(level0({ columns: 1024 }, testTarget)).toEqual({
      reason: '17152 B of workgroup memory; the target allows 16384',
    })
    expect(level0({}, { ...testTarget, fastWorkgroupMemory: false })).toEqual({
      reason: 'workgroup memory is no faster than other memory here',
    })
  })

  test('is worth a variant where a run decides how many queries there are', () => {
    const refined = (form: Partial<Form>) =>
      attentionTiled.refinements(problemOf({ ...plain, ...form }).anchor).map(({ param, facts }) => [param.name, facts])
    expect(refined({ symbolic: true })).toEqual([['queries', { max: 4 }]])
    expect(refined({ symbolic: true, groups: 2 })).toEqual([['queries', { max: 2 }]])
    expect(refined({ symbolic: true, groups: 5 })).toEqual([])
    expect(refined({})).toEqual([])
  })
})

describe('attention/matrix-units', () => {
  const candidates = fc.record({
    subgroups: fc.constantFrom(1, 2),
    tileKeys: fc.constantFrom(16, 32),
    stages: fc.constantFrom(2, 3),
  })

  test('is the definition, for every form, as built and lowered', () => {
    fc.assert(
      fc.property(candidates, forms, fc.boolean(), (candidate, form, lowered) => {
        const lower = (kernel: Kernel): Kernel => (lowered ? runPipeline(kernel, cuda().pipeline(cudaTarget)) : kernel)
        const dtype = form.dtype === 'f32' ? 'f16' : form.dtype
        // Weights are rounded too.
        expectDefinition(attentionMatrixUnits, candidate, { ...form, dtype }, cudaTarget, lower, 2 * roundings[dtype])
      }),
      { numRuns: Math.ceil(propertyRuns() / 20) },
    )
  })

  test('without keys, nothing is left of the products', () => {
    const lower = (kernel: Kernel): Kernel => runPipeline(kernel, cuda().pipeline(cudaTarget))
    const candidate = { subgroups: 1, tileKeys: 16, stages: 2 }
    const form: Form = { ...plain, queries: 16, keys: 0, depth: 16, columns: 16 }
    expectDefinition(attentionMatrixUnits, candidate, form, cudaTarget, lower, 0)
  })

  test('has a legal candidate whatever is computed, up to heads of 128', () => {
    fc.assert(
      fc.property(forms, fc.integer({ min: 1, max: 128 }), fc.integer({ min: 1, max: 128 }), (form, depth, columns) => {
        const { problem } = problemOf({ ...form, dtype: 'f16', depth, columns })
        const candidate = attentionMatrixUnits.level0(problem, cudaTarget)
        expect(isRejection(candidate) ? candidate.reason : undefined).toBeUndefined()
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('takes halves alone, on targets that multiply them', () => {
    const of = (form: Partial<Form>): Attention => problemOf({ ...plain, ...form }).anchor
    expect(attentionMatrixUnits.matches(of({}))).toBe(true)
    expect(attentionMatrixUnits.matches(of({ dtype: 'bf16' }))).toBe(true)
    expect(attentionMatrixUnits.matches(of({ dtype: 'f32' }))).toBe(false)
    const shared = of({})
    const other = load(buffer('other', 'bf16', [1, 64, 64], 'storage'), loadsOf(of({}).value)[0]!.index)
    expect(attentionMatrixUnits.matches({ ...of({}), value: other })).toBe(false)
    const own = buffer('own', 'f16', [64, 64, 64], 'storage')
    const [query, [, , i], [d]] = [loadsOf(shared.product)[0]!, shared.axes, shared.depth]
    const product = mul(query, load(own, [i!, shared.key.var, d!.var]))
    expect(attentionMatrixUnits.matches({ ...shared, product })).toBe(false)
    expect(attentionTiled.matches({ ...shared, product })).toBe(false)
    expect(attentionTiled.matches(shared)).toBe(true)
    expect(attentionMatrixUnits.level0({ anchor: of({}), computed: new Set() }, testTarget)).toEqual({
      reason: 'the target multiplies no matrices of f16',
    })
    expect(attentionMatrixUnits.level0({ anchor: of({ dtype: 'bf16' }), computed: new Set() }, testTarget)).toEqual({
      reason: 'the target multiplies no matrices of bf16',
    })
  })

  test.each([
    { name: 'attention-64', form: plain },
    {
      name: 'attention-causal-80',
      form: { ...plain, depth: 80, columns: 80, queries: 100, keys: 100, mask: 'causal' },
    },
  ] as const)('$name is this CUDA C++', async ({ name, form }) => {
    const { problem } = problemOf(form)
    const candidate = attentionMatrixUnits.level0(problem, cudaTarget)
    invariant(!isRejection(candidate), 'heads of f16 have a candidate')
    for (const kernel of attentionMatrixUnits.build(candidate, problem, cudaTarget).kernels) {
      const { source } = cuda().emit(runPipeline(kernel, cuda().pipeline(cudaTarget))).pipeline
      await expect(source).toMatchFileSnapshot(`../../../backend-cuda/goldens/${name}.cu`)
    }
  })
})
