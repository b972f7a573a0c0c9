// The authoring handle: `chain.repeat(4, 1).spatial(16, 8).mapping` reads outermost first, like the algebra.
// Methods live here only; `.mapping` is the plain data that everything else takes.
import {
  compose,
  type RepeatOptions,
  repeat,
  type ShapeArguments,
  type SpatialOptions,
  spatial,
  type TaskMapping,
} from './mapping.js'

/** What can be composed next, as the innermost part. Arguments and errors: see `spatial` and `repeat`. */
export interface MappingChainStart {
  spatial(...args: ShapeArguments<SpatialOptions>): MappingChain
  repeat(...args: ShapeArguments<RepeatOptions>): MappingChain
}

/** A mapping under construction. Immutable: each call returns a new handle. */
export interface MappingChain extends MappingChainStart {
  readonly mapping: TaskMapping
}

/** Starts a chain: `chain.repeat(4, 1).spatial(16, 8).mapping` is `compose(repeat(4, 1), spatial(16, 8))`. */
export const chain: MappingChainStart = {
  spatial: (...args) => chainFrom(spatial(...args)),
  repeat: (...args) => chainFrom(repeat(...args)),
}

/** The mapping of a chain, or the mapping itself. */
export function mappingOf(given: TaskMapping | MappingChain): TaskMapping {
  // Callers without types may pass anything: what takes the mapping refuses it.
  return typeof given === 'object' && given !== null && 'mapping' in given ? given.mapping : given
}

function chainFrom(mapping: TaskMapping): MappingChain {
  return {
    mapping,
    spatial: (...args) => chainFrom(compose(mapping, spatial(...args))),
    repeat: (...args) => chainFrom(compose(mapping, repeat(...args))),
  }
}
