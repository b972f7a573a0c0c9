import { expect, test } from 'vitest'
import { architectures, type Compiled } from './compile-sources.js'
import { familyTable, faults, faultText, reportOf, summary } from './report.js'

const kernel = (name: string, level0: boolean) => ({
  ...{ family: 'elementwise', name, candidate: { threads: 64 }, level0, source: '', architectures },
})
const taking = (registers: number, spillStores = 0, serialised = false): Compiled['result'] => ({
  ...{ registers, sharedBytes: 0, stackBytes: spillStores, spillStores, spillLoads: 0, barriers: 1, serialised },
})
const on = (name: string, sm80: Compiled['result'], sm90a: Compiled['result']): readonly Compiled[] => [
  { name, architecture: 'sm_80', result: sm80 },
  { name, architecture: 'sm_90a', result: sm90a },
]

test('a kernel fails where one architecture refuses it; one that spills is a fault at level 0', () => {
  const kernels = [kernel('good', true), kernel('bad', false), kernel('spilled', true), kernel('sampled', false)]
  const reports = reportOf(kernels, [
    ...on('good', taking(20), taking(22)),
    ...on('bad', taking(30), { refused: 'bad.cu(3): error' }),
    ...on('spilled', taking(255, 8), taking(40)),
    ...on('sampled', taking(255, 8), taking(250)),
  ])
  expect(summary(reports)).toBe('3 compiled, 1 failed, 2 spilled')
  expect(faults(reports).map(faultText)).toEqual([
    'bad {"threads":64}: bad.cu(3): error',
    'spilled {"threads":64}: registers spill, at level 0',
  ])
  expect(familyTable(reports)).toBe(
    [
      'family       architecture  kernels  level 0  registers   shared  spilled  at level 0',
      'elementwise  sm_80         4        2        20/255/255  0/0/0   2        1',
      'elementwise  sm_90a        3        2        22/40/250   0/0/0   0        0',
    ].join('\n'),
  )
})

test('a kernel whose products wait for each other is a fault, whatever its candidate', () => {
  const reports = reportOf([kernel('waits', false)], on('waits', taking(20), taking(20, 0, true)))
  expect(faults(reports).map(faultText)).toEqual(['waits {"threads":64}: asynchronous products wait for each other'])
})
