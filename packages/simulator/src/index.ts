export type { CountOptions, OperationClass, OperationCounts } from './count.js'
export {
  allocate,
  bfloatToNumber,
  halfToNumber,
  narrowInto,
  numberToBfloat,
  numberToHalf,
  type TypedArray,
  widen,
} from './elements.js'
export { SimulatorError, type SimulatorErrorCode, type SimulatorErrorDetails } from './errors.js'
export { evaluateDefinition } from './evaluate-definition.js'
export type { AsyncMoment, KernelRun, Order, RunReport } from './run.js'
export { runKernel, runKernelAllWays } from './run-kernel.js'
