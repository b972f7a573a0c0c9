import { thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { CompileError, defined, formatError, formatGaps, InternalError, invariant, UnsupportedError } from './errors.js'

test('every part of an error is on a line of its own', () => {
  const error = new CompileError({
    code: 'schedule/workgroup-memory',
    message: 'matmul needs 32768 B of workgroup memory; the target allows 16384 B',
    where: 'graph "resnet18" › op 17 matmul',
    help: 'lower tileK',
  })
  expect(formatError(error)).toMatchInlineSnapshot(`
    "error[schedule/workgroup-memory]: matmul needs 32768 B of workgroup memory; the target allows 16384 B
      at    graph "resnet18" › op 17 matmul
      help  lower tileK"
  `)
  expect(error.name).toBe('CompileError')
})

test('gaps are lines of a message', () => {
  expect(
    formatGaps([
      { where: 'node_3', what: 'operator LSTM' },
      { where: 'input x', what: 'dtype complex64' },
    ]),
  ).toEqual(['  with  operator LSTM: node_3', '  with  dtype complex64: input x'])
  expect(new UnsupportedError({ code: 'a/b', message: 'none' }).gaps).toEqual([])
})

test('equal gaps are counted on one line, with the first places, and many gaps after the first', () => {
  const gaps = Array.from({ length: 40 }, (_, i) => ({
    where: `node_${i}`,
    what: i < 5 ? 'operator Foo' : 'operator Bar',
  }))
  expect(formatGaps(gaps)).toEqual([
    '  with  5 × operator Foo: node_0, node_1, node_2 and 2 more',
    '  with  35 × operator Bar: node_5, node_6, node_7 and 32 more',
  ])
  const different = formatGaps(gaps.map(({ where }, i) => ({ where, what: `operator ${i}` })))
  expect(different.length).toBe(21)
  expect(different.slice(-2)).toEqual(['  with  operator 19: node_19', "  with  20 more, which the error's gaps list"])
})

test('broken invariants are our bugs', () => {
  const error = thrownBy(() => invariant(false, 'a mapping has workers'))
  expect(error).toBeInstanceOf(InternalError)
  expect(formatError(error)).toMatchInlineSnapshot(`
    "error[internal/invariant]: a mapping has workers
      help  this is a bug in Tilewright: please report it with the model or kernel"
  `)
  invariant(true, 'never seen')
  expect(defined(0, 'zero is a value')).toBe(0)
  expect(thrownBy(() => defined(null, 'missing')).message).toBe('missing')
})

test('a cause is kept', () => {
  const cause = new RangeError('inner')
  expect(new CompileError({ code: 'a/b', message: 'outer', cause }).cause).toBe(cause)
  expect('cause' in new CompileError({ code: 'a/b', message: 'outer' })).toBe(false)
})
