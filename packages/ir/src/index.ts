/** The kernel IR, computation definitions, sizes, and the contracts between the stages that use them. */
export { describe, isPlain } from './arguments.js'

export * from './async-multiply.js'
export { withBitsOf } from './bits.js'
export * from './buffer.js'
export {
  type BufferHandle,
  buildKernel,
  type KernelBuilder,
  type KernelOptions,
  type TilePlace,
} from './builder/kernel-builder.js'
export { callerLocation } from './builder/location.js'
export { type Operand, toExpr, type Value, value } from './builder/value.js'
export { checkArgument, checkNoOptions, checkOptions, checkRecord } from './check-arguments.js'
export { cutMiddle } from './cut-middle.js'
export * from './definition.js'
export * from './dtype.js'
export * from './equation.js'
export * from './errors.js'
export * from './expr.js'
export { floatFunctions } from './float-functions.js'
export * from './kernel.js'
export * from './pass.js'
export * from './plain-fold.js'
export { printDefinition } from './print/print-definition.js'
export { printExpr } from './print/print-expr.js'
export { type PrintedKernel, printKernel, printKernelLines } from './print/print-kernel.js'
export { printStmt } from './print/print-stmt.js'
export * from './rewrite.js'
export * from './schedule.js'
export * from './size.js'
export type { SourceLocation } from './source-location.js'
export * from './stmt.js'
export * from './subgroup-stmts.js'
export * from './target.js'
export * from './tile-copy.js'
export { assertValid, type ValidityOptions, type Violation, validateKernel } from './validate/validate-kernel.js'
export { checkWorkers } from './validate/workers.js'
export * from './walk.js'
