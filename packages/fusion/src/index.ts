/** Post-scheduling fusion: partition into groups, then inlining into scheduled kernels. */
export { formAttention } from './attention/form-attention.js'
export { byteProduct } from './byte-products/byte-product.js'
export { composeAnchor } from './compose-anchor.js'
export { equationInputs, type FusionGroup, groupInputs, groupOutputs, type Remark } from './group.js'
export { inPlaceOperand } from './in-place.js'
export { inlineGroup } from './inline.js'
export { type Partition, type PartitionFacts, partition } from './partition.js'
export { formRows } from './rows/form-rows.js'
