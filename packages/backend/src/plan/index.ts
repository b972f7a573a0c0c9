/** Plans: types, and what a runtime needs to walk one. Imports nothing. */
export * from './elements.js'
export * from './limits.js'
export * from './plan.js'
export * from './plan-error.js'
export * from './sizes.js'
