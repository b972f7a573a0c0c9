/** The conformance kit: what any backend must do, checked against the simulator. */
export { conformanceCases } from './cases/index.js'
export {
  type Area,
  type ConformanceCase,
  ConformanceError,
  type Outcome,
  type Subject,
} from './conformance-case.js'
export {
  type ConformanceOptions,
  type ConformanceReport,
  type ConformanceResult,
  runConformance,
} from './run-conformance.js'
