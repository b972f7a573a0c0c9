/** Templates, one family a folder, and the choice among them. */
export { type DirectConvolution, directConvolution } from './conv/direct.js'
export { type Elementwise, elementwise } from './elementwise.js'
export { type RegisterTiled, registerTiledMatmul } from './matmul/register-tiled.js'
export { type WorkgroupTiled, workgroupTiledMatmul } from './matmul/workgroup-tiled.js'
export * from './resolve.js'
export { type RowsCooperative, rowsCooperative } from './rows/cooperative.js'
export { type RowsInThread, rowsInThread } from './rows/in-thread.js'
export { ruleBased } from './rule-based.js'
