import { buildKernel, CompileError, definePass, type Kernel, letStmt, type Pass, seq, variable } from '@tilewright/ir'
import { spatial } from '@tilewright/task-mapping'
import { thrownBy } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { flattenIndices } from './flatten-indices.js'
import { lowerTaskMapping } from './lower-task-mapping.js'
import { type PassEvent, runPipeline } from './run-pipeline.js'
import { simplify } from './simplify.js'
import { unrollLoops } from './unroll-loops.js'

const kernel = buildKernel({ name: 'k', threads: 4, workgroups: [1, 1, 1] }, (g) => {
  const c = g.param('c', 'i32', [4])
  g.forTask(spatial(4), g.thread, (i) => c.set([i], i))
})

describe('run-pipeline', () => {
  test('tells what each pass did', () => {
    const events: PassEvent[] = []
    const result = runPipeline(kernel, [lowerTaskMapping, lowerTaskMapping, unrollLoops()], {
      trace: (e) => events.push(e),
    })
    expect(events.map(({ pass, changed }) => [pass, changed])).toEqual([
      ['lower-task-mapping', true],
      ['lower-task-mapping', false],
      ['unroll-loops', false],
    ])
    expect(events[0]?.before).toBe(kernel)
    expect(events.at(-1)?.after).toBe(result)
    expect(events.every(({ ms }) => ms >= 0)).toBe(true)
  })

  test('a pass that only establishes a property has changed nothing', () => {
    const events: PassEvent[] = []
    const declareFlat = definePass('declare-flat', { establishes: ['flat-indices'] }, (same) => same)
    const result = runPipeline(kernel, [declareFlat], { trace: (e) => events.push(e) })
    expect(events[0]?.changed).toBe(false)
    expect(result.properties).toEqual(['flat-indices'])
  })

  test('names the pass that makes a kernel invalid, when it validates', () => {
    const unbound = variable('lost')
    const lose = definePass('lose', {}, (given): Kernel => ({ ...given, body: letStmt(variable('x'), unbound) }))
    const error = thrownBy(() => runPipeline(kernel, [lose], { validate: 'every-pass' }))
    expect(error).toBeInstanceOf(CompileError)
    expect(error).toMatchObject({ code: 'ir/pass-result', where: 'kernel "k"', help: expect.any(String) })
    expect(error.message).toContain('pass "lose" made an invalid kernel')
    expect(runPipeline(kernel, [lose]).body.kind).toBe('let')
  })

  const renamed = letStmt(variable('x'), variable('y'))
  const body = seq([kernel.body, kernel.body])
  test.each<[string, (given: Kernel) => unknown, string]>([
    ['nothing', () => undefined, 'what pass "bad" gives is a kernel, not undefined'],
    ['a promise', async (given) => given, 'what pass "bad" gives is a kernel, not a Promise'],
    ['a statement', (given) => given.body, 'what pass "bad" gives is a kernel, not an object'],
    ['no body', (given) => ({ ...given, body: undefined }), 'the kind of a statement is one of the IR, not undefined'],
    ['no statement', (given) => ({ ...given, body: { kind: 'nope' } }), 'is one of the IR, not the text "nope"'],
    [
      'one deep inside',
      (given) => ({ ...given, body: { ...body, body: [body, { kind: 'nope' }] } }),
      'the text "nope"',
    ],
    ['no expression', (given) => ({ ...given, body: { ...renamed, value: { kind: 'no' } } }), 'the text "no"'],
    ['half a statement', (given) => ({ ...given, body: { kind: 'store' } }), 'pass "bad" made an invalid kernel'],
  ])('a pass that gives %s is named', (_, bad, message) => {
    const own: Pass = Reflect.apply(definePass, undefined, ['bad', {}, bad])
    const same = definePass('same', {}, (given) => given)
    const error = thrownBy(() => runPipeline(kernel, [same, own, lowerTaskMapping, flattenIndices, simplify]))
    expect(error).toBeInstanceOf(CompileError)
    expect(error).toMatchObject({ code: 'ir/pass-result', help: expect.any(String) })
    expect(error.message).toContain('pass "bad"')
    expect(error.message).toContain(message)
  })

  test('what a pass itself throws stays what it is', () => {
    const wrong = definePass('wrong', {}, () => {
      throw new RangeError('mine')
    })
    expect(() => runPipeline(kernel, [wrong])).toThrow(RangeError)
  })

  test('a kernel that breaks a rule is refused before any pass, unless it is known to be valid', () => {
    const halfDone = buildKernel({ name: 'k', threads: 2, workgroups: [1, 1, 1] }, (g) => {
      const c = g.param('c', 'i32', [4])
      g.forTask(spatial(4), g.thread, (i) => c.set([i], i))
    })
    expect(thrownBy(() => runPipeline(halfDone, [lowerTaskMapping]))).toMatchObject({
      name: 'CompileError',
      code: 'schedule/workers',
      where: expect.stringMatching(/run-pipeline\.test\.ts:\d+/),
    })
    expect(runPipeline(halfDone, [], { validate: 'nothing' })).toBe(halfDone)
  })

  test('what is no pass, and no choice, is refused', () => {
    const run = (...given: readonly unknown[]): unknown => Reflect.apply(runPipeline, undefined, [kernel, ...given])
    expect(thrownBy(() => run([undefined]))).toMatchObject({ code: 'passes/argument' })
    expect(thrownBy(() => run([], { validate: true }))).toMatchObject({ code: 'passes/option' })
  })
})
