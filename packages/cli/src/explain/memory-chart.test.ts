import { expect, test } from 'vitest'
import { createTerminal } from '../terminal.js'
import { memoryChart } from './memory-chart.js'

const output = { write: () => undefined }
const { colors } = createTerminal(output, output, {})
const chart = (alive: readonly number[]): readonly string[] =>
  memoryChart(
    {
      launches: alive.map((bytes, i) => ({ group: i, name: `t${i}`, alive: bytes })),
      bound: Math.max(0, ...alive),
      arenas: [],
    },
    colors,
  )

test('a bar a launch, as long as what is alive, the first peak marked', () => {
  expect(chart([512, 2048, 2048, 0]).join('\n')).toMatchInlineSnapshot(`
    "0 t0  ██████████                                512 B
    1 t1  ████████████████████████████████████████  2 KiB  ← peak
    2 t2  ████████████████████████████████████████  2 KiB
    3 t3                                            0 B"
  `)
})

test('many launches share rows, each with the most of its launches', () => {
  const lines = chart(Array.from({ length: 100 }, (_, i) => (i === 50 ? 4096 : 1024)))
  expect(lines.length).toBe(34)
  expect(lines.filter((line) => line.includes('peak'))).toEqual([
    expect.stringMatching(/^48–50 t48 … +█{40} +4 KiB +← peak$/),
  ])
})

test('no launch, no intermediate: no chart', () => {
  expect(chart([])).toEqual([])
  expect(chart([0, 0])).toEqual([])
})
