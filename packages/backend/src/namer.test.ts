import { describe, expect, test } from 'vitest'
import { createNamer } from './namer.js'

describe('createNamer', () => {
  test('numbers names that are taken or reserved', () => {
    const namer = createNamer(new Set(['for', 'x_1']))
    expect(['x', 'x', 'x', 'for', 'for'].map(namer.fresh)).toEqual(['x', 'x_2', 'x_3', 'for_1', 'for_2'])
  })

  test('makes identifiers of any hint', () => {
    const namer = createNamer(new Set())
    const hints = ['layer/1:weight', '__init__', '', '0', 'naïve', '*/ }', 'a'.repeat(50)]
    const names = ['layer_1_weight', 'init', 'v', 'v0', 'na_ve', 'v_1', 'a'.repeat(40)]
    expect(hints.map(namer.fresh)).toEqual(names)
  })

  test('frees the names of a scope, and keeps those outside taken', () => {
    const namer = createNamer(new Set())
    const seen = [namer.fresh('i')]
    namer.scope(() => {
      seen.push(namer.fresh('i'), namer.fresh('j'))
      namer.scope(() => seen.push(namer.fresh('i')))
    })
    namer.scope(() => seen.push(namer.fresh('i')))
    seen.push(namer.fresh('j'), namer.fresh('i'))
    expect(seen).toEqual(['i', 'i_1', 'j', 'i_2', 'i_1', 'j', 'i_1'])
  })
})
