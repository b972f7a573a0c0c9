// What opening a device comes to where something is missing, on a driver without a GPU.
import { formatError, TilewrightError } from '@tilewright/ir'
import { type FakeDriver, loadFakeDriver } from '@tilewright/testing'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { buildFakeLibcuda } from '../emulated/node-fake-libcuda.js'
import { type CudaCompiler, openCuda } from './node.js'

let library: string
let driver: FakeDriver
beforeAll(async () => {
  library = await buildFakeLibcuda()
  driver = await loadFakeDriver(library)
})
beforeEach(() => driver.reset())

const compiler: CudaCompiler = { name: 'none', compile: () => Promise.resolve(new Uint8Array()) }

/** What opening is rejected with, as the CLI would print it; nothing is left of the attempt. */
async function refusal(device = 0, path = library): Promise<string> {
  try {
    const opened = await openCuda({ device, stack: { library: path, compiler, software: true } })
    opened.dispose()
  } catch (error) {
    expect([driver.live(), driver.abandoned()]).toEqual([0, 0])
    return error instanceof TilewrightError ? formatError(error) : `untyped ${String(error)}`
  }
  return 'opened'
}

describe('opening is refused', () => {
  test('without a driver', async () => {
    expect(await refusal(0, 'libno-such-driver.so.1')).toMatchInlineSnapshot(`
      "error[device/no-driver]: there is no NVIDIA driver: its library, libno-such-driver.so.1, was not found
        help  install the NVIDIA driver; in a container, start it with access to the GPU (docker run --gpus all)"
    `)
  })

  test('with a driver older than CUDA 11.4', async () => {
    driver.set('driver-version', 11020)
    expect(await refusal()).toMatchInlineSnapshot(`
      "error[device/old-driver]: the NVIDIA driver knows CUDA 11.2; 11.4 is needed
        help  install a newer NVIDIA driver"
    `)
    driver.set('driver-version', 11040)
    expect(await refusal()).toBe('opened')
  })

  test('with the stub of the toolkit', async () => {
    driver.fail('cuInit', 1, 34)
    expect(await refusal()).toContain('error[device/no-driver]: what was loaded as the NVIDIA driver is the toolkit')
  })

  test('without a GPU, or without that one', async () => {
    driver.set('devices', 0)
    expect(await refusal()).toMatchInlineSnapshot(`
      "error[device/no-adapter]: cuInit: CUDA_ERROR_NO_DEVICE (no CUDA-capable device is detected)
        help  run 'nvidia-smi': it lists what the driver has"
    `)
    driver.set('devices', 2)
    expect(await refusal(2)).toMatchInlineSnapshot(`
      "error[device/no-adapter]: there is no CUDA device 2: the driver has 2, counted from 0
        help  run 'nvidia-smi': it lists what the driver has"
    `)
    expect(await refusal(-1)).toContain('there is no CUDA device -1')
    expect(await refusal(1)).toBe('opened')
  })

  test('on a GPU that is too old', async () => {
    driver.set('compute-capability', 75)
    expect(await refusal()).toMatchInlineSnapshot(`
      "error[device/no-adapter]: CUDA C++ on the processor has compute capability 7.5; 8.0 is needed
        help  use a GPU of the Ampere generation or later, or the wgsl backend"
    `)
  })

  test('with whatever else CUDA says', async () => {
    driver.fail('cuInit', 1, 803)
    expect(await refusal()).toBe('error[device/driver]: cuInit: CUresult 803')
    driver.fail('cuDevicePrimaryCtxRetain', 1, 2)
    expect(await refusal()).toContain('error[device/out-of-memory]: cuDevicePrimaryCtxRetain')
    driver.fail('cuStreamCreate', 1, 1)
    expect(await refusal()).toContain('error[device/driver]: cuStreamCreate: CUDA_ERROR_INVALID_VALUE')
  })
})
