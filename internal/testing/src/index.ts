// What the tests of several packages share. Never imported by anything that is published.
export {
  type ArbitraryExprOptions,
  arbitraryBindings,
  arbitraryConst,
  arbitraryExpr,
  arbitrarySize,
  arbitrarySizeParams,
  arbitrarySizeValues,
} from './arbitrary-expr.js'
export { type ArbitraryGraph, arbitraryGraph, arbitraryTransposes, type GraphRun } from './arbitrary-graph.js'
export { arbitraryKernel, type GeneratedKernel, generateKernel } from './arbitrary-kernel.js'
export {
  type ArbitraryMappingOptions,
  arbitraryExtents,
  arbitraryMapping,
  arbitraryMappingTriple,
} from './arbitrary-mapping.js'
export { type ArbitraryModel, arbitraryModel, type ModelInput, type ModelRun } from './arbitrary-model.js'
export { type BrowserModule, openInBrowser } from './browser.js'
export { type Counted, countingDevice } from './counting-device.js'
export { dataFolder, dataSkipReason } from './data-folder.js'
export { deepFreeze } from './deep-freeze.js'
export { evaluateExpr } from './evaluate-expr.js'
export { type FakeDriver, loadFakeDriver } from './fake-driver.js'
export { type AttentionEquations, type AttentionShape, attentionEquations } from './fixtures/attention-equation.js'
export { authoredMatmul, type MatmulShape, type MatmulTiles } from './fixtures/authored-matmul.js'
export { layerNormRows, type RowEquation, rowStage, rowSums, softmaxRows } from './fixtures/row-equations.js'
export { launchEmulated } from './launch-emulated.js'
export { type KernelLaunch, type LaunchKernel, type PrintedRun, runPrinted } from './launch-kernel.js'
export { type EmulatedArgument, type EmulatedLaunch, type EmulatedModule, loadEmulated } from './load-emulated.js'
export { loadOnnxRuntime, type ModelRunner, runtimeSkipReason } from './onnx-runtime.js'
export { propertyRuns } from './property-runs.js'
export { runGenerated } from './run-generated.js'
export { launchOnDevice, runOnDevice } from './run-on-device.js'
export { runOperation } from './run-operation.js'
export { byDefinition, runScheduled, type ScheduledRun } from './run-scheduled.js'
export { testTarget } from './test-target.js'
export { cudaLaunchers, openTestedCuda, testedCuda } from './tested-cuda.js'
export { thrownBy } from './thrown-by.js'
export { GUARDED_TIERS, type GuardedTier, nvccPath, nvccSkipReason, tierSkipReason } from './tiers.js'
export { type Operations, operations } from './toy-backend/operations.js'
export { elementText } from './toy-backend/print-toy.js'
export { type ToyParts, toyBackend } from './toy-backend/toy-backend.js'
