/** What a case hands to every contestant. */
import type { FloatTensor, Tensors } from '../tensors.js'

/** A benchmark by name. */
export interface BenchCase {
  readonly name: string
  readonly group: 'kernels' | 'models'
  /** What is computed, in a line. */
  readonly about: string
  /** Builds or reads the data. Throws `CompileError` `bench/data` when files are not there. */
  readonly load: () => Workload
}

/** All inputs and outputs are f32. */
export interface Workload {
  /** The bytes of an .onnx file. */
  readonly model: Uint8Array
  /** By name; they are uploaded anew for every run. */
  readonly inputs: Tensors
  /** The same for contestants that read no ONNX; undefined where nobody has written it down. */
  readonly computation: Computation | undefined
}

/** What a kernel case computes of its inputs, in the order of `Workload.inputs`, and of weights that stay on the device. */
export type Computation =
  /** x · weight. */
  | { readonly kind: 'matmul'; readonly weight: FloatTensor }
  /** Two-dimensional, NCHW, the same stride and padding on all sides. */
  | {
      readonly kind: 'conv'
      readonly weight: FloatTensor
      readonly bias: FloatTensor
      readonly stride: number
      readonly pad: number
      readonly group: number
    }
  /** Of the last dimension. */
  | { readonly kind: 'softmax' }
  /** sigmoid(tanh(x) · x + x) · y. */
  | { readonly kind: 'chain' }
