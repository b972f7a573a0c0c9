// Sums of products over labelled dimensions: Einsum of one to three operands.
import { attribute } from '@tilewright/onnx'
import { floated } from './arithmetic.js'
import { within } from './contractions.js'
import {
  type Extent,
  type GrowingModel,
  manyElements,
  oneOf,
  type Pick,
  type Step,
  type Value,
} from './growing-model.js'

const letters = 'abcdefgh'
const fresh = 'yz'

/** What the dimensions of a term are called, where `'...'` stands for those that have no name. */
type Term = readonly string[]

interface Labels {
  /** The extents by label. */
  readonly named: Map<string, Extent>
  /** The extents that the ellipsis covers. */
  readonly covered: readonly Extent[]
}

/** A value, the value and weights, or weights twice: products, outer products, diagonals, sums, ellipses, in any order. */
export const einsummed: Step = (g, value, pick) => {
  const start = floated(g, value)
  if (start.shape.length > letters.length) return undefined
  const isOpen = pick(3) === 0
  const covers = isOpen ? pick(start.shape.length + 1) : 0
  const labels: Labels = { named: new Map(), covered: start.shape.slice(0, covers) }
  const own = start.shape.slice(covers).map((extent, d) => {
    // A dimension may share the label of an equal one: a diagonal.
    const equal = [...labels.named].find(([, other]) => other === extent)
    const label = equal !== undefined && pick(3) === 0 ? equal[0] : (letters[d] ?? '')
    labels.named.set(label, extent)
    return label
  })
  const others = Array.from({ length: pick(3) }, () => factor(g, labels, isOpen, pick))
  const terms: readonly Term[] = [isOpen ? ['...', ...own] : own, ...others.map(({ term }) => term)]
  const isImplicit = pick(4) === 0
  const result = isImplicit ? implied(terms) : chosenResult(labels, isOpen, pick)
  const extents = (names: Iterable<string>): readonly Extent[] =>
    [...names].flatMap((name) => (name === '...' ? labels.covered : [labels.named.get(name) ?? 1]))
  const shape = extents(result)
  const points = g.countOf({ shape: [...labels.covered, ...labels.named.values()] })
  if (shape.length > 5 || g.countOf({ shape }) > 2 * manyElements || points > 16 * manyElements) return undefined

  const summed = g.countOf({ shape: extents([...labels.named.keys()].filter((name) => !result.includes(name))) })
  const products = Math.max(1, summed) * 2 ** others.length
  const x = within(g, start, products)
  const left = terms.map((term) => term.join('')).join(oneOf(pick, ',', ', '))
  const equation = attribute.string(isImplicit ? left : `${left}->${result.join('')}`)
  const made = { ...x, shape, bound: x.bound * products }
  return g.node('Einsum', [x, ...others.map(({ weights }) => weights)], made, { equation })
}

/** Weights over labels that there are, at times twice the same, and new ones. */
function factor(
  g: GrowingModel,
  { named, covered }: Labels,
  isOpen: boolean,
  pick: Pick,
): { readonly term: Term; readonly weights: Value } {
  const fixed = [...named].flatMap(([label, extent]) => (typeof extent === 'number' ? [label] : []))
  const term = Array.from({ length: 1 + pick(3) }, () => {
    const label = pick(3) > 0 ? fixed[pick(fixed.length)] : undefined
    return label ?? fresh[pick(fresh.length)] ?? ''
  })
  const shape = term.map((label) => {
    const extent = named.get(label) ?? 1 + pick(4)
    named.set(label, extent)
    return Number(extent)
  })
  // An ellipsis covers as many dimensions everywhere, or onnxruntime refuses it.
  if (!isOpen || pick(2) === 0) return { term, weights: g.constant(shape) }
  const outer = covered.map((extent) => (typeof extent === 'number' && pick(2) === 0 ? extent : 1))
  return { term: ['...', ...term], weights: g.constant([...outer, ...shape]) }
}

/** What an equation without an arrow gives: the ellipsis, then what is there once, by name. */
function implied(terms: readonly Term[]): Term {
  const all = terms.flat()
  const once = all.filter((label) => label !== '...' && all.indexOf(label) === all.lastIndexOf(label))
  return [...(all.includes('...') ? ['...'] : []), ...once.toSorted()]
}

/** Some labels in some order; the ellipsis stays. */
function chosenResult({ named }: Labels, isOpen: boolean, pick: Pick): Term {
  const kept = pick(64)
  const names = [...named.keys()].filter((_, i) => (kept >> (i % 6)) % 2 === 0)
  const turn = pick(names.length + 1)
  const turned = [...names.slice(turn), ...names.slice(0, turn)]
  const result = pick(2) === 0 ? turned : turned.toReversed()
  return isOpen ? result.toSpliced(oneOf(pick, 0, pick(result.length + 1)), 0, '...') : result
}
