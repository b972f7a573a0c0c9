import { expect, test } from 'vitest'
import { summarize } from './summarize-tests.mjs'

const report = (numPassedTests, numFailedTests, success) => ({ numPassedTests, numFailedTests, success })

test('reports are added up', () => {
  expect(summarize([report(3, 0, true), report(4, 2, false)])).toEqual({ passed: 7, failed: 2 })
})

test('a failure without a failed test counts as one, and so does a missing report', () => {
  expect(summarize([report(3, 0, false)])).toEqual({ passed: 3, failed: 1 })
  expect(summarize([report(3, 0, true), undefined])).toEqual({ passed: 3, failed: 1 })
})
