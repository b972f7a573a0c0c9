import { describe, expect, test } from 'vitest'
import { capture } from './fixtures/capture.js'

describe('usage', () => {
  test('help and version are asked for, and end well', async () => {
    expect(await capture('--help')).toMatchObject({ code: 0, stderr: '' })
    expect(await capture('--version')).toEqual({ code: 0, stdout: '1.2.3\n', stderr: '' })
    expect((await capture('check', '--help')).stdout).toContain('--of-max <ratio>')
  })

  test.each([
    [['walk']],
    [[]],
    [['check']],
    [['run', 'a', 'b']],
    [['run', '--device', 'gpu']],
    [['run', '--nonsense']],
    [['check', '.', '--of-max', 'much']],
    [['check', '.', '--rtol', '-1']],
    [['check', '.', '--of-max', '1e-4', '--rtol', '1e-3']],
    [['run', '--of-max', '1e-4', '--rtol', '1e-3']],
  ])('%j ends with code 2, and says so on stderr', async (args) => {
    const { code, stdout, stderr } = await capture(...args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).not.toBe('')
  })

  test.each([
    [['run', '--fix', 'n=1', '--fix', 'm=1', '--fix', 'n=2'], '"n" has a value already: n=1'],
    [['explain', '--size', 'n=1', '--size', 'n=1'], '"n" has a value already: n=1'],
    [['compile', 'model.onnx', '--outt', 'x'], '(Did you mean --out?)'],
    [['compile', 'model.onnx'], "required option '--out <dir>' not specified"],
    [['compile', '--out', ''], 'The path is empty'],
    [['run', '--data', ''], 'The path is empty'],
    [['run', ''], 'The path is empty'],
    [['check', 'folder', ''], 'The path is empty'],
  ])('%j is told what is wrong: %s', async (args, reason) => {
    const { code, stdout, stderr } = await capture(...args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(reason)
  })
})

test.each([
  [['run', '--json', '--divice', 'cpu'], "unknown option '--divice' (Did you mean --device?)"],
  [['compile', '--json'], "required option '--out <dir>' not specified"],
  [['check', '--json'], "missing required argument 'dir'"],
])('%j has its mistake on stdout as an object too', async (args, message) => {
  const { code, stdout, stderr } = await capture(...args)
  expect(code).toBe(2)
  expect(JSON.parse(stdout)).toEqual({
    error: { code: 'usage/arguments', message, help: 'tilewright --help lists what there is' },
  })
  expect(stderr).toContain('--help lists what there is')
})
