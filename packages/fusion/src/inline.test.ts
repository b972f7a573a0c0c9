import {
  add,
  type Buffer,
  binary,
  buffer,
  buildKernel,
  type Compute,
  compute,
  constant,
  type DType,
  definition,
  type Equation,
  int,
  type Kernel,
  load,
  loadVector,
  matmul,
  mod,
  mul,
  printKernel,
  reduce,
  type ScheduledKernels,
  scan,
  scatter,
  select,
  size,
  sizeValue,
  sort,
  store,
  sub,
  unary,
  variable,
} from '@tilewright/ir'
import { ruleBased } from '@tilewright/schedules'
import { evaluateDefinition, runKernel, type TypedArray } from '@tilewright/simulator'
import { testTarget } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { type FusionGroup, groupInputs, groupOutputs } from './group.js'
import { inlineGroup } from './inline.js'

const typed = (dtype: DType, hint: string, ...shape: Buffer['shape']): Buffer => buffer(hint, dtype, shape, 'storage')
const storage = (hint: string, ...shape: Buffer['shape']): Buffer => typed('f32', hint, ...shape)
const groupOf = (anchor: Equation, prologues: readonly Compute[], epilogues: readonly Compute[] = []): FusionGroup => ({
  anchor,
  prologues,
  epilogues,
  members: [anchor, ...epilogues],
})
const target = { ...testTarget, limits: { ...testTarget.limits, threads: 1 } }
const byRules = (group: FusionGroup): readonly Kernel[] => inlineGroup(group, ruleBased(group.anchor, target))

/** Results of the kernels on data, and of the group's equations by definition. */
function both(group: FusionGroup, kernels: readonly Kernel[], inputs: ReadonlyMap<Buffer, TypedArray>) {
  const equations = [...group.prologues, group.anchor, ...group.epilogues]
  const expected = evaluateDefinition(definition('group', groupInputs(group), [], equations), inputs)
  const memory = new Map(inputs)
  for (const output of groupOutputs(group)) memory.set(output, expected.get(output)!.slice().fill(0))
  for (const kernel of kernels) {
    runKernel(kernel, { buffers: new Map(kernel.params.map((param) => [param, memory.get(param)!])) })
  }
  return groupOutputs(group).map((output) => ({ got: memory.get(output), want: expected.get(output) }))
}

const numbers = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => ((i * 5) % 7) - 3)

test('prologue, anchor, epilogues: one kernel that reads and writes only what is left', () => {
  const [x, w, columns, product, out, bias] = [
    storage('x', 12),
    storage('w', 3, 4),
    storage('columns', 4, 5),
    storage('product', 3, 5),
    storage('out', 15),
    storage('bias', 3),
  ]
  const windows = compute(columns, (k, n) =>
    select(binary('lt', add(k!, n!), int(6)), load(x, [add(mul(k!, int(2)), n!)]), constant('f32', 0)),
  )
  const gemm = matmul(
    product,
    4,
    (_, m, k) => load(w, [m, k]),
    (_, k, n) => load(columns, [k, n]),
  )
  const biased = storage('biased', 3, 5)
  const addBias = compute(biased, (m, n) => add(load(product, [m!, n!]), load(bias, [m!])))
  const [i, j] = [variable('i'), variable('j')]
  const flat = compute(
    out,
    (p) => binary('max', load(biased, [binary('div', p!, int(5)), mod(p!, int(5))]), constant('f32', 0)),
    [{ input: biased, axes: [i, j], index: [add(mul(i, int(5)), j)] }],
  )
  const group = groupOf(gemm, [windows], [addBias, flat])
  const kernels = byRules(group)
  expect(kernels.map(printKernel).join('\n')).toMatchInlineSnapshot(`
    "kernel reduce(w: f32[3, 4], x: f32[12], bias: f32[3], out: f32[15]) threads 1 workgroups [15, 1, 1] {
      let element: i32 = workgroup.x + thread
      if element < 15 {
        private state: f32[]
        state[] = 0
        for k in 0..4 {
          let old: f32 = state[]
          let element_1: f32 = w[element / 5, k] * select(k + element % 5 < 6, x[k * 2 + element % 5], 0)
          let next: f32 = old + element_1
          state[] = next
        }
        let result: f32 = state[]
        let result_1: f32 = result + bias[element / 5]
        out[element / 5 * 5 + element % 5] = max(result_1, 0)
      }
    }"
  `)
  const inputs = new Map<Buffer, TypedArray>([
    [x, numbers(12)],
    [w, numbers(12)],
    [bias, numbers(3)],
  ])
  for (const { got, want } of both(group, kernels, inputs)) expect(got).toEqual(want)
})

