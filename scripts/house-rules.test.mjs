import { describe, expect, test } from 'vitest'
import { checkFile } from './house-rules.mjs'

const PATH = 'packages/ir/src/a.ts'
const check = (text, path = PATH) => checkFile({ path, text })

describe('house rules', () => {
  test.each([
    ['throw new Error("x")', "bare 'Error'"],
    ['const e = Error("x")', "bare 'Error'"],
    ['let x: any', "'any'"],
    ["if (backend.meta.name === 'wgsl') f()", 'a branch on the name of a backend'],
    ["switch (name) { case 'cuda': f() }", 'a branch on the name of a backend'],
    ['let x: Array<any> = []', "'any'"],
    ['// @ts-ignore\nf()', '@ts-ignore silences the checker'],
    ['// @ts-expect-error\nf()', '@ts-expect-error silences the checker'],
    ['// TODO later', 'TODO: do it'],
    ['const x = y as number', 'cast without a comment'],
    ['const x = y as unknown as number', 'cast without a comment'],
    ['const x = process.env.HOME', "'process' outside"],
    ['const x = Buffer.alloc(3)', "'Buffer' outside"],
  ])('%s is found', (text, message) => {
    expect(check(text)).toEqual([expect.stringContaining(message)])
  })

  test.each([
    'throw new CompileError("x")',
    'const any = 1; const Error2 = 2',
    'const s = "new Error( any @ts-nothing"',
    'const x = [1, 2] as const',
    '// The loader filled it in.\nconst x = y as number',
    'const x = y as number // filled in above',
    'const x = { process: 1 }; f(x.process)',
  ])('%s is fine', (text) => {
    expect(check(text)).toEqual([])
  })

  test('the place is named', () => {
    expect(check('\n  throw new Error("x")')).toEqual([
      expect.stringMatching(/^packages\/ir\/src\/a\.ts:2:9: bare 'Error'/),
    ])
  })

  test('Node globals are fine in the command line and in files named for Node', () => {
    expect(check('process.exit(1)', 'packages/cli/src/main.ts')).toEqual([])
    expect(check('process.exit(1)', 'packages/backend-wgsl/src/webgpu/node.ts')).toEqual([])
  })

  test('a long file needs a reason, and a reason needs a long file', () => {
    const long = { path: PATH, text: 'f()\n'.repeat(401) }
    const short = { path: PATH, text: 'f()\n'.repeat(400) }
    expect(checkFile(long)).toEqual([expect.stringContaining('401 lines')])
    expect(checkFile(long, { [PATH]: 'one table' })).toEqual([])
    expect(checkFile(short)).toEqual([])
    expect(checkFile(short, { [PATH]: 'one table' })).toEqual([expect.stringContaining('needs no entry')])
  })
})
