import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CompileError } from '@tilewright/ir'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { f32, reluModel, temporaryFolder, writeCase } from '../fixtures/write-case.js'
import { findCases } from './find-cases.js'

let root: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  root = temporaryFolder()
})
afterEach(() => root.remove())

const data = { inputs: [f32([1], [1])], outputs: [f32([1], [1])] }
const at = (...parts: string[]): string => join(root.path, ...parts)
const codeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (error instanceof CompileError) return error.code
    throw error
  }
  return 'nothing was thrown'
}

test('finds every folder with a model and data, at any depth, sorted', () => {
  writeCase(at('set', 'b', 'deep'), reluModel(), [data])
  writeCase(at('set', 'a'), reluModel(), [data])
  mkdirSync(at('set', 'c', 'test_data_set_0'), { recursive: true })
  writeCase(at('set', 'model-alone'), reluModel(), [])
  expect(findCases([at('set')]).map(({ name }) => name)).toEqual(['set/a', 'set/b/deep'])
})

test('a folder that is a case itself is found, and what lies below it', () => {
  writeCase(at('case'), reluModel(), [data])
  writeCase(at('case', 'inner'), reluModel(), [data])
  expect(findCases([at('case')]).map(({ name }) => name)).toEqual(['case', 'case/inner'])
})

test('orders data sets by number', () => {
  writeCase(
    at('case'),
    reluModel(),
    Array.from({ length: 11 }, () => data),
  )
  expect(findCases([at('case')])[0]?.dataSets).toEqual(Array.from({ length: 11 }, (_, k) => `test_data_set_${k}`))
})

test('a folder named twice, or reached through a link that leads back, is found once', () => {
  writeCase(at('set', 'case'), reluModel(), [data])
  symlinkSync(at('set'), at('set', 'case', 'loop'))
  expect(findCases([at('set'), at('set', 'case')]).map(({ name }) => name)).toEqual(['set/case'])
})

test('links that lead nowhere, or to themselves, are no folders', () => {
  writeCase(at('case'), reluModel(), [data])
  symlinkSync(at('case', 'itself'), at('case', 'itself'))
  symlinkSync(at('missing'), at('case', 'nowhere'))
  expect(findCases([at('case')]).map(({ name }) => name)).toEqual(['case'])
})

test('a folder that is not there is named as it was given', () => {
  expect(() => findCases(['no/such/folder'])).toThrow(
    expect.objectContaining({ code: 'file/missing', where: 'no/such/folder' }),
  )
})

test('no case, no folder and a file are errors', () => {
  writeFileSync(at('file'), '')
  expect(codeOf(() => findCases([root.path]))).toBe('check/no-case')
  expect(codeOf(() => findCases([at('missing')]))).toBe('file/missing')
  expect(codeOf(() => findCases([at('file')]))).toBe('check/file')
  for (const below of ['x', '..']) {
    expect(() => findCases([`${at('file')}/${below}`])).toThrow(
      expect.objectContaining({ code: 'file/unreadable', where: `${at('file')}/${below}` }),
    )
  }
  writeCase(at('case'), reluModel(), [data])
  expect(() => findCases([at('case', 'model.onnx')])).toThrow(
    expect.objectContaining({ code: 'check/file', help: `name the folder that it is in: ${at('case')}` }),
  )
})
