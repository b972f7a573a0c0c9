/** Operators that hold graphs, by name. What is known when compiling decides what becomes of them. */

import type { Tensor } from '@tilewright/graph'
import { importIf } from './if.js'
import { importLoop } from './loop.js'
import { importScan } from './scan.js'
import type { StructuredNode } from './subgraph.js'

export const controlFlow: ReadonlyMap<string, (node: StructuredNode) => readonly Tensor[]> = new Map([
  ['If', importIf],
  ['Loop', importLoop],
  ['Scan', importScan],
])
