import { describe, expect, test, vi } from 'vitest'
import { createTerminal, type Environment, type Output } from './terminal.js'

function stream(isTTY: boolean): Output & { text: string } {
  const self = {
    isTTY,
    columns: 20,
    text: '',
    write: (text: string) => {
      self.text += text
    },
  }
  return self
}

const isColored = (isTTY: boolean, environment: Environment): boolean =>
  createTerminal(stream(isTTY), stream(false), environment).colors.red('x') !== 'x'

test('colours only where a person looks', () => {
  expect(isColored(true, {})).toBe(true)
  expect(isColored(false, {})).toBe(false)
  expect(isColored(false, { CI: 'true' })).toBe(false)
  expect(isColored(true, { NO_COLOR: '1' })).toBe(false)
  expect(isColored(true, { NO_COLOR: '' })).toBe(true)
  expect(isColored(true, { TERM: 'dumb' })).toBe(false)
  expect(isColored(false, { FORCE_COLOR: '1' })).toBe(true)
  expect(isColored(true, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false)
})

test('results and notes go to streams of their own', () => {
  const [out, error] = [stream(false), stream(false)]
  const terminal = createTerminal(out, error, {})
  terminal.note('on the way')
  terminal.result('the result')
  expect([out.text, error.text]).toEqual(['the result\n', 'on the way\n'])
})

describe('progress', () => {
  test('is cut to the width, replaced by the next, and cleared before anything else', () => {
    const error = stream(true)
    const terminal = createTerminal(stream(true), error, {})
    terminal.progress('a line of more than twenty columns')
    terminal.progress('another')
    terminal.note('done')
    terminal.note('really')
    const clear = '\r\u001b[2K'
    expect(error.text).toBe(`${clear}a line of more than${clear}another${clear}done\nreally\n`)
  })

  test('is not written to a file, unless it takes long', () => {
    vi.useFakeTimers()
    try {
      const error = stream(false)
      const terminal = createTerminal(stream(true), error, {})
      terminal.progress('compiling')
      vi.advanceTimersByTime(9000)
      terminal.progress('preparing')
      terminal.note('by the way')
      vi.advanceTimersByTime(11_000)
      terminal.progress('running')
      terminal.result('done')
      vi.advanceTimersByTime(11_000)
      expect(error.text).toBe('by the way\npreparing\n')
      terminal.progress('compiling 1000 nodes', true)
      vi.advanceTimersByTime(11_000)
      expect(error.text).toBe('by the way\npreparing\ncompiling 1000 nodes\n')
    } finally {
      vi.useRealTimers()
    }
  })
})
