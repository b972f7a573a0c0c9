// A kernel that goes wrong, in a process of its own: it takes the context of all devices along.
import { type Device, type PlanKernel, wholeBuffer } from '@tilewright/backend'
import { CompileError, invariant } from '@tilewright/ir'
import { openTestedCuda, testedCuda } from '@tilewright/testing'
import { expect, test } from 'vitest'

const kernel = (body: string): PlanKernel => ({
  source: `extern "C" __global__ void __launch_bounds__(4) main_kernel(int* b, int by) {\n${body}\n}\n`,
  entry: 'main_kernel',
  threads: 4,
  workgroupBytes: 16,
  buffers: [{ access: 'read-write', dtype: 'i32', lanes: 1 }],
  scalars: 1,
})
const coded = (code: string): CompileError => expect.objectContaining({ name: 'CompileError', code })

const isDevice = (given: unknown): given is Device => typeof given === 'object' && given !== null && 'begin' in given

test('a kernel that goes wrong loses the device, which says why; the next one works where the driver lets it', async () => {
  const device = await openTestedCuda({ sanitize: 'bounds' })
  const buffer = device.createBuffer(16)
  // The processor knows no trap; it sees the index.
  const bad = await device.createPipeline(
    kernel('#ifdef __CUDACC__\nif (by == 4) __trap();\n#endif\n__shared__ int x[4]; x[by] = 1; b[0] = x[by];'),
  )
  const recorder = device.begin()
  recorder.dispatch(bad, [wholeBuffer(buffer)], Uint32Array.of(4), [1, 1, 1])
  recorder.submit()
  await expect(device.settled()).rejects.toThrow(coded('device/lost'))
  const reason = await device.lost
  expect(reason).toMatch(/^cu\w+: CUDA_ERROR_(LAUNCH_FAILED|ILLEGAL_INSTRUCTION) \(/)
  if (testedCuda === 'cuda-emulated') expect(reason).toMatch(/kernel\.cu:\d+:\d+: index 4 of 'int \[4\]'/)
  expect(() => device.begin()).toThrow(coded('device/lost'))
  expect(() => device.createBuffer(4)).toThrow(coded('device/lost'))
  await expect(device.read(buffer, 4)).rejects.toThrow(coded('device/lost'))
  device.dispose()

  // cuda.h: the process must end after it. Where the driver says so, it is in an error of ours.
  const next = await openTestedCuda().catch((error: unknown) => error)
  if (testedCuda !== 'cuda-emulated' && next instanceof CompileError) {
    expect(next.code).toBe('device/driver')
    return
  }
  invariant(isDevice(next), 'a device is opened')
  const fresh = next.createBuffer(16)
  const good = await next.createPipeline(kernel('b[threadIdx.x] = by * threadIdx.x;'))
  const again = next.begin()
  again.dispatch(good, [wholeBuffer(fresh)], Uint32Array.of(3), [1, 1, 1])
  again.submit()
  expect([...new Int32Array((await next.read(fresh, 16)).buffer)]).toEqual([0, 3, 6, 9])
  next.dispose()
})
