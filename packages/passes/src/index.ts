/** The lowering passes, and the order in which they run. */
export { flattenIndices } from './flatten-indices.js'
export { type FoldLaunchOptions, foldLaunch } from './fold-launch.js'
export { hoistInvariants } from './hoist-invariants.js'
export {
  type LinearContext,
  type LinearForm,
  type LinearTerm,
  linearContext,
  linearForm,
} from './linear-form.js'
export { lowerTaskMapping } from './lower-task-mapping.js'
export { type MergeGuardsOptions, mergeGuards } from './merge-guards.js'
export { loweringPasses } from './pipelines.js'
export { type PassEvent, type PipelineOptions, runPipeline } from './run-pipeline.js'
export { scalarizePrivate } from './scalarize-private.js'
export { simplify } from './simplify.js'
export { type UnrollOptions, unrollLoops } from './unroll-loops.js'
export { type VectorizeOptions, vectorizeAccesses } from './vectorize-accesses.js'
