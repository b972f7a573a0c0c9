/** Every ONNX operator that is imported, by name. */
import type { OnnxOperator } from '../operator.js'
import { activationOperators } from './activations.js'
import { attentionOperators } from './attention.js'
import { bitOperators } from './bits.js'
import { elementwiseOperators } from './elementwise.js'
import { functionOperators } from './functions.js'
import { gatherOperators } from './gather.js'
import { linearOperators } from './linear.js'
import { movementOperators } from './movement.js'
import { normalizeOperators } from './normalize.js'
import { poolOperators } from './pool.js'
import { quantizeOperators } from './quantize.js'
import { recurrentOperators } from './recurrent.js'
import { reduceOperators } from './reduce.js'
import { resizeOperators } from './resize.js'
import { samplingOperators } from './sampling.js'
import { scatterOperators } from './scatter.js'
import { shapeOperators } from './shape.js'
import { signalOperators } from './signal.js'

const operators: ReadonlyMap<string, OnnxOperator> = new Map(
  Object.entries({
    ...activationOperators,
    ...attentionOperators,
    ...bitOperators,
    ...elementwiseOperators,
    ...functionOperators,
    ...gatherOperators,
    ...linearOperators,
    ...movementOperators,
    ...normalizeOperators,
    ...poolOperators,
    ...quantizeOperators,
    ...recurrentOperators,
    ...reduceOperators,
    ...resizeOperators,
    ...samplingOperators,
    ...scatterOperators,
    ...shapeOperators,
    ...signalOperators,
  }),
)

/** The operator, or undefined when it is not supported. */
export function operatorOf(opType: string, domain: string): OnnxOperator | undefined {
  return domain === '' ? operators.get(opType) : undefined
}

/** The names of all operators that are imported, of ONNX's own domain. */
export const operatorNames: readonly string[] = [...operators.keys()]
