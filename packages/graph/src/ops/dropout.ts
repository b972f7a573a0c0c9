/** Dropout when nothing is dropped. */
import { compute, computeType, constant, defined, load } from '@tilewright/ir'
import type { Operation } from '../graph.js'
import { deviceDType, type TensorDType, type TensorType } from '../tensor.js'

/** Dropout (ONNX) of inference: x itself, and a mask of its shape that is all ones (`true` for bool), of dtype `mask`. */
export function dropoutOp(x: TensorType, { mask }: { readonly mask: TensorDType }): Operation {
  return {
    name: 'Dropout',
    outputs: [
      { dtype: x.dtype, shape: x.shape },
      { dtype: mask, shape: x.shape },
    ],
    define: ([input], [output, kept]) => [
      compute(defined(output, 'y'), (...at) => load(defined(input, 'x'), at)),
      compute(defined(kept, 'mask'), () => constant(computeType(deviceDType(mask)), 1)),
    ],
  }
}
