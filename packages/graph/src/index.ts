/** The tensor graph and its operators. */
export * from './build-graph.js'
export * from './graph.js'
export * from './ops/activations.js'
export * from './ops/conv.js'
export * from './ops/conv-transpose.js'
export {
  addOp,
  divOp,
  identityOp,
  maxOp,
  meanOp,
  minOp,
  modOp,
  mulOp,
  subOp,
  sumOp,
} from './ops/elementwise.js'
export {
  absOp,
  ceilOp,
  erfOp,
  expOp,
  floorOp,
  logOp,
  negOp,
  powOp,
  reciprocalOp,
  sqrtOp,
  tanhOp,
} from './ops/functions.js'
export * from './ops/logic.js'
export * from './ops/matmul.js'
export * from './ops/pool.js'
export { type ArgAttributes, argExtremumOp, type ReduceAttributes, type Reduction, reduceOp } from './ops/reduce.js'
export { flattenOp, reshapeOp } from './ops/reshape.js'
export type { AutoPad, WindowAttributes } from './ops/window.js'
export * from './tensor.js'
