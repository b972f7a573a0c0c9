// Tile maps through the driver: what is passed to it, what it refuses, and runs that are replayed.
import { type Device, type DeviceBuffer, type PlanKernel, wholeBuffer } from '@tilewright/backend'
import { type FakeDriver, loadFakeDriver } from '@tilewright/testing'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { buildFakeLibcuda } from '../emulated/node-fake-libcuda.js'
import { openEmulated } from '../emulated/node-open-emulated.js'

let driver: FakeDriver
beforeAll(async () => {
  driver = await loadFakeDriver(await buildFakeLibcuda())
})
beforeEach(() => driver.reset())

const opened: Device[] = []
const open = async (): Promise<Device> => {
  const device = await openEmulated()
  opened.push(device)
  return device
}
afterEach(() => {
  for (const device of opened.splice(0)) device.dispose()
  expect(driver.live()).toBe(0)
})

/** y[i] += the first element of line i of the box of x that begins at column s3 + of that of z; none where s4 is 0. */
const source = `#ifdef __CUDACC__
#define TW_DYNAMIC_SHARED(name) extern __shared__ __align__(1024) unsigned char name[]
#endif
extern "C" __global__ void __launch_bounds__(8) main_kernel(const float* x, const float* z, float* y, int s0, int s1, int s2,
  int s3, int s4, const __grid_constant__ TwTileMap m0, const __grid_constant__ TwTileMap m1) {
  TW_DYNAMIC_SHARED(tile);
  auto* const arrived = reinterpret_cast<unsigned long long*>(tile + 2048);
  if (s4 == 0) return;
  if (threadIdx.x == 0) {
    tw_mbarrier_init(arrived, 1);
    tw_copy_tile(tile, &m0, arrived, s3, 0);
    tw_copy_tile(tile + 1024, &m1, arrived, s3, 0);
  }
  __syncthreads();
  const int word = threadIdx.x * 32 + threadIdx.x % 8 * 4;
  y[threadIdx.x] += reinterpret_cast<const float*>(tile)[word] + reinterpret_cast<const float*>(tile)[256 + word];
}
`
const map = { buffer: 0, extents: [0, 1], strides: [2], box: [8, 32] }
const kernel: PlanKernel = {
  source,
  entry: 'main_kernel',
  threads: 8,
  workgroupBytes: 2056,
  buffers: [
    { access: 'read', dtype: 'f32', lanes: 1 },
    { access: 'read', dtype: 'f32', lanes: 1 },
    { access: 'read-write', dtype: 'f32', lanes: 1 },
  ],
  scalars: 5,
  tileMaps: [map, { ...map, buffer: 1 }],
}
/** y += 1, eight elements: its parameters lie where those of the other kernel do. */
const more: PlanKernel = {
  ...kernel,
  source:
    'extern "C" __global__ void __launch_bounds__(8) main_kernel(float* y, int a, int b, int c, int d, int e, int f, int g, int h) { y[threadIdx.x] += a + b + c + d + e + f + g + h; }\n',
  workgroupBytes: 0,
  buffers: [{ access: 'read-write', dtype: 'f32', lanes: 1 }],
  scalars: 8,
  tileMaps: [],
}

interface Run {
  readonly x: DeviceBuffer
  readonly z: DeviceBuffer
  readonly y: DeviceBuffer
  /** Rows, columns, elements from row to row, where the box begins. */
  readonly sizes: readonly [number, number, number, number]
}

function bufferOf(on: Device, data: ArrayBufferView): DeviceBuffer {
  const made = on.createBuffer(data.byteLength)
  on.write(made, data)
  return made
}
const matrix = (on: Device, first: number): DeviceBuffer =>
  bufferOf(
    on,
    Float32Array.from({ length: 8 * 40 }, (_, i) => first + i),
  )
const floats = async (on: Device, buffer: DeviceBuffer): Promise<readonly number[]> => [
  ...new Float32Array((await on.read(buffer, 32)).buffer),
]

async function submitter(device: Device, copying: PlanKernel = kernel): Promise<(run: Run) => void> {
  const [copy, add] = [await device.createPipeline(copying), await device.createPipeline(more)]
  return ({ x, z, y, sizes }) => {
    const recorder = device.begin()
    const isEmpty = sizes[0] * sizes[1] === 0
    recorder.dispatch(copy, [x, z, y].map(wholeBuffer), Uint32Array.of(...sizes, isEmpty ? 0 : 1), [1, 1, 1])
    recorder.dispatch(add, [wholeBuffer(y)], Uint32Array.of(1, 0, 0, 0, 0, 0, 0, 0), [1, 1, 1])
    recorder.submit()
  }
}

/** What a run adds to y. */
const added = ([rows, columns, stride, start]: Run['sizes'], first: number): readonly number[] =>
  Array.from({ length: 8 }, (_, i) => (i < rows && start < columns ? 2 * (i * stride + start) + first : 0) + 1)
const times = (count: number, values: readonly number[]): readonly number[] => values.map((value) => count * value)

