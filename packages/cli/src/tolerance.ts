/** What a result may differ by. Apart from the comparing, so that the options of the command line need nothing else. */
import type { TensorDType } from '@tilewright/backend'

/** What a floating-point element may differ by. Integers and bool never may. */
export type Tolerance =
  /** |got − want| ≤ atol + rtol · |want|, as the ONNX test runner has it; or, with `ofMax`, ≤ ofMax · max|want|. */
  | { readonly kind: 'element'; readonly rtol: number; readonly atol: number; readonly ofMax: number }
  /** |got − want| ≤ ratio · max|want| over the whole tensor. */
  | { readonly kind: 'of-max'; readonly ratio: number }

/**
 * What the ONNX test runner allows, and what f32 rounds: a few units in the last place of the largest value, which is all
 * that a small element beside it can be held to.
 */
export const onnxTolerance: Extract<Tolerance, { readonly kind: 'element' }> = {
  kind: 'element',
  rtol: 1e-3,
  atol: 1e-7,
  ofMax: 1e-6,
}

type ModelTolerance = Extract<Tolerance, { readonly kind: 'of-max' }>

/**
 * What rounding may make of a whole model: its small elements are often sums of large ones that cancel, and carry their
 * rounding, so that no bound relative to each element holds. Never less is asked of a GPU.
 */
export const wholeModelTolerance: ModelTolerance = { kind: 'of-max', ratio: 1e-4 }

/**
 * The same for a model that computes in f16, of which one step is 2^-10: ten of them. A network of 26 convolutions, each
 * rounded once more or less, lies 5e-3 from its definition, 6e-3 from the same in f32, and its definition 1.1e-2 from that.
 */
export const halfModelTolerance: ModelTolerance = { kind: 'of-max', ratio: 1e-2 }

/** And for one that computes in bf16, of which one step is 2^-7: ten of them too. */
export const bfloatModelTolerance: ModelTolerance = { kind: 'of-max', ratio: 8e-2 }

/** What rounding may make of a whole model of which some tensors are of these types. */
export function modelToleranceOf(dtypes: readonly TensorDType[]): ModelTolerance {
  if (dtypes.includes('bf16')) return bfloatModelTolerance
  return dtypes.includes('f16') ? halfModelTolerance : wholeModelTolerance
}
