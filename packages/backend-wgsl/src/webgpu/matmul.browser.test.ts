import { join } from 'node:path'
import { type BrowserModule, openInBrowser } from '@tilewright/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

let page: BrowserModule
beforeAll(async () => {
  const fixtures = join(import.meta.dirname, '../../../../internal/testing/src/fixtures')
  page = await openInBrowser(join(fixtures, 'matmul-page.ts'))
})
afterAll(() => page.close())

const operand = (length: number): number[] => Array.from({ length }, (_, i) => ((i * 7 + (i >> 3) * 3) % 5) - 2)

test.each([64, 61, 0])('the authored matmul of size %i is compiled and run in a browser', async (n) => {
  const [a, b] = [operand(n * n), operand(n * n)]
  const expected = Array.from({ length: n * n }, (_, at) => {
    let sum = 0
    for (let k = 0; k < n; k++) sum += a[Math.floor(at / n) * n + k]! * b[k * n + (at % n)]!
    return sum
  })
  expect(await page.call('matmul', [n, n, n], a, b)).toEqual(expected)
})
