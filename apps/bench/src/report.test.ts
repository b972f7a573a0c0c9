import { expect, test } from 'vitest'
import type { Entry } from './compete.js'
import { type Comparison, caseLine, comparisonText, disagreements } from './report.js'
import { fileName } from './save.js'

const ours: Entry = {
  status: 'measured',
  contestant: 'tilewright',
  firstMs: 210.4,
  wallMs: { min: 46.92, median: 48, max: 52.1 },
  cpuMs: { min: 80, median: 90, max: 99 },
  ratio: { min: 1, median: 1, max: 1 },
  cpuRatio: { min: 1, median: 1, max: 1 },
  errorOfMax: 0,
  agrees: true,
}
const peer: Entry = {
  ...ours,
  contestant: 'onnxruntime-webgpu',
  firstMs: 921,
  wallMs: { min: 300, median: 312.3, max: 340 },
  ratio: { min: 6.1, median: 6.5, max: 6.91 },
  cpuRatio: { min: 5, median: 5.5, max: 6 },
  errorOfMax: 0.02,
  agrees: false,
}
const comparison: Comparison = {
  date: '2026-11-27T20:00:00.000Z',
  commit: 'abc',
  node: 'v20.19.0',
  device: { backend: 'wgsl', adapter: 'Google SwiftShader (Subzero)', software: true },
  machine: { processor: 'Some Processor', cores: 2, load: 0.42 },
  peers: { 'onnxruntime-node': '1.30.0' },
  rounds: 11,
  cases: [
    {
      name: 'matmul-512',
      about: '512 × 512 times 512 × 512',
      entries: [ours, peer, { status: 'missing', contestant: 'jax-js', reason: 'no network' }],
    },
    { name: 'softmax-1024', about: '', entries: [{ ...peer, ratio: undefined, cpuRatio: undefined, agrees: true }] },
  ],
}

test('a table of contestants by case, with what is missing and wrong below', () => {
  expect(comparisonText(comparison)).toMatchInlineSnapshot(`
    "Google SwiftShader (Subzero) on 2 × Some Processor, load 0.4, 11 rounds
    ms: wall time of a run with upload and readback, median (min … max); first: from model to first outputs
    ratio: to tilewright in the same round, above 1 is slower; cpu ratio: the same of processor time

    case          contestant               ms                 ratio                 cpu ratio  first ms   error
    matmul-512    tilewright             48.0  (46.9 … 52.1)                                        210
                  onnxruntime-webgpu      312    (300 … 340)   6.50  (6.10 … 6.91)       5.50       921  2.0e-2
                  jax-js              missing
    softmax-1024  onnxruntime-webgpu      312    (300 … 340)                                        921  2.0e-2

    matmul-512: no jax-js: no network
    matmul-512: onnxruntime-webgpu differs by 2.0e-2 of the largest value"
  `)
})

test('a line for each case while it goes on', () => {
  expect(comparison.cases.map(caseLine)).toEqual([
    'matmul-512: tilewright 48.0 ms, onnxruntime-webgpu 312 ms (6.50 ×), no jax-js',
    'softmax-1024: onnxruntime-webgpu 312 ms',
  ])
})

test('disagreements are named', () => {
  expect(disagreements(comparison.cases)).toEqual([
    'matmul-512: onnxruntime-webgpu differs by 2.0e-2 of the largest value',
  ])
})

test('a result is saved under its moment and device', () => {
  expect(fileName(comparison)).toBe('2026-11-27T2000-google-swiftshader-subzero.json')
})
