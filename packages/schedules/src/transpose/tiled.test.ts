import { inlineGroup } from '@tilewright/fusion'
import {
  add,
  type Buffer,
  binary,
  buffer,
  type Compute,
  compute,
  constant,
  definition,
  type Expr,
  int,
  type Kernel,
  load,
  lt,
  mul,
  type Problem,
  printKernel,
  rewriteStmts,
  type SizeExpr,
  select,
  seq,
  size,
  sub,
  unary,
  variable,
} from '@tilewright/ir'
import { loweringPasses, runPipeline } from '@tilewright/passes'
import { evaluateDefinition, runKernelAllWays } from '@tilewright/simulator'
import { byDefinition, propertyRuns, runScheduled, testTarget as target, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { resolve } from '../resolve.js'
import { matchPermutedLoads } from './permuted-loads.js'
import { transposeTiled } from './tiled.js'

const problemOf = (anchor: Compute): Problem => ({ anchor, computed: new Set() })
const lower = (kernel: Kernel): Kernel => runPipeline(kernel, loweringPasses(target))

interface Shape {
  /** Of the result. */
  readonly shape: readonly number[]
  /** Dimension d of the operand is dimension perm[d] of the result. */
  readonly perm: readonly number[]
  readonly symbolic: boolean
}

/** Any permutation of rank 2 to 4 that moves the last dimension. */
const shapes: fc.Arbitrary<Shape> = fc.integer({ min: 2, max: 4 }).chain((rank) =>
  fc.record({
    shape: fc.array(fc.constantFrom(0, 1, 2, 3, 5, 8, 11, 13), { minLength: rank, maxLength: rank }),
    perm: fc
      .shuffledSubarray(
        Array.from({ length: rank }, (_, d) => d),
        { minLength: rank },
      )
      .filter((perm) => perm.at(-1) !== rank - 1),
    symbolic: fc.boolean(),
  }),
)

/** Small enough to simulate. */
const candidates = fc.record({ tile: fc.constantFrom(4, 8), rows: fc.constantFrom(1, 2, 4) })

const integers = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => ((i * 7 + seed) % 11) - 5)

const permuted = <T>(of: readonly T[], perm: readonly number[]): readonly T[] => perm.map((d) => of[d]!)

/** y[p] = x[perm p] · x[perm p] + v[last] · z[perm p] − y0[p]: across twice, broadcast, and at its own place. */
function mixed({ shape, perm, symbolic }: Shape) {
  const extents = shape.map((extent, d): SizeExpr => (symbolic ? size('abcd'.charAt(d)) : extent))
  const of = (hint: string, dims: readonly SizeExpr[]): Buffer => buffer(hint, 'f32', dims, 'storage')
  const [x, z] = [of('x', permuted(extents, perm)), of('z', permuted(extents, perm))]
  const [v, y0, y] = [of('v', extents.slice(-1)), of('y0', extents), of('y', extents)]
  const anchor = compute(y, (...axes) => {
    const across = permuted(axes, perm)
    const square = mul(load(x, across), load(x, across))
    return sub(add(square, mul(load(v, axes.slice(-1)), load(z, across))), load(y0, axes))
  })
  const count = shape.reduce((product, extent) => product * extent, 1)
  const inputs = new Map([
    [x, integers(count, 1)],
    [z, integers(count, 2)],
    [v, integers(shape.at(-1)!, 3)],
    [y0, integers(count, 4)],
  ])
  const sizes = Object.fromEntries(shape.map((extent, d) => ['abcd'.charAt(d), extent]))
  return { anchor, inputs, sizes }
}

/** y = xᵀ. */
function plain(rows: SizeExpr, columns: SizeExpr): Compute {
  const x = buffer('x', 'f32', [columns, rows], 'storage')
  return compute(buffer('y', 'f32', [rows, columns], 'storage'), (i, j) => load(x, [j!, i!]))
}

test('is the definition, at every size, candidate and permutation, before and after lowering', () => {
  fc.assert(
    fc.property(candidates, shapes, (candidate, shape) => {
      const { anchor, ...data } = mixed(shape)
      expect(matchPermutedLoads(anchor)?.loads.map(({ buffer: of }) => of.hint)).toEqual(['x', 'z'])
      const scheduled = transposeTiled.build(candidate, problemOf(anchor), target)
      const expected = byDefinition(anchor, data.inputs, data.sizes)
      expect(runScheduled({ anchor, scheduled, ...data })).toEqual(expected)
      expect(runScheduled({ anchor, scheduled, ...data, lower })).toEqual(expected)
    }),
    { numRuns: propertyRuns() },
  )
})

