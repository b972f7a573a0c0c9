import { expect, test } from 'vitest'
import { readResources, spilledBytes } from './resources.js'

// As nvcc 13.0 prints it.
const log = `ptxas info    : (C7514) Potential Performance Loss: wgmma.mma_async instructions are serialized due to non wgmma instructions reading accumulator registers of  a wgmma between start and end of the pipeline stage in the function 'k3'
ptxas info    : 72 bytes gmem
ptxas info    : Compiling entry function 'k4' for 'sm_80'
ptxas info    : Function properties for k4
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 8 registers, used 0 barriers, 360 bytes cmem[0]
ptxas info    : Compile time = 1.475 ms
ptxas info    : Compiling entry function 'k3' for 'sm_80'
ptxas info    : Function properties for k3
    32 bytes stack frame, 28 bytes spill stores, 24 bytes spill loads
ptxas info    : Function properties for _Z5helper
    16 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 255 registers, used 1 barriers, 48 bytes cumulative stack size, 1024 bytes smem, 400 bytes cmem[0]
ptxas info    : Compile time = 12.801 ms
`

test('each entry has its own figures', () => {
  const found = readResources(log)
  expect([...found]).toEqual([
    [
      'k4',
      { registers: 8, sharedBytes: 0, stackBytes: 0, spillStores: 0, spillLoads: 0, barriers: 0, serialised: false },
    ],
    [
      'k3',
      {
        registers: 255,
        sharedBytes: 1024,
        stackBytes: 48,
        spillStores: 28,
        spillLoads: 24,
        barriers: 1,
        serialised: true,
      },
    ],
  ])
  expect([...found.values()].map(spilledBytes)).toEqual([0, 52])
})

test('a log without kernels has none', () => {
  expect(readResources('ptxas info    : 0 bytes gmem\n').size).toBe(0)
})
