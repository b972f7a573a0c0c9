// Random programs of every kind of edge: partition keeps its promises, and what is fused computes what was defined.
import {
  add,
  type Buffer,
  buffer,
  compute,
  constant,
  definition,
  type Equation,
  type Expr,
  int,
  load,
  matmul,
  mod,
  mul,
  scan,
  sub,
  unary,
  variable,
} from '@tilewright/ir'
import { ruleBased } from '@tilewright/schedules'
import { evaluateDefinition, runKernel, type TypedArray } from '@tilewright/simulator'
import { propertyRuns, testTarget } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { groupInputs, groupOutputs } from './group.js'
import { inlineGroup } from './inline.js'
import { partition } from './partition.js'

const square = (hint: string): Buffer => buffer(hint, 'f32', [4, 4], 'storage')
const [x, w] = [square('x'), square('w')]

interface RandomProgram {
  readonly equations: readonly Equation[]
  readonly results: ReadonlySet<Buffer>
  readonly storageBuffers: number
}

const kinds = ['map', 'double', 'sum', 'transpose', 'turn', 'product', 'scan'] as const

function equationOf(kind: (typeof kinds)[number], to: Buffer, from: Buffer, other: Buffer): Equation {
  switch (kind) {
    case 'map':
      return compute(to, (i, j) => unary('tanh', load(from, [i!, j!])))
    case 'double':
      return compute(to, (i, j) => sub(mul(load(from, [i!, j!]), constant('f32', 0.5)), load(from, [i!, j!])))
    case 'sum':
      return compute(to, (i, j) => add(load(from, [i!, j!]), load(other, [i!, j!])))
    case 'transpose':
      return compute(to, (i, j) => load(from, [j!, i!]))
    case 'turn': {
      // Turns the elements of each row by one: the operator knows the inverse.
      const [p, q] = [variable('p'), variable('q')]
      const turned = (at: Expr, by: number): Expr => mod(add(at, int(by)), int(4))
      return compute(to, (i, j) => load(from, [i!, turned(j!, 1)]), [
        { input: from, axes: [p, q], index: [p, turned(q, 3)] },
      ])
    }
    case 'product':
      return matmul(
        to,
        4,
        (_, m, k) => load(from, [m, k]),
        (_, k, n) => load(other, [k, n]),
      )
    case 'scan':
      return scan(to, 1, (i, j) => load(from, [i!, j!]), add)
  }
}

/** What each equation reads is chosen among what is there. */
const programs: fc.Arbitrary<RandomProgram> = fc
  .record({
    steps: fc.array(
      fc.record({
        kind: fc.constantFrom(...kinds),
        first: fc.nat({ max: 50 }),
        second: fc.nat({ max: 50 }),
        isResult: fc.boolean(),
      }),
      { minLength: 1, maxLength: 14 },
    ),
    storageBuffers: fc.integer({ min: 3, max: 8 }),
  })
  .map(({ steps, storageBuffers }) => {
    const there = [x, w]
    const results = new Set<Buffer>()
    const equations = steps.map(({ kind, first, second, isResult }, i): Equation => {
      const to = square(`t${i}`)
      // Late ones more often: chains.
      const [from, other] = [there.at(-1 - (first % there.length))!, there.at(-1 - (second % there.length))!]
      there.push(to)
      if ((isResult && first % 2 === 0) || i === steps.length - 1) results.add(to)
      return equationOf(kind, to, from, other)
    })
    const text = steps.map(({ kind, first, second }, i) => `t${i} = ${kind} ${first} ${second}`).join('\n')
    return Object.assign(
      { equations, results, storageBuffers },
      {
        [fc.toStringMethod]: () =>
          `${text}\n${storageBuffers} buffers, results ${[...results].map(({ hint }) => hint)}`,
      },
    )
  })

test('groups can run in order, each result is written once, limits hold', () => {
  fc.assert(
    fc.property(programs, ({ equations, results, storageBuffers }) => {
      const { groups, remarks } = partition(equations, results, { storageBuffers })
      const written = new Set<Buffer>([x, w])
      for (const group of groups) {
        for (const input of groupInputs(group)) expect(written.has(input), `${input.hint} is there`).toBe(true)
        for (const output of groupOutputs(group)) {
          expect(written.has(output), `${output.hint} is new`).toBe(false)
          written.add(output)
        }
        // Alone, an equation of ours binds three at most.
        expect(groupInputs(group).length + groupOutputs(group).length).toBeLessThanOrEqual(storageBuffers)
      }
      for (const result of results) expect(written.has(result), result.hint).toBe(true)
      // Nothing is in memory for nobody.
      const read = new Set(groups.flatMap(groupInputs))
      for (const output of groups.flatMap(groupOutputs)) expect(read.has(output) || results.has(output)).toBe(true)
      // An epilogue is never repeated; a prologue is, only where it moves elements.
      const anchored = groups.flatMap(({ anchor, epilogues }) => [anchor, ...epilogues])
      expect(new Set(anchored).size).toBe(anchored.length)
      const computing = groups.flatMap(({ prologues }) => prologues).filter(({ value }) => value.kind !== 'load')
      expect(new Set(computing).size).toBe(computing.length)
      for (const { kind, reason } of remarks)
        expect(reason === 'epilogue' || reason === 'prologue').toBe(kind === 'applied')
    }),
    { numRuns: propertyRuns() },
  )
})

test('fused = by definition, bit for bit', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(programs, ({ equations, results, storageBuffers }) => {
      const inputs = new Map<Buffer, TypedArray>([
        [x, Float32Array.from({ length: 16 }, (_, i) => Math.fround(Math.sin(i)))],
        [w, Float32Array.from({ length: 16 }, (_, i) => Math.fround(Math.cos(3 * i)))],
      ])
      const memory = new Map(inputs)
      for (const group of partition(equations, results, { storageBuffers }).groups) {
        for (const output of groupOutputs(group)) memory.set(output, new Float32Array(16))
        for (const kernel of inlineGroup(group, ruleBased(group.anchor, testTarget))) {
          runKernel(kernel, { buffers: new Map(kernel.params.map((param) => [param, memory.get(param)!])) })
        }
      }
      const expected = evaluateDefinition(definition('random', [x, w], [], equations), inputs)
      for (const result of results) expect(memory.get(result), result.hint).toEqual(expected.get(result))
    }),
    { numRuns: propertyRuns() },
  )
})
