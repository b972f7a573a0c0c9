/** Tensors as benchmarks pass them around, and how far two results are apart. */

/** Row-major f32. */
export interface FloatTensor {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

export type Tensors = Readonly<Record<string, FloatTensor>>

/**
 * The largest difference of `got` from `want` over the outputs of `want`, each relative to the largest finite magnitude of
 * its output. Infinity for another shape, a missing output, or a non-finite element that the other side lacks.
 */
export function largestErrorOfMax(got: Tensors, want: Tensors): number {
  return Math.max(0, ...Object.entries(want).map(([name, tensor]) => errorOfMax(got[name], tensor)))
}

function errorOfMax(got: FloatTensor | undefined, want: FloatTensor): number {
  if (got === undefined || got.shape.join() !== want.shape.join() || got.data.length !== want.data.length) {
    return Number.POSITIVE_INFINITY
  }
  let [error, scale] = [0, 0]
  for (let i = 0; i < want.data.length; i++) {
    const [a, b] = [got.data[i] ?? Number.NaN, want.data[i] ?? Number.NaN]
    if (Number.isFinite(b)) scale = Math.max(scale, Math.abs(b))
    if (Object.is(a, b)) continue
    const difference = Math.abs(a - b)
    error = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(error, difference)
  }
  return error === 0 ? 0 : error / scale
}
