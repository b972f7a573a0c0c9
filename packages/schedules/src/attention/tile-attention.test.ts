import { cuda, cudaTarget, hopperTarget as target } from '@tilewright/backend-cuda'
import { formAttention, formRows } from '@tilewright/fusion'
import {
  type Attention,
  type Buffer,
  buffer,
  defined,
  evaluateSize,
  type HalfDType,
  invariant,
  isRejection,
  type Kernel,
  load,
  type Problem,
  type ScheduleTemplate,
  type SizeExpr,
  size,
  type Target,
  walkStmts,
} from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { allocate, narrowInto, type TypedArray, widen } from '@tilewright/simulator'
import { type AttentionShape, attentionEquations, byDefinition, propertyRuns, runScheduled } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { templateOf } from '../resolve.js'
import { type AttentionTiles, attentionAsyncMultiply } from './async-multiply.js'
import { attentionOperands } from './attention-axes.js'
import { attentionMatrixUnits } from './matrix-units.js'
import { attentionProducerConsumer } from './producer-consumer.js'

interface Form {
  readonly dtype: HalfDType
  readonly batch: number
  readonly groups: number
  readonly queries: number
  readonly keys: number
  readonly depth: number
  readonly columns: number
  readonly keysByDepth: boolean
  readonly valuesByKey: boolean
  readonly mask: AttentionShape['mask']
  readonly symbolic: boolean
  /** Which of queries, keys and values have a prologue. */
  readonly computed: readonly [boolean, boolean, boolean]
}

const plain: Form = {
  dtype: 'f16',
  ...{ batch: 1, groups: 1, queries: 64, keys: 64, depth: 16, columns: 64, keysByDepth: true, valuesByKey: false },
  ...{ mask: 'none', symbolic: false, computed: [false, false, false] },
}
const byKey = { keys: 96, depth: 24, keysByDepth: false, valuesByKey: true, mask: 'guarded' } as const
/** As few threads, registers and bytes as there can be. */
const small: AttentionTiles = { groups: 1, tileKeys: 64, stages: 2 }

function problemOf(form: Form) {
  const name = (hint: string, extent: number, min: number): SizeExpr => (form.symbolic ? size(hint, { min }) : extent)
  const [queries, keys] = [name('queries', form.queries, 16), name('keys', form.keys, 0)]
  const shape = { ...form, queries, keys }
  const { inputs, query, key, value, output, equations } = attentionEquations(shape)
  const [results, facts] = [new Set([output]), { storageBuffers: 8 }]
  const [formed] = formAttention(formRows(equations, results, facts), results, facts, () => true)
  invariant(formed?.kind === 'attention', 'one attention is formed')
  const [anchor, values] = form.valuesByKey ? withValuesByKey(formed, value) : [formed, value]
  const computed = new Set<Buffer>([query, key, values].filter((_, i) => form.computed[i]))
  const problem: Problem = { anchor, computed }
  const sizes = { queries: form.queries, keys: form.keys }
  const contents = (): ReadonlyMap<Buffer, TypedArray> =>
    new Map(inputs.map((input, seed) => [input === value ? values : input, contentsOf(input, seed, form)]))
  return { problem, anchor, contents, sizes }
}

/** Of operand `seed`: the mask is minus infinity for some keys, and for all keys of the first query. */
function contentsOf({ dtype, shape }: Buffer, seed: number, form: Form): TypedArray {
  const { queries, keys } = form
  const count = shape.reduce<number>((product, extent) => product * evaluateSize(extent, { queries, keys }), 1)
  const numbers = Array.from({ length: count }, (_, i) => {
    const of = Math.sin(i * 1.7 + seed) * 2
    return seed === 3 && (of > 1 || i < keys) ? Number.NEGATIVE_INFINITY : of
  })
  const elements = allocate(dtype, count)
  narrowInto(dtype, Float64Array.from(numbers), elements)
  return elements
}

/** The anchor with values that lie along the keys. */
function withValuesByKey(anchor: Attention, { dtype, shape: [batch, keys, columns] }: Buffer): [Attention, Buffer] {
  invariant(anchor.value.kind === 'load', 'values are memory')
  const [b, j, e] = anchor.value.index
  const values = buffer('v', dtype, [defined(batch, 'b'), defined(columns, 'e'), defined(keys, 'j')], 'storage')
  return [{ ...anchor, value: load(values, [defined(b, 'b'), defined(e, 'e'), defined(j, 'j')]) }, values]
}

const lower = (kernel: Kernel): Kernel => runPipeline(kernel, cuda().pipeline(target))

type Template = ScheduleTemplate<AttentionTiles>

/** Weights and results are rounded; values are up to 2. */
const tolerances = { f16: 4e-3, bf16: 2e-2 } as const

