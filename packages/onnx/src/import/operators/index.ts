/** Every ONNX operator that is imported, by name. */
import type { OnnxOperator } from '../operator.js'
import { activationOperators } from './activations.js'
import { elementwiseOperators } from './elementwise.js'
import { linearOperators } from './linear.js'
import { normalizeOperators } from './normalize.js'
import { poolOperators } from './pool.js'
import { reduceOperators } from './reduce.js'
import { shapeOperators } from './shape.js'

const operators: ReadonlyMap<string, OnnxOperator> = new Map(
  Object.entries({
    ...activationOperators,
    ...elementwiseOperators,
    ...linearOperators,
    ...normalizeOperators,
    ...poolOperators,
    ...reduceOperators,
    ...shapeOperators,
  }),
)

/** The operator, or undefined when it is not supported. */
export function operatorOf(opType: string, domain: string): OnnxOperator | undefined {
  return domain === '' ? operators.get(opType) : undefined
}
