import { PlanError } from '@tilewright/backend'
import { CompileError, formatGaps, UnsupportedError } from '@tilewright/ir'
import { thrownBy } from '@tilewright/testing'
import pc from 'picocolors'
import { describe, expect, test } from 'vitest'
import { failureData, failureLine, failureOf, formatFailure, inFile } from './failure.js'

const plain = (error: unknown): string => formatFailure(error, pc.createColors(false))

describe('errors of every package print alike', () => {
  test('with the place and the help beneath', () => {
    const fields = { code: 'area/what', message: 'it is wrong', where: 'node "a"', help: 'do this' }
    const text = 'error[area/what]: it is wrong\n  at    node "a"\n  help  do this'
    expect(plain(new CompileError(fields))).toBe(text)
    expect(plain(new PlanError(fields.code, fields.message, fields.help, fields.where))).toBe(text)
  })

  test('with every gap', () => {
    const gaps = [
      { where: 'node "a"', what: 'operator "Foo"' },
      { where: 'node "b"', what: 'operator "Bar"' },
    ]
    const message = ['two things', ...formatGaps(gaps)].join('\n')
    const error = new UnsupportedError({ code: 'onnx/unsupported', message, gaps })
    expect(plain(error)).toMatch(/^error\[onnx\/unsupported\]: two things\n {2}with .*Foo.*\n {2}with .*Bar/)
    expect(failureData(error)).toEqual({ code: 'onnx/unsupported', message, gaps })
  })

  test('in colours where there are any', () => {
    const text = formatFailure(new CompileError({ code: 'a/b', message: 'no', help: 'do' }), pc.createColors(true))
    expect(text).toContain('\u001b[31merror[a/b]\u001b[39m')
  })
})

test('everything else is our bug, without its stack', () => {
  for (const error of [
    new TypeError('x is undefined'),
    'thrown as text',
    Object.assign(new TypeError('io'), { code: 'EIO' }),
  ]) {
    const text = plain(error)
    expect(text).toMatch(/^error\[internal\/invariant\]: /)
    expect(text).toContain('please report')
    expect(text).not.toMatch(/:\d+:\d+/)
  }
})

test('memory that runs out is no bug', () => {
  const attempt = (): unknown => {
    try {
      return new Float32Array(2 ** 52)
    } catch (error) {
      return error
    }
  }
  expect(failureOf(attempt())).toMatchObject({ code: 'run/out-of-memory' })
})

test('what a model lacks takes a line of the terminal each', () => {
  const gaps = Array.from({ length: 9 }, (_, i) => ({
    where: `node "layers.${i}.attention.product"`,
    what: 'operator "Foo"',
  }))
  const error = new UnsupportedError({ code: 'a/b', message: ['no', ...formatGaps(gaps)].join('\n'), gaps })
  expect(formatFailure(error, pc.createColors(false), 50)).toMatchInlineSnapshot(`
    "error[a/b]: no
      with  9 × operator "Foo": node "layers.0.attent…"
  `)
})

test('fits on a line for lists', () => {
  const error = new CompileError({ code: 'a/b', message: 'first\n  second', where: 'file x', help: 'not shown' })
  expect(failureLine(error)).toBe('error[a/b]: first second (at file x)')
})

test('what is wrong with a file names it', () => {
  const inA = (error: Error) => (): unknown =>
    inFile('a.onnx', () => {
      throw error
    })
  expect(thrownBy(inA(new CompileError({ code: 'a/b', message: 'no' })))).toMatchObject({ where: 'a.onnx' })
  const gaps = [{ where: 'node "a"', what: 'Foo' }]
  const gap = thrownBy(inA(new UnsupportedError({ code: 'a/b', message: 'no', where: 'node "a"', help: 'do', gaps })))
  expect(gap).toBeInstanceOf(UnsupportedError)
  expect(gap).toMatchObject({ where: 'a.onnx, node "a"', help: 'do', gaps })
  const bug = new TypeError('x')
  expect(inA(bug)).toThrow(bug)
})
