export { type AutoMapOptions, type AutoMapRejection, autoMap } from './auto-map.js'
export { chain, type MappingChain, type MappingChainStart, mappingOf } from './chain.js'
export { draw } from './draw.js'
export { formatMapping } from './format-mapping.js'
export {
  compose,
  type RepeatOptions,
  rank,
  repeat,
  type ShapeArguments,
  type SpatialOptions,
  spatial,
  type TaskMapping,
  taskShape,
  tasksPerWorker,
  workers,
} from './mapping.js'
export { MappingError, type MappingErrorCode } from './mapping-error.js'
export { type IndexArithmetic, tasks, tasksOf } from './tasks-of.js'
