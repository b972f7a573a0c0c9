/** What the import of nodes needs besides the values that they read. */
import type { Operation, Tensor } from '@tilewright/graph'
import type { OnnxNode } from '../model.js'
import type { Functions } from './functions.js'
import type { Scope } from './scope.js'

export interface Importer {
  readonly functions: Functions
  /** Version of the operator set that the nodes are written for. */
  readonly opset: number
  /** Counts a node; throws `UnsupportedError` `onnx/expansion` when functions and loops become too many. */
  readonly count: (where: string) => void
  /** The results of an operation: known ones where its operands are, else those of a new node of the graph. */
  readonly apply: (operation: Operation, operands: readonly Tensor[], names: Names) => readonly Tensor[]
  /** Imports nodes: their outputs are defined in `scope`. `around` is the place of the nodes, or '' in the main graph. */
  readonly nodes: (nodes: readonly OnnxNode[], scope: Scope, importer: Importer, around: string) => void
}

export interface Names {
  /** '' for a name that is made up. */
  readonly node: string
  readonly outputs: readonly string[]
}
