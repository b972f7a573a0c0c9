import { cpu } from '@tilewright/backend-cpu'
import { buildGraph, eluOp, type Graph, gemmOp, mulOp, reluOp, reshapeOp } from '@tilewright/graph'
import {
  add,
  type Buffer,
  buffer,
  type Compute,
  compute,
  type Expr,
  equationOutputs,
  load,
  size,
  sizeValue,
  unary,
  type Var,
} from '@tilewright/ir'
import { createSession } from '@tilewright/runtime'
import { countingDevice } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { compile } from './compile.js'
import type { Program } from './program.js'
import { splitConstants } from './split-constants.js'

const matrix = (hint: string, ...shape: Buffer['shape']): Buffer => buffer(hint, 'f32', shape, 'storage')

/** A program with one constant w[2, 3] and one input x[2, 3], and the equations and results given. */
function split(results: readonly Buffer[], equations: readonly Compute[]): Record<string, readonly string[]> {
  const program: Program = {
    name: 'p',
    inputs: [],
    outputs: results.map((made) => ({
      name: made.hint,
      tensor: { kind: 'tensor', name: made.hint, dtype: 'f32', shape: made.shape, constant: undefined },
      buffer: made,
    })),
    equalSizes: [],
    constants: new Map([[w, { dtype: 'f32', shape: [2, 3], data: new Float32Array(6) }]]),
    names: new Map(),
    equations,
    nodes: new Map(),
  }
  const { prepare, prepared, run } = splitConstants(program)
  const names = (all: readonly Compute['output'][]): string[] => all.map(({ hint }) => hint)
  return {
    prepare: names(prepare.flatMap(equationOutputs)),
    prepared: names([...prepared]),
    run: names(run.flatMap(equationOutputs)),
  }
}
const [w, x] = [matrix('w', 2, 3), matrix('x', 2, 3)]
const map = (to: Buffer, from: Buffer): Compute => compute(to, (...axes) => unary('neg', load(from, axes)))
const sum = (to: Buffer, a: Buffer, b: Buffer): Compute =>
  compute(to, (...axes) => add(load(a, axes.slice(-a.shape.length)), load(b, axes.slice(-b.shape.length))))
const moved = (to: Buffer, from: Buffer, index: (axes: readonly Var[]) => readonly Expr[]): Compute =>
  compute(to, (...axes) => load(from, index(axes)))

describe('what is computed once', () => {
  const [a, b, y, z] = [matrix('a', 2, 3), matrix('b', 2, 3), matrix('y', 2, 3), matrix('z', 2, 3)]

  test('a chain of constants ends where the run reads it', () => {
    expect(split([y], [map(a, w), map(b, a), sum(y, b, x)])).toEqual({
      prepare: ['a', 'b'],
      prepared: ['b'],
      run: ['y'],
    })
  })

  test('not what nothing needs', () => {
    expect(split([y], [map(a, w), map(z, a), map(y, x)])).toMatchObject({ prepared: [], run: ['y'] })
  })

  test('not a result of the model', () => {
    expect(split([a, y], [map(a, w), sum(y, a, x)])).toEqual({ prepare: [], prepared: [], run: ['a', 'y'] })
  })

  test('not what depends on a size', () => {
    const n = size('n')
    const rows = matrix('rows', n, 3)
    const scaled = compute(a, (...axes) => add(load(w, axes), sizeValueAs(n)))
    expect(split([rows], [moved(rows, w, ([, j]) => [j!, j!])])).toMatchObject({ prepared: [] })
    expect(split([y], [scaled, sum(y, a, x)])).toMatchObject({ prepared: [], run: ['a', 'y'] })
  })

  test('a transposed weight, but no broadcast of one: that is repeated by its readers', () => {
    const turned = matrix('turned', 3, 2)
    const wide = matrix('wide', 4, 2, 3)
    const out = matrix('out', 4, 2, 3)
    expect(split([out], [map(a, w), moved(wide, a, ([, i, j]) => [i!, j!]), sum(out, wide, x)])).toEqual({
      prepare: ['a', 'wide'],
      prepared: ['a'],
      run: ['wide', 'out'],
    })
    expect(split([z], [moved(turned, w, ([i, j]) => [j!, i!]), moved(z, turned, ([i, j]) => [j!, i!])])).toMatchObject({
      prepared: ['turned'],
      run: ['z'],
    })
  })

  const sizeValueAs = (n: ReturnType<typeof size>): Expr => unary('neg', load(w, [sizeValue(n), sizeValue(n)]))
})

describe('compiled', () => {
  /** elu(w)·s as the weights of x·wᵀ, where both are constants. */
  function scaledWeights(): Graph {
    const g = buildGraph('scaled')
    const x = g.input('x', { dtype: 'f32', shape: [1, 3] })
    const weights = g.constant('w', { dtype: 'f32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) })
    const s = g.constant('s', { dtype: 'f32', shape: [2, 1], data: Float32Array.of(10, 100) })
    const elu = g.apply1(eluOp(weights, { alpha: 1 }), [weights])
    const scaled = g.apply1(mulOp(elu, s), [elu, s], 'scaled')
    const attributes = { alpha: 1, beta: 1, transA: false, transB: true }
    const product = g.apply1(gemmOp(x, scaled, undefined, attributes), [x, scaled])
    const flat = g.apply1(reshapeOp(product, { shape: [2] }), [product])
    return g.finish([{ name: 'y', tensor: g.apply1(reluOp(flat), [flat]) }])
  }

  test('constants that only the preparation reads are gone after it, and runs do not repeat it', async () => {
    const backend = cpu()
    const { device, buffers, launches } = countingDevice(await backend.open())
    const compiled = compile(scaledWeights(), { backend, device })
    expect(compiled.prepared.map(({ name, prologues }) => [name, prologues])).toEqual([['scaled', 1]])
    expect(compiled.plan.buffers.map(({ name, role }) => `${role} ${name}`)).toContain('prepared scaled')
    const session = await createSession({ ...compiled, device })
    // The weights as they are multiplied; neither of the two constants.
    expect([launches(), buffers()]).toEqual([1, 1])
    for (const run of [1, 2]) {
      const { outputs } = await session.run({ x: { dtype: 'f32', shape: [1, 3], data: Float32Array.of(1, 1, 1) } })
      expect(outputs.y!.data).toEqual(Float32Array.of(60, 1500))
      expect(launches()).toBe(1 + run * compiled.groups.length)
    }
    session.dispose()
    expect(buffers()).toBe(0)
  })
})