test('runs that come again as graphs have the boxes of their own buffers and sizes', async () => {
  const device = await open()
  const submit = await submitter(device)
  const [a, b, c] = [matrix(device, 100), matrix(device, 2000), matrix(device, 30_000)]
  const runs = [
    { x: a, z: b, sizes: [8, 40, 40, 3], first: 2100 },
    { x: c, z: b, sizes: [8, 40, 40, 3], first: 32_000 },
    { x: a, z: b, sizes: [5, 20, 20, 3], first: 2100 },
    { x: a, z: b, sizes: [5, 4, 32, 4], first: 2100 },
  ] as const
  const made = runs.map((run) => ({ ...run, y: device.createBuffer(32) }))
  for (let round = 0; round < 4; round++) for (const run of made) submit(run)
  for (const { y, sizes, first } of made) expect(await floats(device, y)).toEqual(times(4, added(sizes, first)))
  // Each run once as it is, once as a graph is made of it.
  const counts = ['cuGraphInstantiateWithFlags', 'cuGraphLaunch', 'cuTensorMapEncodeTiled'].map(driver.calls)
  expect(counts).toEqual([4, 12, 16])
})

test('kernels of one source with other maps are other runs', async () => {
  const device = await open()
  const [different, twice] = [await submitter(device), await submitter(device, { ...kernel, tileMaps: [map, map] })]
  const run: Run = {
    x: matrix(device, 100),
    z: matrix(device, 2000),
    y: device.createBuffer(32),
    sizes: [8, 40, 40, 3],
  }
  for (let round = 0; round < 3; round++) {
    different(run)
    twice(run)
  }
  const expected = added([8, 40, 40, 3], 2100).map((value, i) => value + added([8, 40, 40, 3], 200)[i]!)
  expect(await floats(device, run.y)).toEqual(times(3, expected))
  expect(driver.calls('cuGraphInstantiateWithFlags')).toBe(2)
})

test('a tensor without elements has a map, of which nothing is copied', async () => {
  const device = await open()
  const submit = await submitter(device)
  const [x, z, y] = [device.createBuffer(0), device.createBuffer(0), device.createBuffer(32)]
  submit({ x, z, y, sizes: [8, 0, 0, 0] })
  submit({ x, z, y, sizes: [0, 3, 3, 0] })
  expect(await floats(device, y)).toEqual(new Array(8).fill(2))
})

test.each([1, 2])(
  'map %i that the driver refuses is told with its kernel and buffer, and the next run is right',
  async (nth) => {
    const device = await open()
    const submit = await submitter(device)
    const [x, z, y] = [matrix(device, 0), matrix(device, 0), device.createBuffer(32)]
    driver.fail('cuTensorMapEncodeTiled', nth, 1)
    submit({ x, z, y, sizes: [8, 40, 40, 0] })
    await expect(device.settled()).rejects.toMatchObject({
      code: 'device/driver',
      message: `cuTensorMapEncodeTiled: CUDA_ERROR_INVALID_VALUE (invalid argument) for buffer ${nth - 1}: f32, extents 8 x 40, strides 40`,
      where: 'main_kernel of 8 threads, 3 buffers, 5 scalars',
    })
    expect(await floats(device, y)).toEqual(new Array(8).fill(0))
    // As graphs too.
    for (let round = 0; round < 2; round++) submit({ x, z, y, sizes: [8, 40, 40, 0] })
    driver.fail('cuTensorMapEncodeTiled', 1, 1)
    for (let round = 0; round < 2; round++) submit({ x, z, y, sizes: [8, 40, 40, 1] })
    await expect(device.settled()).rejects.toMatchObject({ code: 'device/driver' })
  },
)

test('rows that do not begin at multiples of 16 bytes are refused', async () => {
  const device = await open()
  const submit = await submitter(device)
  const [x, z, y] = [matrix(device, 0), matrix(device, 0), device.createBuffer(32)]
  submit({ x, z, y, sizes: [8, 37, 37, 0] })
  await expect(device.settled()).rejects.toMatchObject({
    message: expect.stringContaining('extents 8 x 37, strides 37'),
  })
})

test('a tensor that passes the end of its buffer loses the device', async () => {
  const device = await open()
  const submit = await submitter(device)
  const [x, z, y] = [matrix(device, 0), matrix(device, 0), device.createBuffer(32)]
  submit({ x, z, y, sizes: [9, 40, 40, 0] })
  await expect(device.settled()).rejects.toMatchObject({
    code: 'device/lost',
    message: expect.stringContaining('CUDA_ERROR_ILLEGAL_ADDRESS'),
  })
})

test('a driver of CUDA 11 runs what has no maps, and refuses kernels with some', async () => {
  driver.set('driver-version', 11080)
  const device = await open()
  await device.createPipeline(more)
  await expect(device.createPipeline(kernel)).rejects.toMatchObject({
    code: 'device/old-driver',
    message: 'the NVIDIA driver knows CUDA 11.8; 12.0 is needed for cuTensorMapEncodeTiled',
  })
})