function expectDefinition(template: Template, candidate: AttentionTiles, form: Form, lowered: boolean): void {
  const { problem, anchor, contents, sizes } = problemOf(form)
  const inputs = contents()
  const scheduled = template.build(candidate, problem, target)
  const numbers = ([result]: readonly TypedArray[]): readonly number[] => [
    ...widen(form.dtype, defined(result, 'one result')),
  ]
  const expected = numbers(byDefinition(anchor, inputs, sizes))
  const actual = numbers(runScheduled({ anchor, scheduled, inputs, sizes, ...(lowered ? { lower } : {}) }))
  expect(actual).toHaveLength(expected.length)
  const wrong = expected.flatMap((value, i) => {
    const got = defined(actual[i], 'as many')
    const agrees = Number.isNaN(value) ? Number.isNaN(got) : Math.abs(got - value) <= tolerances[form.dtype]
    return agrees ? [] : [{ i, got, value }]
  })
  expect(wrong).toEqual([])
}

const forms: fc.Arbitrary<Form> = fc.record({
  dtype: fc.constantFrom('f16', 'bf16'),
  batch: fc.constantFrom(1, 1, 2),
  groups: fc.constant(1),
  queries: fc.integer({ min: 16, max: 70 }),
  keys: fc.oneof(fc.constantFrom(64, 128), fc.integer({ min: 2, max: 140 })),
  depth: fc.constantFrom(8, 16, 19, 24),
  columns: fc.constantFrom(8, 20, 33, 64),
  keysByDepth: fc.boolean(),
  valuesByKey: fc.boolean(),
  mask: fc.constantFrom('none', 'causal', 'past', 'added', 'guarded'),
  symbolic: fc.boolean(),
  computed: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
})
/** Those of which boxes can be copied. */
const boxedForms: fc.Arbitrary<Form> = fc
  .tuple(forms, fc.integer({ min: 1, max: 17 }), fc.constantFrom(8, 16, 24), fc.constantFrom(8, 24, 64))
  .map(([form, eights, depth, columns]) => ({
    ...{ ...form, depth, columns, computed: [form.computed[0], false, false] as const },
    // Only a size that is known is known to be a multiple of eight.
    ...(form.keysByDepth && !form.valuesByKey ? {} : { symbolic: false, keys: 8 * eights }),
  }))
const candidates: fc.Arbitrary<AttentionTiles> = fc.record({
  groups: fc.constantFrom(1, 1, 2, 3),
  tileKeys: fc.constantFrom(64, 64, 128),
  stages: fc.constantFrom(2, 3, 4),
})

describe.each([
  [attentionAsyncMultiply.name, attentionAsyncMultiply, forms],
  [attentionProducerConsumer.name, attentionProducerConsumer, boxedForms],
] as const)('%s', (_, template, own) => {
  test('is the definition, for every form and candidate, as built and lowered', { timeout: 600_000 }, () => {
    fc.assert(
      fc.property(candidates, own, fc.boolean(), (candidate, form, lowered) => {
        fc.pre(template.check(candidate, problemOf(form).problem, target) === undefined)
        expectDefinition(template, candidate, form, lowered)
      }),
      { numRuns: Math.ceil(propertyRuns() / 250) },
    )
  })

  test.each([
    ['of steps whose stages turn around, causal', { keys: 200, mask: 'causal' }],
    ['of keys by their depth and values by their key, with a mask', byKey],
    ['of bf16', { dtype: 'bf16', queries: 70, keys: 100, mask: 'past' }],
    ['of queries that see no key, in a block of their own and beside others', { queries: 130, keys: 66, mask: 'past' }],
  ] as const)('is the definition %s', (__, form) => expectDefinition(template, small, { ...plain, ...form }, true))

  test('without keys, nothing is left of the products', () => {
    const { problem, anchor, sizes } = problemOf({ ...plain, queries: 16, symbolic: true })
    const scheduled = template.build(small, problem, target)
    const inputs = new Map(attentionOperands(anchor).map((one, i) => [one, new Uint16Array(i === 0 ? 16 * 16 : 0)]))
    const run = { anchor, scheduled, inputs, sizes: { ...sizes, keys: 0 }, lower }
    expect([...widen('f16', runScheduled(run)[0]!)]).toEqual(Array(16 * 64).fill(Number.NaN))
  })
})

describe('attention/producer-consumer', () => {
  const level0 = (form: Partial<Form>) =>
    attentionProducerConsumer.level0(problemOf({ ...plain, ...form }).problem, target)

  test('at level 0 takes tiles that leave no processor idle, and no more registers than three groups have', () => {
    const many = { batch: 4, groups: 16, queries: 1024, keys: 1024 }
    expect(level0({ ...many, depth: 64 })).toEqual({ groups: 2, tileKeys: 64, stages: 3 })
    expect(level0({ ...many, depth: 128, columns: 128 })).toEqual({ groups: 2, tileKeys: 64, stages: 3 })
    expect(level0({ queries: 1024, keys: 1024 })).toEqual({ groups: 1, tileKeys: 128, stages: 3 })
    const { problem } = problemOf({ ...plain, ...many, columns: 128 })
    expect(attentionProducerConsumer.check({ groups: 2, tileKeys: 128, stages: 2 }, problem, target)).toEqual({
      reason: '216 registers a thread; 170 are safe',
    })
  })

  test('refuses what boxes cannot be copied of: what is computed, and rows that do not lie at 16 bytes', () => {
    expect(level0({ computed: [true, false, false] })).toEqual({ groups: 1, tileKeys: 64, stages: 3 })
    expect(level0({ computed: [false, true, false] })).toEqual({
      reason: 'keys are no tensor of which boxes can be copied',
    })
    expect(level0({ depth: 20 })).toEqual({ reason: 'keys are no tensor of which boxes can be copied' })
    expect(level0({ columns: 20 })).toEqual({ reason: 'values are no tensor of which boxes can be copied' })
  })
})