test('the barrier cannot be left out', () => {
  const { anchor, ...data } = mixed({ shape: [5, 7], perm: [1, 0], symbolic: false })
  const scheduled = transposeTiled.build({ tile: 4, rows: 2 }, problemOf(anchor), target)
  const kernels = scheduled.kernels.map((kernel) => ({
    ...kernel,
    body: rewriteStmts(kernel.body, (stmt) => (stmt.kind === 'barrier' ? seq([]) : stmt)),
  }))
  const failure = thrownBy(() => runScheduled({ anchor, scheduled: { ...scheduled, kernels }, ...data }))
  expect(failure).toMatchObject({ code: 'sim/uninitialised-read' })
})

test('whole tiles need no guard; rows of the tile are padded by an element', () => {
  const [kernel] = transposeTiled.build({ tile: 8, rows: 4 }, problemOf(plain(16, 16)), target).kernels
  expect(printKernel(lower(kernel!))).toMatchInlineSnapshot(`
    "kernel transpose_tiled(x: f32[256], y: f32[256]) threads 32 workgroups [2, 2, 1] {
      workgroup x_1: f32[72]
      let thread_div_8: i32 = thread >> 3
      let thread_mod_8: i32 = thread & 7
      let t: i32 = thread_div_8 * 16
      let x_base: i32 = thread_div_8 * 9 + thread_mod_8
      let x_base_1: i32 = workgroup.x * 128 + t + workgroup.y * 8 + thread_mod_8
      x_1[x_base] = x[x_base_1]
      x_1[x_base + 36] = x[x_base_1 + 64]
      barrier
      let x_base_2: i32 = thread_mod_8 * 9 + thread_div_8
      let y_base: i32 = workgroup.y * 128 + t + workgroup.x * 8 + thread_mod_8
      y[y_base] = x_1[x_base_2]
      y[y_base + 64] = x_1[x_base_2 + 4]
    }"
  `)
})

test('prologues are put where the tile is filled, epilogues where results are stored, wherever they move them', () => {
  const of = (hint: string, ...shape: readonly SizeExpr[]): Buffer => buffer(hint, 'f32', shape, 'storage')
  const [x, scale, source, across] = [of('x', 6, 9), of('scale', 9), of('source', 6, 9), of('across', 9, 6)]
  const [activated, out] = [of('activated', 9, 6), of('out', 6, 9)]
  const [row, column] = [variable('row'), variable('column')]
  const anchor = compute(across, (i, j) => add(load(source, [j!, i!]), load(x, [j!, i!])))
  const prologue = compute(source, (i, j) => mul(unary('abs', load(x, [i!, j!])), load(scale, [j!])))
  const epilogues = [
    compute(activated, (i, j) => binary('max', load(across, [i!, j!]), constant('f32', 0))),
    compute(out, (i, j) => add(load(activated, [j!, i!]), load(scale, [j!])), [
      { input: activated, axes: [row, column], index: [column, row] },
    ]),
  ]
  const group = { anchor, prologues: [prologue], epilogues, members: [anchor, ...epilogues] }
  const scheduled = transposeTiled.build({ tile: 4, rows: 2 }, { anchor, computed: new Set([source]) }, target)
  const [kernel, ...more] = inlineGroup(group, scheduled)
  expect(more).toEqual([])
  expect(kernel?.params).toEqual([x, scale, out])

  const inputs = new Map([
    [x, integers(54, 1)],
    [scale, integers(9, 2)],
  ])
  const meaning = definition('group', [x, scale], [out], [prologue, anchor, ...epilogues])
  const got = new Float32Array(54).fill(Number.NaN)
  runKernelAllWays(kernel!, { buffers: new Map([...inputs, [out, got]]) })
  expect(got).toEqual(evaluateDefinition(meaning, inputs).get(out))
})

