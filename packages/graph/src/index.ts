/** The tensor graph and its operators. */
export * from './build-graph.js'
export * from './graph.js'
export {
  type ClipBound,
  celuOp,
  clipOp,
  eluOp,
  geluOp,
  hardSigmoidOp,
  hardSwishOp,
  leakyReluOp,
  mishOp,
  preluOp,
  reluOp,
  seluOp,
  shrinkOp,
  sigmoidOp,
  softplusOp,
  softsignOp,
  swishOp,
  thresholdedReluOp,
} from './ops/activations.js'
export * from './ops/affine-grid.js'
export { type AttentionAttributes, type AttentionOperands, type AttentionScores, attentionOp } from './ops/attention.js'
export { resolveAxes } from './ops/axes.js'
export * from './ops/bits.js'
export { type CausalConvOperands, causalConvOp } from './ops/causal-conv.js'
export * from './ops/center-crop-pad.js'
export * from './ops/col2im.js'
export { concatOp, splitOp } from './ops/concat.js'
export * from './ops/conv.js'
export * from './ops/conv-transpose.js'
export * from './ops/cumulate.js'
export * from './ops/deform-conv.js'
export * from './ops/determinant.js'
export { dropoutOp } from './ops/dropout.js'
export { type EinsumAttributes, einsumOp } from './ops/einsum.js'
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
export * from './ops/expand.js'
export * from './ops/fourier.js'
export {
  absOp,
  acoshOp,
  acosOp,
  asinhOp,
  asinOp,
  atanhOp,
  atanOp,
  ceilOp,
  coshOp,
  cosOp,
  erfOp,
  expOp,
  floorOp,
  logOp,
  negOp,
  powOp,
  reciprocalOp,
  roundOp,
  signOp,
  sinhOp,
  sinOp,
  sqrtOp,
  tanhOp,
  tanOp,
} from './ops/functions.js'
export * from './ops/gather.js'
export * from './ops/generate.js'
export * from './ops/grid-sample.js'
export { hardmaxOp } from './ops/hardmax.js'
export {
  type LinearAttentionAttributes,
  type LinearAttentionOperands,
  linearAttentionOp,
} from './ops/linear-attention.js'
export * from './ops/logic.js'
export { lpNormalizationOp } from './ops/lp.js'
export * from './ops/lrn.js'
export * from './ops/matmul.js'
export {
  batchNormalizationOp,
  type EpsilonAttribute,
  type GroupNormalizationAttributes,
  groupNormalizationOp,
  instanceNormalizationOp,
  type LayerNormalizationAttributes,
  layerNormalizationOp,
} from './ops/normalize.js'
export * from './ops/pad.js'
export * from './ops/pool.js'
export type { Parameter, QuantizedDType } from './ops/quantization.js'
export * from './ops/quantize.js'
export * from './ops/quantized-products.js'
export { type RecurrentAttributes, type RecurrentOperands, recurrentOp } from './ops/recurrent.js'
export { type CellActivation, cellActivations } from './ops/recurrent-activations.js'
export { type Cell, gruCell, lstmCell, rnnCell } from './ops/recurrent-cells.js'
export {
  type ArgAttributes,
  argExtremumOp,
  type ReduceAttributes,
  type Reduction,
  reduceLogSumExpOp,
  reduceOp,
} from './ops/reduce.js'
export { flatten, flattenOp, reshapeOp, squeezeOp, unsqueezeOp } from './ops/reshape.js'
export * from './ops/resize.js'
export type { CoordinateMode } from './ops/resize-positions.js'
export * from './ops/rms-normalize.js'
export * from './ops/roi-align.js'
export * from './ops/rotary-embedding.js'
export * from './ops/scatter.js'
export * from './ops/signal-window.js'
export * from './ops/slice.js'
export { logSoftmaxOp, type SoftmaxAttributes, softmaxOp } from './ops/softmax.js'
export * from './ops/top-k.js'
export * from './ops/transpose.js'
export type { AutoPad, WindowAttributes } from './ops/window.js'
export { foldBatchNorm } from './passes/fold-batch-norm.js'
export * from './tensor.js'
