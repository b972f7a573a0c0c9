/** Inputs for a run without data: seeded, of the shapes that the model declares. */
import { arrayFor, elementFor, type TensorArray } from '@tilewright/backend'
import type { Graph, TensorDType } from '@tilewright/graph'
import { CompileError, evaluateSize, type SizeExpr, type SizeParam, type SizeValues, sizeParams } from '@tilewright/ir'
import type { HostTensor } from '@tilewright/runtime'
import { randomNumbers } from './random-numbers.js'

/** What a size parameter is when nobody says: a batch of one, and a short extent elsewhere. */
const defaults = { leading: 1, inner: 16 } as const

/**
 * Values for the size parameters of a graph's inputs: the defaults, or `inner` behind the leading one, moved to what the
 * facts of each allow.
 */
export function defaultSizes(graph: Graph, inner: number = defaults.inner): Readonly<Record<string, number>> {
  const sizes: Record<string, number> = {}
  for (const { shape } of graph.inputs) {
    shape.forEach((extent, d) => {
      for (const [name, param] of sizeParams(extent)) {
        if (!Object.hasOwn(sizes, name)) sizes[name] = nearestSize(param, d === 0 ? defaults.leading : inner)
      }
    })
  }
  return sizes
}

/** The sizes that are asked for, and the defaults of the others. Throws `CompileError` `size/unknown`. */
export function sizesWith(
  graph: Graph,
  asked: Readonly<Record<string, number>>,
  inner?: number,
): Readonly<Record<string, number>> {
  const known = defaultSizes(graph, inner)
  const unknown = Object.keys(asked).find((name) => !Object.hasOwn(known, name))
  if (unknown === undefined) return { ...known, ...asked }
  const names = Object.keys(known)
  throw new CompileError({
    code: 'size/unknown',
    message: `the model has no size "${unknown}"`,
    help: names.length === 0 ? 'all its sizes are numbers' : `its sizes are ${names.join(', ')}`,
  })
}

/** The smallest size that the facts allow from `wanted` on, or the largest below when there is none. */
function nearestSize({ min, max, multipleOf }: SizeParam, wanted: number): number {
  const size = Math.ceil(Math.max(min, wanted) / multipleOf) * multipleOf
  return size <= max ? size : Math.floor(max / multipleOf) * multipleOf
}

/** An input for each of the graph's: floats in [-1, 1), integers in 0..9, bool. */
export function randomInputs(graph: Graph, sizes: SizeValues): Readonly<Record<string, HostTensor>> {
  const random = randomNumbers(1)
  return Object.fromEntries(
    graph.inputs.map(({ name, dtype, shape }): [string, HostTensor] => {
      const extents = shape.map((extent: SizeExpr) => evaluateSize(extent, sizes))
      const elements = extents.reduce((product, extent) => product * extent, 1)
      return [name, { dtype, shape: extents, data: randomData(dtype, elements, random) }]
    }),
  )
}

function randomData(dtype: TensorDType, elements: number, random: () => number): TensorArray {
  const data = arrayFor(dtype, elements)
  if (data instanceof BigInt64Array) return data.map(() => BigInt(Math.floor(random() * 10)))
  for (let i = 0; i < elements; i++) data[i] = randomElement(dtype, random)
  return data
}

function randomElement(dtype: TensorDType, random: () => number): number {
  switch (dtype) {
    case 'f32':
    case 'f16':
    case 'bf16':
      return elementFor(dtype, 2 * random() - 1)
    case 'bool':
      return random() < 0.5 ? 0 : 1
    default:
      return Math.floor(random() * 10)
  }
}
