import { expect, test } from 'vitest'
import { createTerminal } from '../terminal.js'
import type { CaseReport } from './check-case.js'
import { caseLines, gapLines } from './report-check.js'

const output = { write: () => undefined }
const { colors } = createTerminal(output, output, {})

const report = (name: string, more: Partial<CaseReport> = {}): CaseReport => ({
  name,
  folder: `/cases/${name}`,
  status: 'passed',
  failures: [],
  gaps: [],
  helps: [],
  notes: [],
  dataSets: 2,
  compiles: 1,
  fixed: [],
  dispatches: 1,
  hostSteps: 0,
  floatingPointOnHost: { operations: 0 },
  times: { compile: 100, prepare: 10, run: 25 },
  largestError: 0,
  largestErrorOfMax: 0,
  ...more,
})
const lacks = (name: string, ...operators: readonly string[]): CaseReport =>
  report(name, { status: 'unsupported', gaps: operators.map((what) => ({ where: 'node "a"', what })) })
const many = Array.from({ length: 31 }, (_, i) => `case-${i}`)

test('few cases have a line each: what became of it, the largest error, the time of a run', () => {
  const reports = [
    report('a'),
    report('longer', { largestError: 0.001, largestErrorOfMax: 1.23e-6 }),
    report('zeros', { largestError: 1e-8, largestErrorOfMax: Number.POSITIVE_INFINITY }),
    report('sizes', {
      fixed: [
        { T: 7, U: 4 },
        { T: 9, U: 4 },
      ],
    }),
    report('b', {
      status: 'failed',
      failures: ['test_data_set_0: it differs', 'test_data_set_1: it differs'],
      helps: ['do this', 'or that'],
    }),
    lacks('c', 'operator "Foo"', 'operator "Foo"', 'operator "Bar"'),
  ]
  const lineOf = caseLines(
    reports.map(({ name }) => name),
    colors,
  )
  expect(reports.map(lineOf).join('\n')).toMatchInlineSnapshot(`
    "passed      a       exact, 12.5 ms a run
    passed      longer  largest error 1.2e-6 of the largest value, 12.5 ms a run
    passed      zeros   largest error 1.0e-8, 12.5 ms a run
    passed      sizes   exact, 12.5 ms a run, compiled for T=7 or 9, U=4
    failed      b       test_data_set_0: it differs (and 1 more)
      help  do this
      help  or that
    unsupported c       operator "Foo", operator "Bar""
  `)
})

test('what is to be done is said once, what is to be known of a model at each case', () => {
  const lineOf = caseLines(['a', 'b'], colors)
  const lines = ['a', 'b'].map((name) =>
    lineOf(report(name, { status: 'failed', failures: ['it differs'], helps: ['do this'], notes: ['it is old'] })),
  )
  expect(lines).toEqual([
    'failed      a  it differs\n  note  it is old\n  help  do this',
    'failed      b  it differs\n  note  it is old',
  ])
})

test('of many cases, those that failed have a line, and what others lack is counted', () => {
  const lineOf = caseLines(many, colors)
  expect([report('a'), lacks('b', 'operator "Foo"')].map(lineOf)).toEqual([undefined, undefined])
  expect(lineOf(report('c', { status: 'failed', failures: ['it differs'] }))).toBe('failed c  it differs')
})

test('what unsupported cases lack takes a line each, with the first of the cases', () => {
  const reports = many.map((name, i) =>
    i < 5 ? lacks(name, 'operator "Foo"') : i === 5 ? lacks(name, 'operator "Bar"', 'operator "Foo"') : report(name),
  )
  expect(gapLines(reports, Number.POSITIVE_INFINITY)).toEqual([
    'unsupported: 6 × operator "Foo": case-0, case-1, case-2, and 3 more',
    'unsupported: 1 × operator "Bar": case-5',
  ])
  expect(gapLines(reports, 30)[0]).toBe('unsupported: 6 × operator "Fo…')
  expect(gapLines(reports.slice(0, 6), Number.POSITIVE_INFINITY)).toEqual([])
})
