import { expect, test } from 'vitest'
import { excessOf } from './limits.js'

const limits = { bindingBytes: 2 ** 27, bufferBytes: 2 ** 28 }
const tensor = (...shape: number[]) => ({ name: 'conv1', shape, elementBytes: 4 })

test('a tensor that just fits', () => {
  expect(excessOf(tensor(2 ** 25), limits)).toBeUndefined()
  expect(excessOf(tensor(2 ** 31 - 1), { bindingBytes: 2 ** 40, bufferBytes: 2 ** 40 })).toBeUndefined()
  expect(excessOf(tensor(2 ** 31, 0), limits)).toBeUndefined()
})

test('too many bytes for the smaller of the two limits', () => {
  expect(excessOf(tensor(2 ** 25, 3), limits)).toMatchInlineSnapshot(`
    {
      "code": "limits/binding-size",
      "help": "use smaller tensors, or a device with larger buffers",
      "message": ""conv1" of shape [33554432, 3] takes 402653184 bytes; the device allows 134217728 for one buffer",
    }
  `)
  expect(excessOf(tensor(2 ** 25 + 1), { bindingBytes: 2 ** 29, bufferBytes: 2 ** 27 })?.code).toBe(
    'limits/binding-size',
  )
})

test('too many elements, whatever the device allows', () => {
  expect(excessOf(tensor(2 ** 20, 2 ** 20), { bindingBytes: 2 ** 50, bufferBytes: 2 ** 50 })).toMatchInlineSnapshot(`
    {
      "code": "limits/elements",
      "help": "use smaller tensors: element offsets are 32-bit integers",
      "message": ""conv1" of shape [1048576, 1048576] has 1099511627776 elements; a tensor has at most 2147483647",
    }
  `)
})
