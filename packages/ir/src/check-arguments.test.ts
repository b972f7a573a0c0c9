import { thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { checkArgument, checkOptions, checkRecord } from './check-arguments.js'
import { CompileError, formatError } from './errors.js'

function refusal(check: () => void): string {
  const error = thrownBy(check)
  return error instanceof CompileError ? formatError(error) : String(error)
}

test('what is refused is an error of the compiler, with the code of its place', () => {
  const options: { readonly a: number } = Object.assign({ a: 1 }, { b: 2 })
  expect(refusal(() => checkOptions('compile/option', 'compile', options, { a: true }))).toMatchInlineSnapshot(`
    "error[compile/option]: compile has no option "b"
      help  its options are a"
  `)
  expect(refusal(() => checkRecord('size/record', 'sizes', new Map()))).toMatchInlineSnapshot(`
    "error[size/record]: the sizes are a Map
      help  pass a plain object: Object.fromEntries(map) makes one of a Map"
  `)
  expect(refusal(() => checkArgument(false, 'ir/argument', 'a name is a text', 42, "pass 'x'"))).toMatchInlineSnapshot(`
    "error[ir/argument]: a name is a text, not 42
      help  pass 'x'"
  `)
})

test('what is right is let through', () => {
  checkOptions('compile/option', 'compile', { a: 1 }, { a: true })
  checkRecord('size/record', 'sizes', { a: 1 })
  checkArgument(true, 'ir/argument', 'a name is a text', 'x', "pass 'x'")
})
