import { compose, repeat, spatial } from '@tilewright/task-mapping'
import { describe, expect, test } from 'vitest'
import { asyncMultiply, asyncMultiplyWait, type LineTile } from './async-multiply.js'
import { buffer } from './buffer.js'
import { int } from './expr.js'
import { printStmt } from './print/print-stmt.js'

const tile = buffer('tile', 'f16', [32, 64], 'workgroup')
const sums = buffer('sums', 'f32', [16], 'private')
const d = { buffer: sums, map: compose(spatial(8, 1), repeat([1, 16])) }
const factor: LineTile = { buffer: tile, index: [int(0), int(0)], lines: 32, alongOwn: false }
const held = { buffer: buffer('weights', 'f16', [16], 'private'), map: compose(spatial(8, 1), repeat([1, 16])) }

describe('asyncMultiply', () => {
  test('is printed with its depth and how its tiles lie', () => {
    const b = { ...factor, index: [int(8), int(0)] }
    expect(printStmt(asyncMultiply({ a: factor, b, d, depth: 64 }))).toBe(
      'async-multiply 64 deep sums{spatial(8, 1) * repeat(1, 16)} += tile[0, 0]{32 lines along k} @ tile[8, 0]{32 lines along k}',
    )
    expect(printStmt(asyncMultiplyWait(1, [sums]))).toBe('async-multiply-wait 1 for (sums)')
  })

  test('whose left factor threads hold is printed with its map', () => {
    expect(printStmt(asyncMultiply({ a: held, b: factor, d, depth: 16 }))).toBe(
      'async-multiply 16 deep sums{spatial(8, 1) * repeat(1, 16)} += weights{spatial(8, 1) * repeat(1, 16)} @ tile[0, 0]{32 lines along k}',
    )
  })

  test.each([
    ['of f32', { buffer: buffer('weights', 'f32', [16], 'private') }],
    ['in workgroup memory', { buffer: buffer('weights', 'f16', [16], 'workgroup') }],
    ['that does not hold its share', { buffer: buffer('weights', 'f16', [8], 'private') }],
    ['of other rows than D', { map: compose(spatial(8, 1), repeat([2, 8])) }],
    ['over other threads than D', { map: compose(spatial(4, 1), repeat([2, 16])) }],
    ['of another depth', { map: compose(spatial(8, 1), repeat([1, 8])) }],
  ])('refuses a left factor %s', (_, wrong) => {
    expect(() => asyncMultiply({ a: { ...held, ...wrong }, b: factor, d, depth: 16 })).toThrow(
      expect.objectContaining({ code: 'ir/async-multiply' }),
    )
  })

  test.each([
    ['tiles in storage', { a: { ...factor, buffer: buffer('tile', 'f16', [32, 64], 'storage') } }],
    ['tiles of f32', { b: { ...factor, buffer: buffer('tile', 'f32', [32, 64], 'workgroup') } }],
    ['f16 by bf16', { b: { ...factor, buffer: buffer('tile', 'bf16', [32, 64], 'workgroup') } }],
    ['lines that are not swizzled whole', { a: { ...factor, lines: 12 } }],
    ['fewer lines than the depth, along the own axis', { b: { ...factor, alongOwn: true } }],
    ['a fragment that does not hold its share', { d: { ...d, buffer: buffer('sums', 'f32', [8], 'private') } }],
    ['no depth', { depth: 0 }],
  ])('refuses %s', (_, wrong) => {
    expect(() => asyncMultiply({ a: factor, b: factor, d, depth: 64, ...wrong })).toThrow(
      expect.objectContaining({ code: 'ir/async-multiply' }),
    )
  })

  test('takes bf16 too', () => {
    const other = { ...factor, buffer: buffer('tile', 'bf16', [32, 64], 'workgroup') }
    expect(asyncMultiply({ a: other, b: other, d, depth: 64 }).kind).toBe('async-multiply')
  })

  test('a wait counts from 0, for what is private', () => {
    expect(() => asyncMultiplyWait(-1, [])).toThrow(expect.objectContaining({ code: 'ir/async-multiply' }))
    expect(() => asyncMultiplyWait(0, [tile])).toThrow(expect.objectContaining({ code: 'ir/async-multiply' }))
  })
})
