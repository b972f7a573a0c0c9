// Random ONNX models over most operators that are imported: small, with values that stay small, and without what two right
// implementations may differ about (growing-model.ts says how).

import type { SizeValues } from '@tilewright/ir'
import type { OnnxModel } from '@tilewright/onnx'
import fc from 'fast-check'
import { activated, binary, chosen, compared, converted, gated, limited, tamed } from './random-model/arithmetic.js'
import { convolved, deconvolved, multiplied, skipped } from './random-model/contractions.js'
import { cumulated, located, normalized, pooled, reduced, softmaxed } from './random-model/folds.js'
import {
  type Extent,
  growingModel,
  type ModelDType,
  type Pick,
  type Step,
  smallInteger,
} from './random-model/growing-model.js'
import { einsummed } from './random-model/labelled-sums.js'
import {
  blocked,
  counted,
  expanded,
  gathered,
  joined,
  masked,
  padded,
  parted,
  reshaped,
  sliced,
  turned,
} from './random-model/movement.js'

/** Data of an input: integers in −2..2. */
export interface ModelInput {
  readonly dtype: ModelDType
  readonly shape: readonly number[]
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array
}

export interface ModelRun {
  /** Values of the model's symbolic size, if it has one. */
  readonly sizes: SizeValues
  readonly inputs: Readonly<Record<string, ModelInput>>
}

export interface ArbitraryModel {
  readonly model: OnnxModel
  /** The symbolic size is a prime in the first, 0 or 1 in the second; a model of fixed sizes has one run. */
  readonly runs: readonly ModelRun[]
}

const anchors: readonly Step[] = [
  convolved,
  convolved,
  deconvolved,
  multiplied,
  multiplied,
  einsummed,
  pooled,
  reduced,
  softmaxed,
  normalized,
]
const moves: readonly Step[] = [
  turned,
  sliced,
  padded,
  reshaped,
  joined,
  parted,
  expanded,
  blocked,
  gathered,
  masked,
  counted,
]
const pointwise: readonly Step[] = [
  activated,
  activated,
  tamed,
  binary,
  binary,
  compared,
  chosen,
  converted,
  gated,
  limited,
]
const all: readonly Step[] = [...anchors, ...moves, ...pointwise, cumulated, located, skipped, reduced, normalized]

const numbers = fc.array(fc.nat({ max: 5039 }), { minLength: 14, maxLength: 14 })
const among = (steps: readonly Step[]) => fc.record({ step: fc.nat({ max: steps.length - 1 }), choices: numbers })

const upTo = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max })
const size = fc.constant('n' as const)
const shapes: fc.Arbitrary<readonly Extent[]> = fc.oneof(
  fc.tuple(size, upTo(4), upTo(6), upTo(7)),
  fc.tuple(upTo(2), fc.constantFrom(4, 8), upTo(5), upTo(5)),
  fc.tuple(size, upTo(4), upTo(8)),
  fc.tuple(upTo(2), size, upTo(8)),
  fc.tuple(upTo(3), upTo(5), upTo(9)),
  fc.tuple(size, fc.oneof(upTo(12), fc.integer({ min: 32, max: 40 }))),
  fc.tuple(upTo(6), upTo(20)),
  fc.tuple(fc.oneof(size, upTo(20))),
)

const recipe = fc.record({
  opset: fc.constantFrom(13, 14, 17, 18, 19, 20, 21, 22),
  shape: shapes,
  dtype: fc.constantFrom<ModelDType>('f32', 'f32', 'f32', 'f32', 'f32', 'i32', 'i64', 'bool'),
  prime: fc.constantFrom(2, 3, 5, 7),
  small: fc.constantFrom(0, 1, 1),
  anchor: among(anchors),
  rest: fc.array(among(all), { minLength: 2, maxLength: 7 }),
  also: fc.nat({ max: 30 }),
  seed: fc.nat({ max: 4 }),
})

/** Models of opsets 13 to 22, with a symbolic size or without. */
export function arbitraryModel(): fc.Arbitrary<ArbitraryModel> {
  return recipe.map(({ opset, shape, dtype, prime, small, anchor, rest, also, seed }) => {
    const g = growingModel(opset, prime, seed)
    let latest = g.input('x', dtype, shape)
    const apply = (step: Step | undefined, choices: readonly number[]): void => {
      let used = 0
      const pick: Pick = (count) => (choices[used++ % choices.length] ?? 0) % Math.max(1, count)
      // Mostly a chain.
      const x = pick(5) === 0 ? (g.live[pick(g.live.length)] ?? latest) : latest
      latest = step?.(g, x, pick) ?? latest
    }
    apply(anchors[anchor.step], anchor.choices)
    for (const { step, choices } of rest) apply(all[step], choices)
    // A model computes something.
    if (g.live.length === 1) apply(activated, anchor.choices)
    const model = g.finish(g.live[also])
    const run = (n: number): ModelRun => {
      const extents = shape.map((extent) => (extent === 'n' ? n : extent))
      return { sizes: shape.includes('n') ? { n } : {}, inputs: { x: inputOf(dtype, extents, seed) } }
    }
    return Object.assign(
      { model, runs: shape.includes('n') ? [run(prime), run(small)] : [run(prime)] },
      {
        [fc.toStringMethod]: () => textOf(model),
      },
    )
  })
}

function inputOf(dtype: ModelDType, shape: readonly number[], seed: number): ModelInput {
  const length = shape.reduce((count, extent) => count * extent, 1)
  const element = (_: unknown, i: number): number => smallInteger(i, seed)
  switch (dtype) {
    case 'f32':
      return { dtype, shape, data: Float32Array.from({ length }, element) }
    case 'i32':
      return { dtype, shape, data: Int32Array.from({ length }, element) }
    case 'i64':
      return { dtype, shape, data: BigInt64Array.from({ length }, (_, i) => BigInt(smallInteger(i, seed))) }
    case 'bool':
      return { dtype, shape, data: Uint8Array.from({ length }, (_, i) => (smallInteger(i, seed) > 0 ? 1 : 0)) }
  }
}

/** A model as text, a line a node: what a failing property shows. */
function textOf({ graph, opsetImports }: OnnxModel): string {
  const shapeOf = (name: string): string => {
    const found = [...graph.inputs, ...graph.outputs].find((info) => info.name === name)?.type
    if (found?.kind !== 'tensor' || found.shape === 'unknown') return ''
    return `: ${found.dtype}[${found.shape.map((dim) => (typeof dim === 'object' ? dim.param : dim)).join(', ')}]`
  }
  const weight = new Map(graph.initializers.map(({ name, dtype, dims }) => [name, `${dtype}[${dims.join(', ')}]`]))
  const lines = graph.nodes.map(({ opType, inputs, outputs, attributes }) => {
    const given = inputs.map((name) => weight.get(name) ?? `${name}${shapeOf(name)}`).join(', ')
    const named = attributes.map(({ name, ...value }) => `${name}=${'value' in value ? String(value.value) : ''}`)
    return `  ${outputs.map((name) => name + shapeOf(name)).join(', ')} = ${opType}(${given}) ${named.join(' ')}`
  })
  return `opset ${opsetImports[0]?.version}\n${lines.join('\n')}`
}
