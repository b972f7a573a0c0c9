// One matmul on one device: operands and buffers that all kernels under comparison share, and the measuring of each.
import { type Device, type DeviceBuffer, wholeBuffer } from '@tilewright/backend'
import type { MatmulKernel, MatmulSize } from './baselines.js'
import { randomFloats } from './random.js'

export interface PreparedKernel {
  readonly name: string
  /** Wall time of making the pipeline, ms. */
  readonly compileMs: number
  /** Launches once and reads C back; resolves with the wall time of both together, ms. */
  readonly run: () => Promise<number>
  /** Launches once, and resolves with the largest difference from the exact C, over the largest |C|, both in float64. */
  readonly error: () => Promise<number>
}

export interface MatmulWorkload {
  /** Makes the pipeline of a kernel; the buffers are the same for all. Rejects as `Device.createPipeline` does. */
  readonly prepare: (kernel: MatmulKernel) => Promise<PreparedKernel>
  /** Frees the buffers. */
  readonly dispose: () => void
}

/** Elements of C that are checked: the last ones, where edges are, and others all over. */
const maxChecked = 4096

/** Fills A and B of a size with seeded numbers in [-1, 1) and puts them on the device. */
export function openMatmul(device: Device, size: MatmulSize): MatmulWorkload {
  const { m, n, k } = size
  const [a, b] = [randomFloats(m * k, 1), randomFloats(k * n, 2)]
  const bytes = m * n * 4
  const upload = (data: Float32Array): DeviceBuffer => {
    const buffer = device.createBuffer(data.byteLength)
    device.write(buffer, data)
    return buffer
  }
  const c = device.createBuffer(bytes)
  const buffers = [upload(a), upload(b), c]
  const ranges = buffers.map(wholeBuffer)
  const expected = exactElements(a, b, size)

  return {
    prepare: async ({ name, kernel, workgroups }) => {
      const start = performance.now()
      const pipeline = await device.createPipeline(kernel)
      const compileMs = performance.now() - start
      const launch = async (): Promise<Uint8Array<ArrayBuffer>> => {
        const recorder = device.begin()
        recorder.dispatch(pipeline, ranges, new Uint32Array(0), workgroups)
        recorder.submit()
        return device.read(c, bytes)
      }
      return {
        name,
        compileMs,
        run: async () => {
          const begin = performance.now()
          await launch()
          return performance.now() - begin
        },
        error: async () => {
          device.write(c, new Float32Array(m * n).fill(Number.NaN))
          const got = new Float32Array((await launch()).buffer)
          return largestError(got, expected)
        },
      }
    },
    dispose: () => {
      for (const buffer of buffers) buffer.destroy()
    },
  }
}

/** Some elements of A·B by their index in C, all of them where C is small. */
function exactElements(a: Float32Array, b: Float32Array, { m, n, k }: MatmulSize): ReadonlyMap<number, number> {
  const length = m * n
  const indices = Array.from({ length: Math.min(length, maxChecked) }, (_, i) => {
    if (length <= maxChecked) return i
    // A prime step larger than any row leaves no row and no column of a tile out.
    return i % 2 === 0 ? length - 1 - i / 2 : (i * 15485863) % length
  })
  return new Map(
    indices.map((index) => {
      const [row, col] = [Math.floor(index / n), index % n]
      let sum = 0
      for (let i = 0; i < k; i += 1) sum += (a[row * k + i] ?? 0) * (b[i * n + col] ?? 0)
      return [index, sum]
    }),
  )
}

/** NaN where any element of `got` is. */
function largestError(got: Float32Array, expected: ReadonlyMap<number, number>): number {
  let [largest, scale] = [0, 0]
  for (const [index, want] of expected) {
    largest = Math.max(largest, Math.abs((got[index] ?? Number.NaN) - want))
    scale = Math.max(scale, Math.abs(want))
  }
  return largest / scale
}