describe('what lies across', () => {
  const x = buffer('x', 'f32', [99, 99, 99], 'storage')
  const loadsIn = (value: (i: Expr, j: Expr, k: Expr) => Expr): readonly [along: number, loads: number] | undefined => {
    const found = matchPermutedLoads(compute(buffer('y', 'f32', [9, 9, 9], 'storage'), (i, j, k) => value(i!, j!, k!)))
    return found === undefined ? undefined : [found.along, found.loads.length]
  }
  const at = (...index: readonly Expr[]): Expr => load(x, index)

  test.each<readonly [string, (i: Expr, j: Expr, k: Expr) => Expr, readonly [number, number] | undefined]>([
    ['along the middle', (i, j, k) => at(i, k, j), [1, 1]],
    ['along the first', (i, j, k) => at(k, j, i), [0, 1]],
    ['moved', (i, j, k) => at(i, k, add(sub(add(j, int(3)), i), int(1))), [1, 1]],
    ['twice at one place', (i, j, k) => mul(at(i, k, j), at(i, k, j)), [1, 1]],
    ['at two places', (i, j, k) => mul(at(i, k, j), at(i, k, add(j, int(1)))), [1, 2]],
    ['along the dimension of most', (i, j, k) => add(at(k, j, i), add(at(i, k, j), at(k, i, j))), [1, 2]],
    ['written as it is read', (i, j, k) => at(j, i, k), undefined],
    ['broadcast along the last', (i, j) => at(i, i, j), undefined],
    ['every other element', (i, j, k) => at(i, k, mul(j, int(2))), undefined],
    ['the other way round', (i, j, k) => at(i, k, sub(int(8), j)), undefined],
    ['a diagonal', (i, _j, k) => at(k, i, i), undefined],
    ['in an arm', (i, j, k) => select(lt(j, int(3)), at(i, k, j), constant('f32', 0)), undefined],
    ['in an arm and beside it', (i, j, k) => add(at(i, k, j), select(lt(j, int(3)), at(k, j, i), at(i, k, j))), [1, 1]],
  ])('%s', (_, value, expected) => expect(loadsIn(value)).toEqual(expected))

  test('a load in an arm is not evaluated where the arm is not taken', () => {
    const [source, y] = [buffer('x', 'f32', [5, 3], 'storage'), buffer('y', 'f32', [5, 5], 'storage')]
    const anchor = compute(y, (i, j) => select(lt(i!, int(3)), load(source, [j!, i!]), constant('f32', 7)))
    const { template, scheduled } = resolve(problemOf(anchor), target)
    expect(template).toBe('elementwise')
    const inputs = new Map([[source, integers(15, 1)]])
    expect(runScheduled({ anchor, scheduled, inputs })).toEqual(byDefinition(anchor, inputs))
  })
})

describe('who is scheduled by it', () => {
  const level0 = (anchor: Compute, of = target) => transposeTiled.level0(problemOf(anchor), of)

  test('planes of enough rows and columns, where workgroup memory is fast', () => {
    expect(level0(plain(64, 64))).toEqual({ tile: 32, rows: 8 })
    expect(level0(plain(size('n'), size('m')))).toEqual({ tile: 32, rows: 8 })
    expect(level0(plain(4096, 31))).toEqual({ tile: 16, rows: 8 })
    expect(level0(plain(3, 4096))).toEqual({ reason: 'a 3×4096 plane does not fill a tile' })
    expect(level0(plain(64, 64), { ...target, fastWorkgroupMemory: false })).toEqual({
      reason: 'workgroup memory is no faster than other memory here',
    })
    expect(resolve(problemOf(plain(64, 64)), target).template).toBe('transpose/tiled')
    expect(resolve(problemOf(plain(3, 4096)), target).template).toBe('elementwise')
    expect(resolve(problemOf(plain(64, 64)), { ...target, fastWorkgroupMemory: false })).toMatchObject({
      template: 'elementwise',
      rejected: [{ template: 'transpose/tiled', reason: 'workgroup memory is no faster than other memory here' }],
    })
  })

  test('smaller tiles where less fits; none where not even those do', () => {
    const limited = (limits: Partial<typeof target.limits>) =>
      level0(plain(64, 64), { ...target, limits: { ...target.limits, ...limits } })
    expect(limited({ workgroupBytes: 4096 })).toEqual({ tile: 16, rows: 8 })
    expect(limited({ threads: 64 })).toEqual({ tile: 8, rows: 8 })
    expect(limited({ threads: 1 })).toEqual({ reason: '64 threads; the target allows 1' })
    expect(limited({ workgroupBytes: 256 })).toEqual({ reason: '288 B of workgroup memory; the target allows 256' })
  })

  test('a candidate that does not fit is refused, with a reason', () => {
    const check = (anchor: Compute, tile: number, rows: number) =>
      transposeTiled.check({ tile, rows }, problemOf(anchor), target)
    expect(check(plain(64, 64), 32, 8)).toBeUndefined()
    expect(check(plain(64, 64), 32, 16)).toEqual({ reason: '512 threads; the target allows 256' })
    expect(check(plain(64, 64), 8, 16)).toEqual({ reason: '16 rows of threads do not divide a tile of 8' })
    const x = buffer('x', 'f32', [64, 64], 'storage')
    const straight = compute(buffer('y', 'f32', [64, 64], 'storage'), (i, j) => load(x, [i!, j!]))
    expect(check(straight, 32, 8)).toEqual({ reason: 'it reads nothing across the order in which it writes' })
    expect(transposeTiled.matches(straight)).toBe(false)
  })
})
