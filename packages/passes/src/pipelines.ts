/** The common order of the lowering passes. A backend appends its own, and reads as one array in its own file. */
import { checkTarget, type Pass, type Target } from '@tilewright/ir'
import { flattenIndices } from './flatten-indices.js'
import { foldLaunch } from './fold-launch.js'
import { hoistInvariants } from './hoist-invariants.js'
import { lowerTaskMapping } from './lower-task-mapping.js'
import { mergeGuards } from './merge-guards.js'
import { reduceStrength } from './reduce-strength.js'
import { scalarizePrivate } from './scalarize-private.js'
import { simplify } from './simplify.js'
import { unrollLoops } from './unroll-loops.js'
import { vectorizeAccesses } from './vectorize-accesses.js'

/**
 * What lowers a kernel for a target that runs `threads` and has memory of its own; every printer can take the result.
 * Throws `CompileError` `ir/target` for what is no target.
 */
export function loweringPasses(target: Pick<Target, 'vectorLanes' | 'limits'>): readonly Pass[] {
  checkTarget(target)
  const { vectorLanes, limits } = target
  return [
    lowerTaskMapping, // first: the indices of tasks are plain expressions from here on
    flattenIndices,
    simplify, // before unrolling: what is simple in a loop's body need not be simplified in every copy
    unrollLoops(),
    simplify, // after unrolling: folds the indices of each copy, on which the next three passes rely
    scalarizePrivate, // after unrolling: registers are accessed at constant indices
    ...vectorPasses(vectorLanes),
    simplify, // after scalarizing and vectors: removes the values that only rename others
    foldLaunch(limits), // after simplifying, which knows more of a position that is still three coordinates
    hoistInvariants, // names what is shared, which would hide it from every pass above
    reduceStrength, // last: every pass above reasons about divisions
  ]
}

/** Where memory is accessed in vectors. */
function vectorPasses(lanes: number): readonly Pass[] {
  if (lanes !== 2 && lanes !== 4) return []
  return [
    mergeGuards({ lanes }), // before vectors: puts guarded stores into one straight line
    vectorizeAccesses({ lanes }),
  ]
}
