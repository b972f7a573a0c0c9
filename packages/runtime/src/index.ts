/** Walks plans on devices. */
export { PlanError } from '@tilewright/backend/plan'
export type { DeviceTensor, HostTensor, InputTensor } from './check-inputs.js'
export type { LoadStats } from './load-plan.js'
export type { MemoryUse, RunResult, RunStats } from './run-plan.js'
export * from './session.js'
export type { ConstantSource } from './upload-constants.js'
