import { buildKernel, definePass, InternalError, type Kernel, letStmt, variable } from '@tilewright/ir'
import { spatial } from '@tilewright/task-mapping'
import { thrownBy } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { lowerTaskMapping } from './lower-task-mapping.js'
import { type PassEvent, runPipeline } from './run-pipeline.js'
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
    expect(() => runPipeline(kernel, [lose], { validate: 'every-pass' })).toThrow(InternalError)
    expect(() => runPipeline(kernel, [lose], { validate: 'every-pass' })).toThrow('pass lose made an invalid kernel')
    expect(runPipeline(kernel, [lose]).body.kind).toBe('let')
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
