/** The wiring: a graph and a backend in, a plan out. */
export { CompileError, UnsupportedError } from '@tilewright/ir'
export * from './compile.js'
export * from './program.js'
export type * from './report.js'
export type { CompileTimes, PassTime, Stage, StageTime } from './stopwatch.js'
