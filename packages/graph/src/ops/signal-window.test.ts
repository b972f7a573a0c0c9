import { runOperation } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { melWeightMatrixOp, type SignalWindow, signalWindowOp } from './signal-window.js'

const formulas: Readonly<Record<SignalWindow, (part: number) => number>> = {
  Hann: (part) => Math.sin(Math.PI * part) ** 2,
  Hamming: (part) => 25 / 46 - (21 / 46) * Math.cos(2 * Math.PI * part),
  Blackman: (part) => 0.42 - 0.5 * Math.cos(2 * Math.PI * part) + 0.08 * Math.cos(4 * Math.PI * part),
}

describe.each(['Hann', 'Hamming', 'Blackman'] as const)('%s', (window) => {
  test.each([
    [10, true],
    [10, false],
    [1, true],
    [0, true],
  ] as const)('window of %d, periodic %s', (size, periodic) => {
    const [result] = runOperation(signalWindowOp(window, { size, periodic, dtype: 'f32' }), [])
    const turn = periodic ? size : size - 1
    const expected = Array.from({ length: size }, (_, i) => expect.closeTo(formulas[window](i / turn), 5))
    expect([...(result ?? [])]).toEqual(expected)
  })
})

test('a window in another dtype', () => {
  const operation = signalWindowOp('Hann', { size: 3, periodic: false, dtype: 'i32' })
  expect(operation.outputs).toEqual([{ dtype: 'i32', shape: [3] }])
  expect(runOperation(operation, [])[0]).toEqual(Int32Array.of(0, 1, 0))
})

test('MelWeightMatrix: triangles between edges, also narrow ones', () => {
  const edges = { type: { dtype: 'i32', shape: [5] }, data: Int32Array.of(0, 0, 2, 3, 5) } as const
  const [result] = runOperation(melWeightMatrixOp(edges.type, { spectrum: 6, dtype: 'f32' }), [edges])
  const columns = [
    [1, 0.5, 0, 0, 0, 0],
    [0, 0.5, 1, 0, 0, 0],
    [0, 0, 0, 1, 0.5, 0],
  ]
  expect([...(result ?? [])]).toEqual([0, 1, 2, 3, 4, 5].flatMap((j) => columns.map((column) => column[j])))
})