test('a group of one is its schedule, untouched', () => {
  const [x, y] = [storage('x', 4), storage('y', 4)]
  const scheduled = ruleBased(
    compute(y, (i) => unary('exp', load(x, [i!]))),
    target,
  )
  const [kernel] = inlineGroup(
    groupOf(
      compute(y, (i) => load(x, [i!])),
      [],
    ),
    scheduled,
  )
  expect(kernel).toBe(scheduled.kernels[0])
})

describe('epilogues', () => {
  const [x, a, y] = [storage('x', 2, 3), storage('a', 2), storage('y', 2)]
  const sum = reduce({
    outputs: [a],
    domain: [{ hint: 'k', extent: 3 }],
    identity: [constant('f32', 0)],
    value: ([i], [k]) => [load(x, [i!, k!])],
    combine: ([l], [r]) => [add(l!, r!)],
    commutative: true,
  })

  test('one that reads its input twice computes it once', () => {
    const square = compute(y, (i) => mul(load(a, [i!]), load(a, [i!])))
    const [kernel] = byRules(groupOf(sum, [], [square]))
    expect(printKernel(kernel!)).toMatchInlineSnapshot(`
      "kernel reduce(x: f32[2, 3], y: f32[2]) threads 1 workgroups [2, 1, 1] {
        let element: i32 = workgroup.x + thread
        if element < 2 {
          private state: f32[]
          state[] = 0
          for k in 0..3 {
            let old: f32 = state[]
            let element_1: f32 = x[element, k]
            let next: f32 = old + element_1
            state[] = next
          }
          let result: f32 = state[]
          y[element] = result * result
        }
      }"
    `)
  })

  test('one that reads at the position of the result, too', () => {
    const weighted = compute(y, (i) => mul(load(a, [i!]), load(x, [i!, int(0)])))
    const group = groupOf(sum, [], [weighted])
    for (const { got, want } of both(group, byRules(group), new Map([[x, numbers(6)]]))) expect(got).toEqual(want)
  })

  test('one that reads a prologue of its own', () => {
    const before = compute(storage('before', 2), (i) => unary('exp', load(x, [i!, int(1)])))
    const after = compute(y, (i) => sub(load(a, [i!]), load(before.output, [i!])))
    const group = groupOf(sum, [before], [after])
    for (const { got, want } of both(group, byRules(group), new Map([[x, numbers(6)]]))) expect(got).toEqual(want)
  })

  test('of rank 0', () => {
    const total = reduce({ ...partsOf(storage('total')), domain: [{ hint: 'k', extent: 3 }] })
    const half = compute(storage('half'), () => mul(load(total.outputs[0]!, []), constant('f32', 0.5)))
    const group = groupOf(total, [], [half])
    for (const { got, want } of both(group, byRules(group), new Map([[x, numbers(6)]]))) expect(got).toEqual(want)
  })
  const partsOf = (output: Buffer) => ({
    outputs: [output],
    identity: [constant('f32', 0)],
    value: (_: unknown, [k]: readonly ReturnType<typeof variable>[]) => [load(x, [int(1), k!])],
    combine: ([l]: readonly ReturnType<typeof variable>[], [r]: readonly ReturnType<typeof variable>[]) => [
      add(l!, r!),
    ],
    commutative: true,
  })

  test('after several kernels, only the stores of the result are theirs', () => {
    const partial = storage('partial', 2)
    const square = compute(y, (i) => mul(load(a, [i!]), load(a, [i!])))
    const first = buildKernel({ name: 'partial', threads: 1, workgroups: [2, 1, 1] }, (g) => {
      const i = g.workgroup.x
      g.use(partial).set([i], g.use(x).at(i, 0).add(g.use(x).at(i, 1)))
    })
    const second = buildKernel({ name: 'combine', threads: 1, workgroups: [2, 1, 1] }, (g) => {
      const i = g.workgroup.x
      g.use(a).set([i], g.use(partial).at(i).add(g.use(x).at(i, 2)))
    })
    const group = groupOf(sum, [], [square])
    const kernels = inlineGroup(group, { kernels: [first, second], workspaces: [partial] })
    expect(kernels[0]).toBe(first)
    expect(kernels[1]!.params.map(({ hint }) => hint)).toEqual(['partial', 'x', 'y'])
    const inputs = new Map<Buffer, TypedArray>([
      [x, numbers(6)],
      [partial, new Float32Array(2)],
    ])
    for (const { got, want } of both(group, kernels, inputs)) expect(got).toEqual(want)
  })

  test('vector stores of a result are a bug of the template', () => {
    const square = compute(y, (i) => mul(load(a, [i!]), load(a, [i!])))
    const vectors = buildKernel({ name: 'vectors', threads: 1, workgroups: [1, 1, 1] }, (g) => {
      g.use(a)
      g.emit({
        kind: 'store-vector',
        buffer: a,
        index: int(0),
        values: [constant('f32', 0), constant('f32', 0)],
        at: undefined,
      })
    })
    expect(() => inlineGroup(groupOf(sum, [], [square]), { kernels: [vectors], workspaces: [] })).toThrow(
      'a result is written by plain stores until vectors are formed',
    )
  })
})

