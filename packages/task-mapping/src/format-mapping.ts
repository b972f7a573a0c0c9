// The one text form of a mapping, used wherever a mapping is printed. Composition is associative, so it needs
// no parentheses; `order` and `unroll` are shown only where they differ from the default.
import type { TaskMapping } from './mapping.js'

/** `repeat(4, 1) * spatial(16, 8)`, `spatial(4, 8, order=[1, 0])`, `repeat(8, 4, unroll)`, `repeat(8, 4, unroll=[false, true])`. */
export function formatMapping(mapping: TaskMapping): string {
  switch (mapping.kind) {
    case 'spatial': {
      const isRowOrder = mapping.order.every((dim, place) => dim === place)
      return call('spatial', mapping.shape, isRowOrder ? [] : [`order=[${mapping.order.join(', ')}]`])
    }
    case 'repeat': {
      if (!mapping.unroll.includes(true)) return call('repeat', mapping.shape, [])
      const isWhole = !mapping.unroll.includes(false)
      return call('repeat', mapping.shape, [isWhole ? 'unroll' : `unroll=[${mapping.unroll.join(', ')}]`])
    }
    case 'compose':
      return `${formatMapping(mapping.outer)} * ${formatMapping(mapping.inner)}`
  }
}

function call(name: string, shape: readonly number[], attributes: readonly string[]): string {
  return `${name}(${[...shape, ...attributes].join(', ')})`
}
