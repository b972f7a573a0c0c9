/**
 * Einsum: sums of products over labelled dimensions. Two operands are one contraction; more are taken from the left, two
 * at a time, and a dimension is summed over as soon as nothing further needs it.
 */
import {
  add,
  type Buffer,
  buffer,
  compute,
  computeType,
  constant,
  defined,
  type Equation,
  type Expr,
  int,
  load,
  mul,
  reduce,
  type SizeExpr,
  sumOfProducts,
} from '@tilewright/ir'
import type { EqualSizes, Operation } from '../graph.js'
import type { TensorType } from '../tensor.js'
import { einsumTerms, type Label } from './einsum-equation.js'
import { agree, expectOneDType, formatShape, plainer, shapeError } from './shape-error.js'

export interface EinsumAttributes {
  readonly equation: string
}

/** A buffer and the labels of its dimensions, some of which may be there twice (a diagonal). */
interface Labelled {
  readonly source: Buffer
  readonly labels: readonly Label[]
}

/**
 * Einsum (ONNX, numpy.einsum): dimensions of extent 1 broadcast. Throws `CompileError` `graph/equation`, `graph/shape`,
 * `graph/dtype`.
 */
export function einsumOp(operands: readonly TensorType[], { equation }: EinsumAttributes): Operation {
  expectOneDType('Einsum', operands)
  const first = defined(operands[0], 'Einsum has an operand')
  if (first.dtype === 'bool') throw shapeError('Einsum', 'operands are bool', 'cast them in the model')
  const terms = einsumTerms(
    equation,
    operands.map(({ shape }) => shape.length),
  )
  const { extents, equalSizes } = extentsOf(operands, terms.operands)
  const shapeOf = (labels: readonly Label[]): readonly SizeExpr[] =>
    labels.map((label) => defined(extents.get(label), 'a label has an extent'))
  return {
    name: 'Einsum',
    outputs: [{ dtype: first.dtype, shape: shapeOf(terms.result) }],
    equalSizes,
    define: (inputs, [output]) => {
      const out = defined(output, 'one output')
      const type = computeType(out.dtype)
      const equations: Equation[] = []
      const sources = inputs.map((source, i) => ({ source, labels: defined(terms.operands[i], 'one term an operand') }))
      const between = (labels: readonly Label[]): Buffer => buffer('sum', type, shapeOf(labels), 'storage')
      /** `labels` of an operand, the others summed over. */
      const reduced = (operand: Labelled, labels: readonly Label[], target: Buffer): Labelled => {
        equations.push(sumOf(target, labels, operand, extents))
        return { source: target, labels }
      }
      /** An operand without the dimensions that nothing else needs. */
      const trimmed = (operand: Labelled, needed: ReadonlySet<Label>): Labelled => {
        const kept = [...new Set(operand.labels)].filter((label) => needed.has(label))
        const isWhole = operand.labels.every((label) => needed.has(label))
        return isWhole ? operand : reduced(operand, kept, between(kept))
      }
      const [start, ...rest] = sources
      let left = defined(start, 'Einsum has an operand')
      rest.forEach((next, i) => {
        const later = new Set([...rest.slice(i + 1).flatMap(({ labels }) => labels), ...terms.result])
        const right = trimmed(next, new Set([...left.labels, ...later]))
        left = trimmed(left, new Set([...right.labels, ...later]))
        const isLast = i === rest.length - 1
        const labels = isLast
          ? terms.result
          : [...new Set([...left.labels, ...right.labels])].filter((label) => later.has(label))
        const target = isLast ? out : between(labels)
        equations.push(productOf(target, labels, [left, right], extents))
        left = { source: target, labels }
      })
      if (rest.length === 0) reduced(left, terms.result, out)
      return equations
    },
  }
}

type Extents = ReadonlyMap<Label, SizeExpr>

/** The extent of each label; one that is 1 meets any other. */
function extentsOf(
  operands: readonly TensorType[],
  terms: readonly (readonly Label[])[],
): { readonly extents: Extents; readonly equalSizes: readonly EqualSizes[] } {
  const extents = new Map<Label, SizeExpr>()
  const equalSizes: EqualSizes[] = []
  for (const [i, { shape }] of operands.entries()) {
    for (const [d, label] of (terms[i] ?? []).entries()) {
      const [extent, known] = [defined(shape[d], 'a label a dimension'), extents.get(label)]
      if (known === undefined || known === 1) extents.set(label, extent)
      else if (extent !== 1) {
        const message = `the extents of "${label}" differ: ${formatShape([known, extent])}`
        equalSizes.push(...agree('Einsum', message, known, extent))
        extents.set(label, plainer(known, extent))
      }
    }
  }
  return { extents, equalSizes }
}

type Positions = ReadonlyMap<Label, Expr>

const positions = (labels: readonly Label[], at: readonly Expr[]): Positions =>
  new Map(labels.map((label, d) => [label, defined(at[d], 'one position a label')]))

/** The element of an operand where its labels have these positions. */
const elementAt = ({ source, labels }: Labelled, at: Positions): Expr =>
  load(
    source,
    labels.map((label, d) => (source.shape[d] === 1 ? int(0) : defined(at.get(label), 'a label is bound'))),
  )

/** The labels that a result does not have, as a domain. */
function summed(
  labels: readonly Label[],
  operands: readonly Labelled[],
  extents: Extents,
): readonly { readonly hint: string; readonly label: Label; readonly extent: SizeExpr }[] {
  const all = new Set(operands.flatMap((operand) => operand.labels))
  return [...all].flatMap((label) => {
    const extent = defined(extents.get(label), 'a label has an extent')
    return labels.includes(label) ? [] : [{ hint: 'k', label, extent }]
  })
}

function sumOf(target: Buffer, labels: readonly Label[], operand: Labelled, extents: Extents): Equation {
  const domain = summed(labels, [operand], extents)
  if (domain.length === 0) return compute(target, (...axes) => elementAt(operand, positions(labels, axes)))
  const names = [...labels, ...domain.map(({ label }) => label)]
  return reduce({
    outputs: [target],
    domain,
    identity: [constant(computeType(target.dtype), 0)],
    value: (axes, at) => [elementAt(operand, positions(names, [...axes, ...at]))],
    combine: ([a], [b]) => [add(defined(a, 'left'), defined(b, 'right'))],
    commutative: true,
  })
}

function productOf(
  target: Buffer,
  labels: readonly Label[],
  operands: readonly [Labelled, Labelled],
  extents: Extents,
): Equation {
  const domain = summed(labels, operands, extents)
  const names = [...labels, ...domain.map(({ label }) => label)]
  const factors = (at: readonly Expr[]): readonly [Expr, Expr] => {
    const bound = positions(names, at)
    return [elementAt(operands[0], bound), elementAt(operands[1], bound)]
  }
  if (domain.length === 0) return compute(target, (...axes) => mul(...factors(axes)))
  return sumOfProducts(target, domain, (axes, at) => factors([...axes, ...at]))
}