describe('prologues', () => {
  const [x, a, y] = [storage('x', 6), storage('a', 6), storage('y', 6)]
  const before = compute(a, (i) => sub(load(x, [sub(int(5), i!)]), constant('f32', 1)))
  const data = new Map([[x, numbers(6)]])
  const check = (group: FusionGroup, kernels = byRules(group)): void => {
    expect(kernels.flatMap(({ params }) => params)).not.toContain(a)
    for (const { got, want } of both(group, kernels, data)) expect(got).toEqual(want)
  }

  test('of a scan', () => {
    check(
      groupOf(
        scan(y, 0, (i) => load(a, [i!]), add),
        [before],
      ),
    )
  })

  test('in the base, the values and the positions of a scatter', () => {
    const where = compute(typed('i32', 'where', 6), (i) => mod(mul(i!, int(5)), int(6)))
    const update = scatter(
      y,
      (i) => load(a, [i!]),
      [{ hint: 'k', extent: 6 }],
      (k) => ({ index: [load(where.output, [k!])], value: load(a, [k!]) }),
      add,
    )
    const byHand = buildKernel({ name: 'scatter', threads: 1, workgroups: [1, 1, 1] }, (g) => {
      const [source, positions, out] = [g.use(a), g.use(where.output), g.use(y)]
      g.loop('i', 6, (i) => out.set([i], source.at(i)))
      g.loop('k', 6, (k) => out.update([positions.at(k)], (old) => old.add(source.at(k))))
    })
    const group = groupOf(update, [before, where])
    check(group, inlineGroup(group, scheduledAs(byHand)))
  })

  test('of a sort', () => {
    const positions = typed('i32', 'positions', 6)
    const sorted = sort(y, positions, 0, (i) => load(a, [i!]), false)
    const byHand = buildKernel({ name: 'rank', threads: 1, workgroups: [6, 1, 1] }, (g) => {
      const [source, i] = [g.use(a), g.workgroup.x]
      const rank = g.privateBuffer('rank', 'i32', [])
      rank.set([], 0)
      g.loop('k', 6, (k) => {
        const isBefore = source
          .at(k)
          .lt(source.at(i))
          .or(source.at(k).eq(source.at(i)).and(k.lt(i)))
        rank.set([], rank.at().add(isBefore.cast('i32')))
      })
      const own = g.let('own', rank.at())
      g.use(y).set([own], source.at(i))
      g.use(positions).set([own], i)
    })
    const group = groupOf(sorted, [before])
    check(group, inlineGroup(group, scheduledAs(byHand)))
  })

  test('chains of index maps become one index', () => {
    const [flat, tall] = [storage('flat', 6), storage('tall', 3, 2)]
    const first = compute(tall, (r, c) => load(x, [add(mul(r!, int(2)), c!)]))
    const second = compute(flat, (p) => load(tall, [binary('div', p!, int(2)), mod(p!, int(2))]))
    const doubled = compute(y, (i) => add(load(flat, [i!]), load(flat, [i!])))
    const group = groupOf(doubled, [first, second])
    const kernels = byRules(group)
    expect(printKernel(kernels[0]!)).toMatchInlineSnapshot(`
      "kernel elementwise(y: f32[6], x: f32[6]) threads 1 workgroups [6, 1, 1] {
        let element: i32 = workgroup.x + thread
        if element < 6 {
          y[element] = x[element / 2 * 2 + element % 2] + x[element / 2 * 2 + element % 2]
        }
      }"
    `)
    for (const { got, want } of both(group, kernels, data)) expect(got).toEqual(want)
  })

  test('what is not loaded is not read: a guard goes in with the prologue', () => {
    const padded = compute(storage('padded', 8), (i) =>
      select(binary('lt', i!, int(6)), load(x, [i!]), constant('f32', 0)),
    )
    const copy = compute(storage('copy', 8), (i) => load(padded.output, [i!]))
    const group = groupOf(copy, [padded])
    for (const { got, want } of both(group, byRules(group), data)) expect(got).toEqual(want)
  })

  test('sizes in a prologue are those of the run', () => {
    const n = size('n', { max: 8 })
    const [source, reversed, result] = [storage('source', n), storage('reversed', n), storage('result', n)]
    const reverse = compute(reversed, (i) => load(source, [sub(sub(sizeValue(n), int(1)), i!)]))
    const [kernel] = byRules(
      groupOf(
        compute(result, (i) => load(reversed, [i!])),
        [reverse],
      ),
    )
    for (const count of [0, 1, 5]) {
      const [from, to] = [numbers(count), new Float32Array(count)]
      const buffers = new Map(kernel!.params.map((param) => [param, param === result ? to : from]))
      runKernel(kernel!, { buffers, sizes: { n: count } })
      expect(to).toEqual(from.slice().reverse())
    }
  })

  test('vector loads of a computed operand are a bug of the template', () => {
    const [u, v] = [variable('u', 'f32'), variable('v', 'f32')]
    const vectors = buildKernel({ name: 'vectors', threads: 1, workgroups: [1, 1, 1] }, (g) => {
      g.use(a)
      g.use(y)
      g.emit(loadVector([u, v], a, int(0)))
      g.emit(store(y, [int(0)], add(u, v)))
    })
    const group = groupOf(
      compute(y, (i) => load(a, [i!])),
      [before],
    )
    expect(() => inlineGroup(group, scheduledAs(vectors))).toThrow('a computed operand is loaded element by element')
  })
})

