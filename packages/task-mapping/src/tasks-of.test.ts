import { arbitraryMapping, propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compose, repeat, spatial, type TaskMapping, tasksPerWorker, workers } from './mapping.js'
import { type IndexArithmetic, tasks, tasksOf } from './tasks-of.js'

const runs = { numRuns: propertyRuns() }

type Operator = '+' | '*' | '/' | '%'
type Tree = number | string | { readonly operator: Operator; readonly a: Tree; readonly b: Tree }

/** Expression trees that refuse every operation that does nothing. */
const trees: IndexArithmetic<Tree> = {
  constant: (value) => value,
  add: (a, b) => node('+', a, b, a !== 0 && b !== 0),
  mul: (a, b) => node('*', a, b, a !== 0 && b !== 0 && a !== 1 && b !== 1),
  div: (a, b) => node('/', a, b, a !== 0 && typeof b === 'number' && b > 1),
  mod: (a, b) => node('%', a, b, a !== 0 && typeof b === 'number' && b > 1),
}

function node(operator: Operator, a: Tree, b: Tree, isUseful: boolean): Tree {
  expect(isUseful, `${show(a)} ${operator} ${show(b)}`).toBe(true)
  return { operator, a, b }
}

function show(tree: Tree): string {
  return typeof tree === 'object' ? `(${show(tree.a)} ${tree.operator} ${show(tree.b)})` : String(tree)
}

function evaluate(tree: Tree, values: ReadonlyMap<string, number>): number {
  if (typeof tree === 'number') return tree
  if (typeof tree === 'string') return values.get(tree) ?? Number.NaN
  const [a, b] = [evaluate(tree.a, values), evaluate(tree.b, values)]
  switch (tree.operator) {
    case '+':
      return a + b
    case '*':
      return a * b
    case '/':
      return Math.floor(a / b)
    case '%':
      return a % b
  }
}

interface Loop {
  readonly name: string
  readonly extent: number
  readonly unroll: boolean
}

/** A mapping as a compiler lowers it: the loops, outermost first, and the one task inside them. */
function lower(mapping: TaskMapping): { loops: readonly Loop[]; task: readonly Tree[] } {
  const loops: Loop[] = []
  const found = tasksOf(mapping, 'w', trees, (extent, unroll) => {
    const name = `r${loops.length}`
    loops.push({ name, extent, unroll })
    return [name]
  })
  expect(found).toHaveLength(1)
  return { loops, task: found[0]! }
}

/** Runs the loops, and lists the tasks in the order they come. */
function run(loops: readonly Loop[], task: readonly Tree[], values: ReadonlyMap<string, number>): number[][] {
  const [outermost, ...inner] = loops
  if (outermost === undefined) return [task.map((tree) => evaluate(tree, values))]
  return Array.from({ length: outermost.extent }, (_, index) =>
    run(inner, task, new Map([...values, [outermost.name, index]])),
  ).flat()
}

function text(mapping: TaskMapping): string {
  const { loops, task } = lower(mapping)
  const heads = loops.map(({ name, extent, unroll }) => `for ${name} in 0..${extent}${unroll ? ' unroll' : ''} `)
  return `${heads.join('')}${task.map(show).join(', ')}`
}

describe('lowered to loops and expressions', () => {
  test('runs the same tasks in the same order', () => {
    fc.assert(
      fc.property(arbitraryMapping(), (mapping) => {
        const { loops, task } = lower(mapping)
        for (let worker = 0; worker < workers(mapping); worker++) {
          expect(run(loops, task, new Map([['w', worker]]))).toEqual(tasks(mapping, worker))
        }
      }),
      runs,
    )
  })

  test('opens a loop for each repeat extent above 1, and touches the worker only where there are several', () => {
    fc.assert(
      fc.property(arbitraryMapping(), (mapping) => {
        const { loops, task } = lower(mapping)
        expect(loops.every(({ extent }) => extent > 1)).toBe(true)
        expect(loops.reduce((total, { extent }) => total * extent, 1)).toBe(tasksPerWorker(mapping))
        expect(task.map(show).join(' ').includes('w')).toBe(workers(mapping) > 1)
      }),
      runs,
    )
  })

  test('spends no needless arithmetic', () => {
    const load = compose(repeat(4, 1), spatial(16, 8))
    const warps = compose(spatial(2, 4), spatial([4, 8], { order: [1, 0] }), repeat([2, 1], { unroll: true }))
    const lines = [
      repeat(1, 1),
      spatial(1, 1),
      spatial(1, 128),
      spatial(16, 8),
      spatial([16, 8], { order: [1, 0] }),
      spatial(4, 1, 8),
      load,
      compose(spatial(16, 8), repeat(4, 1)),
      compose(repeat([2, 1], { unroll: true }), spatial(8, 4), repeat([1, 2], { unroll: [false, true] })),
      warps,
      compose(spatial(2, 4), compose(spatial(4, 8), repeat(2, 1))),
      repeat(3, 1, 5),
    ]
    expect(lines.map(text).join('\n')).toMatchInlineSnapshot(`
      "0, 0
      0, 0
      0, w
      (w / 8), (w % 8)
      (w % 16), (w / 16)
      (w / 8), 0, (w % 8)
      for r0 in 0..4 ((r0 * 16) + (w / 8)), (w % 8)
      for r0 in 0..4 (((w / 8) * 4) + r0), (w % 8)
      for r0 in 0..2 unroll for r1 in 0..2 unroll ((r0 * 8) + (w / 4)), (((w % 4) * 2) + r1)
      for r0 in 0..2 unroll ((((w / 128) * 8) + ((w % 4) * 2)) + r0), ((((w / 32) % 4) * 8) + ((w / 4) % 8))
      for r0 in 0..2 (((w / 128) * 8) + ((((w / 8) % 4) * 2) + r0)), ((((w / 32) % 4) * 8) + (w % 8))
      for r0 in 0..3 for r1 in 0..5 r0, 0, r1"
    `)
  })
})

describe('over numbers', () => {
  const open = (extent: number): readonly number[] => Array.from({ length: extent }, (_, index) => index)
  const trunc: IndexArithmetic<number> = {
    constant: (value) => value,
    add: (a, b) => a + b,
    mul: (a, b) => a * b,
    div: (a, b) => Math.trunc(a / b),
    mod: (a, b) => a % b,
  }

  test('gives all tasks', () => {
    fc.assert(
      fc.property(arbitraryMapping(), fc.nat(), (mapping, seed) => {
        const worker = seed % workers(mapping)
        expect(tasksOf(mapping, worker, trunc, open)).toEqual(tasks(mapping, worker))
      }),
      runs,
    )
  })

  test('asks for a repeat once, however many tasks surround it', () => {
    const asked: string[] = []
    tasksOf(
      compose(repeat([3, 2], { unroll: [true, false] }), spatial(1, 4), repeat(1, 5)),
      2,
      trunc,
      (extent, unroll) => {
        asked.push(`${extent} ${unroll}`)
        return open(extent)
      },
    )
    expect(asked).toEqual(['3 true', '2 false', '5 false'])
  })
})