describe('attention/async-multiply', () => {
  test('is the definition with a mask, all through registers', () =>
    expectDefinition(
      attentionAsyncMultiply,
      small,
      { ...plain, keys: 80, mask: 'guarded', computed: [true, true, true] },
      true,
    ))

  const waitsOf = (form: Partial<Form>): readonly number[] => {
    const waits: number[] = []
    const [kernel] = attentionAsyncMultiply.build(small, problemOf({ ...plain, ...form }).problem, target).kernels
    walkStmts(defined(kernel, 'one kernel').body, (stmt) => {
      if (stmt.kind === 'async-multiply-wait') waits.push(stmt.pending)
    })
    return waits
  }

  test('makes weights while those before are multiplied, but not where a score or what is brought may have threads part', () => {
    expect(waitsOf({ mask: 'causal' })).toEqual([0, 1, 0, 0])
    expect(waitsOf({ mask: 'added' })).toEqual([0, 0, 0])
    expect(waitsOf({ computed: [true, false, false] })).toEqual([0, 1, 0, 0])
    expect(waitsOf({ computed: [false, true, false] })).toEqual([0, 0, 0])
  })

  const level0 = (form: Partial<Form>, on: Target = target) =>
    attentionAsyncMultiply.level0(problemOf({ ...plain, ...form }).problem, on)

  test('at level 0 takes tiles that fit and leave no processor idle', () => {
    const many = { batch: 4, groups: 16, queries: 1024, keys: 1024 }
    expect(level0({ ...many, depth: 64 })).toEqual({ groups: 2, tileKeys: 128, stages: 2 })
    expect(level0({ ...many, depth: 128, columns: 128 })).toEqual({ groups: 2, tileKeys: 128, stages: 2 })
    expect(level0({ ...many, depth: 128, columns: 128, symbolic: true })).toMatchObject({ groups: 2, tileKeys: 128 })
    expect(level0({ ...many, keys: 64 })).toMatchObject({ groups: 2, tileKeys: 64 })
    expect(level0({ queries: 1024, keys: 1024 })).toMatchObject({ groups: 1, tileKeys: 128 })
    const throughRegisters = { depth: 64, computed: [false, true, true] } as const
    expect(level0({ ...many, ...throughRegisters })).toMatchObject({ groups: 2, tileKeys: 64 })
  })

  test('is taken before matrix units, where queries fill its tiles and the target has instructions for them', () => {
    const taken = (form: Partial<Form>, on: Target): string | undefined =>
      templateOf(problemOf({ ...plain, ...form }).problem, on)?.name
    expect(taken({}, target)).toBe('attention/producer-consumer')
    expect(taken({ computed: [false, true, false] }, target)).toBe('attention/async-multiply')
    expect(taken({ queries: 63 }, target)).toBe('attention/matrix-units')
    expect(taken({}, cudaTarget)).toBe('attention/matrix-units')
    expect(level0({ queries: 63 })).toEqual({ reason: '63 queries do not fill a tile' })
    expect(level0({}, cudaTarget)).toEqual({ reason: 'the target multiplies no tiles of 64 columns of f16 on its own' })
    // What is attention at all is the same for few queries and many.
    const wide = { depth: 256, columns: 256 }
    expect(isRejection(level0(wide))).toBe(true)
    expect(isRejection(attentionMatrixUnits.level0(problemOf({ ...plain, ...wide }).problem, target))).toBe(true)
  })

  test('refuses what takes too many registers of a thread, or bytes of a workgroup', () => {
    const refused = (candidate: AttentionTiles, form: Partial<Form>) =>
      attentionAsyncMultiply.check(candidate, problemOf({ ...plain, ...form }).problem, target)
    const wide = { depth: 128, columns: 128 }
    expect(refused({ groups: 2, tileKeys: 128, stages: 2 }, wide)).toBeUndefined()
    expect(refused({ groups: 3, tileKeys: 64, stages: 2 }, wide)).toBeUndefined()
    expect(refused({ groups: 3, tileKeys: 128, stages: 2 }, wide)).toEqual({
      reason: '216 registers a thread; 170 are safe',
    })
    expect(refused({ groups: 2, tileKeys: 128, stages: 4 }, wide)).toEqual({
      reason: '294912 B of workgroup memory; the target allows 232448',
    })
  })
})