const scheduledAs = (kernel: Kernel): ScheduledKernels => ({ kernels: [kernel], workspaces: [] })

describe('narrow intermediates', () => {
  test.each([
    ['i8', Int8Array.of(100, -128, 127, 3)],
    ['u8', Uint8Array.of(100, 128, 255, 3)],
  ] as const)('%s wraps where the store is fused away', (dtype, values) => {
    const [x, a, b, y] = ['x', 'a', 'b', 'y'].map((hint) => typed(dtype, hint, 4)) as [Buffer, Buffer, Buffer, Buffer]
    const double = (to: Buffer, from: Buffer): Compute => compute(to, (i) => add(load(from, [i!]), load(from, [i!])))
    const third = compute(y, (i) => binary('div', load(b, [i!]), constant(dtype === 'i8' ? 'i32' : 'u32', 3)))
    for (const group of [
      groupOf(third, [double(a, x), double(b, a)]),
      groupOf(double(a, x), [], [double(b, a), third]),
    ]) {
      for (const { got, want } of both(group, byRules(group), new Map([[x, values]]))) expect(got).toEqual(want)
    }
  })

  test('an element that is only moved is left as it is', () => {
    const [x, a, y] = ['x', 'a', 'y'].map((hint) => typed('u8', hint, 4)) as [Buffer, Buffer, Buffer]
    const group = groupOf(
      compute(y, (i) => load(a, [i!])),
      [compute(a, (i) => load(x, [sub(int(3), i!)]))],
    )
    expect(printKernel(byRules(group)[0]!)).not.toContain('255')
  })
})
