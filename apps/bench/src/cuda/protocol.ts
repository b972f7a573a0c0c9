/**
 * What contestants on NVIDIA GPUs are told and answer, whatever language they are written in: a line of JSON a request on
 * stdin, a line of JSON a reply on stdout.
 */
import type { CudaComputation } from './cases.js'

export type CudaRequest =
  | {
      readonly kind: 'prepare'
      readonly contestant: string
      readonly computation: CudaComputation
      /** Whether the processor stands in for the GPU. */
      readonly emulated: boolean
      /** A measurement repeats runs for at least so long. */
      readonly leastMs: number
    }
  | { readonly kind: 'run' }

export type CudaReply =
  | {
      readonly kind: 'ready'
      /** From the first call of the library to the first result, ms. */
      readonly firstMs: number
      /** At most `sampled` elements of the result, evenly spread; null for what is not finite. */
      readonly sample: readonly (number | null)[]
      /** Versions, device, settings, and how `deviceMs` is measured. */
      readonly facts: Readonly<Record<string, string>>
    }
  | { readonly kind: 'ran'; readonly wallMs: number; readonly cpuMs: number; readonly deviceMs: number }
  | { readonly kind: 'failed'; readonly reason: string }

/** Elements of a result that are compared. */
export const sampled = 4096

/** The elements that stand for a result. */
export function sampleOf(data: ArrayLike<number>): readonly (number | null)[] {
  const count = Math.min(sampled, data.length)
  return Array.from({ length: count }, (_, i) => {
    const value = data[Math.floor((i * data.length) / count)] ?? Number.NaN
    return Number.isFinite(value) ? value : null
  })
}
