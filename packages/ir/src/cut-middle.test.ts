import { expect, test } from 'vitest'
import { cutMiddle } from './cut-middle.js'

test('both ends of a long name stay', () => {
  const name = 'encoder_layers_11_attention_product'
  expect(cutMiddle(name, 24)).toBe('encoder_laye…ion_product')
  expect(cutMiddle(name, 23)).toBe('encoder_lay…ion_product')
  expect([cutMiddle(name, name.length), cutMiddle('', 5)]).toEqual([name, ''])
  expect([3, 2, 1].map((most) => cutMiddle(name, most))).toEqual(['e…t', 'e…', '…'])
})
