import { expect, describe as group, test } from 'vitest'
import { describe, isPlain, optionsFault, recordFault } from './arguments.js'

class Own {
  readonly field = 1
}

test.each([
  [undefined, 'undefined'],
  [null, 'null'],
  [42, '42'],
  [7n, '7'],
  ['float32', 'the text "float32"'],
  ['x'.repeat(100), `the text "${'x'.repeat(40)}"`],
  [() => 1, 'a function'],
  [{}, 'an object'],
  [Object.create(null), 'an object'],
  [[1], 'an Array'],
  [new Map(), 'a Map'],
  [Promise.resolve(), 'a Promise'],
  [new Uint8Array(1), 'a Uint8Array'],
  [new Own(), 'an Own'],
])('%o is described', (value, text) => {
  expect(describe(value)).toBe(text)
})

test('a plain object is one of whatever fields, and nothing else', () => {
  for (const value of [{}, { a: 1 }, Object.create(null)]) expect(isPlain(value)).toBe(true)
  const others = [undefined, null, 'x', 4, [], new Map(), new Set(), new Own(), Promise.resolve(), () => 1]
  for (const value of [...others, new Float32Array(2)]) expect(isPlain(value)).toBe(false)
})

test('a record is a plain object: of a Map it says how to make one', () => {
  expect(recordFault('sizes', { batch: 1 })).toBeUndefined()
  expect(recordFault('sizes', new Map([['batch', 1]]))).toEqual({
    message: 'the sizes are a Map',
    help: 'pass a plain object: Object.fromEntries(map) makes one of a Map',
  })
  expect(recordFault('inputs', [])?.message).toBe('the inputs are an Array')
})

group('options', () => {
  const known = { backend: true, device: true, onDevice: true } as const

  test('may be any of those known', () => {
    expect(optionsFault('compile', {}, known)).toBeUndefined()
    expect(optionsFault('compile', { backend: 1, device: undefined }, known)).toBeUndefined()
  })

  test.each([
    ['devise', 'device'],
    ['ondevice', 'onDevice'],
    ['on_device', 'onDevice'],
    ['backends', 'backend'],
  ])('misspelt as %s are %s', (misspelt, meant) => {
    expect(optionsFault('compile', { [misspelt]: 1 }, known)).toEqual({
      message: `compile has no option "${misspelt}"`,
      help: `write ${meant}: its options are backend, device, onDevice`,
    })
  })

  test.each(['x', 'verbose', 'toString', '__proto', 'y'.repeat(1000)])('like %s are like none', (name) => {
    expect(optionsFault('compile', { [name]: 1 }, known)?.help).toBe('its options are backend, device, onDevice')
  })

  test.each([
    [null, 'null'],
    [42, '42'],
    [new Map(), 'a Map'],
  ])('are no %s', (options, text) => {
    expect(optionsFault('compile', options, known)).toEqual({
      message: `the options of compile are ${text}`,
      help: 'pass a plain object with any of backend, device, onDevice',
    })
  })
})
