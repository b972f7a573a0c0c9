/** What is compared on NVIDIA GPUs, as plain data: each contestant builds it for itself, on the same numbers. */

/** `dtype`: of inputs, weights and outputs; sums are f32. */
export type CudaComputation =
  /** x (m × k) · y (k × n). */
  | { readonly kind: 'matmul'; readonly dtype: CudaDType; readonly m: number; readonly k: number; readonly n: number }
  /** Of each row; `layer-norm` with scale and bias, epsilon 1e-5. */
  | {
      readonly kind: 'softmax' | 'layer-norm' | 'row-sum'
      readonly dtype: CudaDType
      readonly rows: number
      readonly columns: number
    }
  /** softmax(q · kᵀ / √size) · v, a head at a time; `causal`: of no key after the query. */
  | {
      readonly kind: 'attention'
      readonly dtype: CudaDType
      readonly batch: number
      readonly heads: number
      readonly length: number
      readonly size: number
      readonly causal: boolean
    }
  /** Two-dimensional, NCHW, batch 1, with bias; pads keep the extent, or halve it at stride 2. */
  | {
      readonly kind: 'conv'
      readonly dtype: CudaDType
      readonly channels: number
      readonly filters: number
      readonly kernel: number
      readonly extent: number
      readonly stride: number
    }
  /** A network of the data folder, on the first of its data sets. */
  | { readonly kind: 'model'; readonly name: string }

export type CudaDType = 'f32' | 'f16' | 'bf16'

/** A computation of its own: not a model. */
export type CudaKernel = Exclude<CudaComputation, { readonly kind: 'model' }>

export interface CudaCase {
  readonly name: string
  readonly about: string
  readonly computation: CudaComputation
}

/** Sizes: those that are reported, and small ones of the same form that go through everything without a GPU. */
export const caseSizes = ['full', 'tiny'] as const
export type CaseSizes = (typeof caseSizes)[number]

/** The kernels, and a case for each of the models named. */
export function cudaCases(sizes: CaseSizes, models: readonly string[]): readonly CudaCase[] {
  const full = sizes === 'full'
  const [even, odd, rows, length] = full ? [4096, 2039, 2048, 2048] : [64, 37, 48, 64]
  const attention = { kind: 'attention', batch: 1, heads: full ? 16 : 2, length, size: full ? 64 : 16 } as const
  const computations: readonly (readonly [string, CudaKernel])[] = [
    [`sgemm-${even}`, { kind: 'matmul', dtype: 'f32', m: even, k: even, n: even }],
    [`sgemm-${odd}`, { kind: 'matmul', dtype: 'f32', m: odd, k: odd, n: odd }],
    [`hgemm-${even}`, { kind: 'matmul', dtype: 'f16', m: even, k: even, n: even }],
    [`bgemm-${even}`, { kind: 'matmul', dtype: 'bf16', m: even, k: even, n: even }],
    [`softmax-${rows}`, { kind: 'softmax', dtype: 'f32', rows, columns: rows }],
    [`layer-norm-${rows}`, { kind: 'layer-norm', dtype: 'f32', rows, columns: rows }],
    [`row-sum-${rows}`, { kind: 'row-sum', dtype: 'f32', rows, columns: rows }],
    ['attention-f32', { ...attention, dtype: 'f32', causal: false }],
    ['attention-f16', { ...attention, dtype: 'f16', causal: false }],
    ['attention-causal-f16', { ...attention, dtype: 'f16', causal: true }],
    ['conv-3x3-64', conv(full, 64, 64, 3, 56, 1)],
    ['conv-1x1-256', conv(full, 64, 256, 1, 56, 1)],
    ['conv-3x3-512', conv(full, 512, 512, 3, 7, 1)],
    ['conv-7x7-first', conv(full, 3, 64, 7, 224, 2)],
  ]
  return [
    ...computations.map(([name, computation]) => ({ name, about: aboutOf(computation), computation })),
    ...models.map((name) => ({ name, about: 'a network', computation: { kind: 'model', name } as const })),
  ]
}

function conv(
  full: boolean,
  channels: number,
  filters: number,
  kernel: number,
  extent: number,
  stride: number,
): CudaKernel {
  const small = { channels: Math.min(channels, 4), filters: 8, extent: 8 }
  return { kind: 'conv', dtype: 'f32', channels, filters, kernel, extent, stride, ...(full ? {} : small) }
}

function aboutOf(computation: CudaKernel): string {
  const { kind, dtype } = computation
  switch (kind) {
    case 'matmul':
      return `${dtype}: ${computation.m} × ${computation.k} times ${computation.k} × ${computation.n}`
    case 'softmax':
    case 'layer-norm':
    case 'row-sum':
      return `${dtype}: ${kind} of ${computation.rows} rows of ${computation.columns}`
    case 'attention': {
      const { batch, heads, length, size, causal } = computation
      return `${dtype}: ${batch} × ${heads} heads, ${length} × ${size}${causal ? ', causal' : ''}`
    }
    case 'conv': {
      const { channels, filters, kernel, extent, stride } = computation
      return `${dtype}: ${channels} → ${filters}, ${kernel} × ${kernel} at ${extent} × ${extent}, stride ${stride}`
    }
    default:
      return kind satisfies never
  }
}
