/** What a GPU could do at most, and what a case asks of it. */
import type { CudaDType, CudaKernel } from './cases.js'
import { shapesOf } from './workload.js'

interface Peaks {
  /** TFLOP/s: f32 without matrix units, and halves with them, sums in f32, no sparsity. */
  readonly tflops: Readonly<Record<CudaDType, number>>
  /** GB/s of memory. */
  readonly gbps: number
}

/**
 * By what the driver calls the device: SXM modules at their boost clocks, of NVIDIA's data sheets "H100 Tensor Core GPU"
 * (nvidia.com/en-us/data-center/h100) and "H200 Tensor Core GPU" (nvidia.com/en-us/data-center/h200), which state f16 and
 * bf16 with sparsity, twice the number here.
 */
const peaks: readonly (readonly [name: RegExp, peaks: Peaks])[] = [
  [/H100 80GB HBM3/, { tflops: { f32: 67, f16: 989.5, bf16: 989.5 }, gbps: 3350 }],
  [/H200(?! NVL)/, { tflops: { f32: 67, f16: 989.5, bf16: 989.5 }, gbps: 4800 }],
]

export interface Work {
  readonly flops: number
  /** Operands read once, and the result written once. */
  readonly bytes: number
}

/** Multiplications and additions of the definition, and bytes that must move. */
export function workOf(computation: CudaKernel): Work {
  const { operands, result } = shapesOf(computation)
  const count = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1)
  const elements = [...operands, result].reduce((sum, shape) => sum + count(shape), 0)
  return { flops: flopsOf(computation, count(result)), bytes: elements * (computation.dtype === 'f32' ? 4 : 2) }
}

function flopsOf(computation: CudaKernel, results: number): number {
  switch (computation.kind) {
    case 'matmul':
      return 2 * results * computation.k
    case 'conv':
      return 2 * results * computation.channels * computation.kernel ** 2
    case 'attention':
      // Of the keys up to its own.
      return 4 * results * (computation.causal ? (computation.length + 1) / 2 : computation.length)
    // Exponentials and divisions are not counted: memory bounds these.
    case 'softmax':
    case 'layer-norm':
    case 'row-sum':
      return computation.rows * computation.columns
    default:
      return computation satisfies never
  }
}

export interface Throughput {
  readonly tflops: number
  readonly gbps: number
  /**
   * The least time of the roofline over the time taken; undefined for devices whose peaks are not written down. Above 1 where
   * operands stay in the cache from run to run.
   */
  readonly ofPeak: number | undefined
}

export function throughputOf(computation: CudaKernel, device: string, ms: number): Throughput {
  const { flops, bytes } = workOf(computation)
  const [, peak] = peaks.find(([name]) => name.test(device)) ?? []
  const leastMs = peak && Math.max(flops / (peak.tflops[computation.dtype] * 1e9), bytes / (peak.gbps * 1e6))
  return { tflops: flops / ms / 1e9, gbps: bytes / ms / 1e6, ofPeak: leastMs && leastMs / ms }
}
