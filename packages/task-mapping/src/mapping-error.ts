// The package's only error: a mapping that cannot exist, or a worker it does not have.

/** What can be wrong with a mapping. Each code has its help line in the table below. */
export type MappingErrorCode =
  | 'mapping/argument'
  | 'mapping/extent'
  | 'mapping/size'
  | 'mapping/rank'
  | 'mapping/order'
  | 'mapping/unroll'
  | 'mapping/worker'

const helpFor: Record<MappingErrorCode, string> = {
  'mapping/argument':
    'a mapping is what spatial, repeat, compose or the .mapping of a chain gives; a shape is an array of extents',
  'mapping/extent': 'extents, worker counts and vector widths are positive integers; map tiles, not problem sizes',
  'mapping/size': 'a mapping counts its tasks in 31 bits; map a tile and loop or launch over the rest',
  'mapping/rank': 'composed mappings have one rank; pad the shorter one with extents of 1',
  'mapping/order': 'order lists every dimension once, slowest first, for example [1, 0] for column order',
  'mapping/unroll': 'unroll is one boolean, or one boolean for each dimension',
  'mapping/worker': 'idle workers have no tasks; guard with worker < workers(mapping)',
}

/** Thrown by the constructors, `compose`, `autoMap` and `tasks` on arguments that no mapping has. */
export class MappingError extends Error {
  readonly code: MappingErrorCode
  readonly help: string

  constructor(code: MappingErrorCode, message: string) {
    super(message)
    this.name = 'MappingError'
    this.code = code
    this.help = helpFor[code]
  }
}
