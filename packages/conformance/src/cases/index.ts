/** All cases, area by area. */
import type { ConformanceCase } from '../conformance-case.js'
import { arithmeticCases } from './arithmetic.js'
import { controlFlowCases } from './control-flow.js'
import { conversionCases } from './conversions.js'
import { cooperationCases } from './cooperation.js'
import { deviceCases } from './device.js'
import { functionCases } from './functions.js'
import { launchCases } from './launches.js'
import { memoryCases } from './memory.js'
import { narrowTypeCases } from './narrow-types.js'
import { orderCases } from './order.js'
import { subgroupCases } from './subgroups.js'

export const conformanceCases: readonly ConformanceCase[] = [
  ...deviceCases,
  ...arithmeticCases,
  ...functionCases,
  ...conversionCases,
  ...narrowTypeCases,
  ...controlFlowCases,
  ...memoryCases,
  ...launchCases,
  ...orderCases,
  ...cooperationCases,
  ...subgroupCases,
]
