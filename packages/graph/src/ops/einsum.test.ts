import { buffer } from '@tilewright/ir'
import { propertyRuns, runOperation, thrownBy } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TensorType } from '../tensor.js'
import { einsumOp } from './einsum.js'

const f32 = (...shape: readonly number[]): TensorType => ({ dtype: 'f32', shape })
const counted = (type: TensorType, from = 1) => {
  const count = type.shape.reduce<number>((product, extent) => product * Number(extent), 1)
  return { type, data: Float32Array.from({ length: count }, (_, i) => from + i) }
}

function einsum(equation: string, ...shapes: readonly (readonly number[])[]) {
  const operands = shapes.map((shape, i) => counted(f32(...shape), i + 1))
  const operation = einsumOp(
    operands.map(({ type }) => type),
    { equation },
  )
  const [values] = runOperation(operation, operands)
  return { shape: operation.outputs[0]?.shape, values: Array.from(values ?? [], Number) }
}

/** The sum over every assignment of positions to letters, by the text of the operator. */
function byAssignments(
  terms: readonly string[],
  result: string,
  shapes: readonly (readonly number[])[],
): readonly number[] {
  const extents = new Map(
    terms.flatMap((term, i) => [...term].map((label, d) => [label, shapes[i]?.[d] ?? 1] as const)),
  )
  const labels = [...result, ...[...extents.keys()].filter((label) => !result.includes(label))]
  const positionIn = (names: string, at: ReadonlyMap<string, number>) =>
    [...names].reduce((position, label) => position * (extents.get(label) ?? 1) + (at.get(label) ?? 0), 0)
  const count = (names: readonly string[]) => names.reduce((product, label) => product * (extents.get(label) ?? 1), 1)
  const sums = Array.from({ length: count([...result]) }, () => 0)
  for (let flat = 0; flat < count(labels); flat++) {
    let rest = flat
    const at = new Map<string, number>()
    for (const label of labels.toReversed()) {
      at.set(label, rest % (extents.get(label) ?? 1))
      rest = Math.floor(rest / (extents.get(label) ?? 1))
    }
    const product = terms.reduce((value, term, i) => value * (i + 1 + positionIn(term, at)), 1)
    sums[positionIn(result, at)] = (sums[positionIn(result, at)] ?? 0) + product
  }
  return sums
}

describe('Einsum', () => {
  test('transposes, takes diagonals, sums', () => {
    expect(einsum('ij->ji', [2, 3])).toEqual({ shape: [3, 2], values: [1, 4, 2, 5, 3, 6] })
    expect(einsum('ba', [2, 3])).toEqual({ shape: [3, 2], values: [1, 4, 2, 5, 3, 6] })
    expect(einsum('ii->i', [2, 2])).toEqual({ shape: [2], values: [1, 4] })
    expect(einsum('ii', [3, 3])).toEqual({ shape: [], values: [15] })
    expect(einsum(' ij -> i ', [2, 3])).toEqual({ shape: [2], values: [6, 15] })
    expect(einsum('->', [])).toEqual({ shape: [], values: [1] })
    expect(einsum('ij->j', [0, 2])).toEqual({ shape: [2], values: [0, 0] })
  })

  test('reads an ellipsis, which broadcasts', () => {
    expect(einsum('...ii ->...i', [2, 2, 2])).toEqual({ shape: [2, 2], values: [1, 4, 5, 8] })
    expect(einsum('...i,...i', [2, 2], [2])).toEqual({ shape: [2], values: [8, 18] })
    expect(einsum('a...,...b->...ab', [1, 2], [1, 2, 1])).toEqual({ shape: [1, 2, 1, 1], values: [2, 6] })
    expect(einsum('...->', [2, 2])).toEqual({ shape: [], values: [10] })
    expect(einsum('i...,i...->i...', [2, 1], [2, 2]).values).toEqual([2, 3, 8, 10])
  })

  test('orders implicit results as ASCII does, capitals first', () => {
    expect(einsum('aB', [2, 3]).shape).toEqual([3, 2])
    expect(einsum('b...a', [2, 4, 3]).shape).toEqual([4, 3, 2])
  })

  test('is the sum over all positions of labels', () => {
    const letters = fc.constantFrom('a', 'b', 'c')
    const term = fc.string({ unit: letters, maxLength: 3 })
    const cases = fc.record({
      terms: fc.array(term, { minLength: 1, maxLength: 3 }),
      result: fc.shuffledSubarray(['a', 'b', 'c']),
      extents: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 })),
    })
    fc.assert(
      fc.property(cases, ({ terms, result, extents }) => {
        const kept = result.filter((label) => terms.some((one) => one.includes(label))).join('')
        const shapes = terms.map((one) => [...one].map((label) => extents['abc'.indexOf(label)] ?? 1))
        const { values } = einsum(`${terms.join(',')}->${kept}`, ...shapes)
        expect(values).toEqual(byAssignments(terms, kept, shapes))
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('is one sum of products for two operands, after what one of them sums alone', () => {
    const kinds = (equation: string, ...types: readonly TensorType[]) => {
      const operation = einsumOp(types, { equation })
      const make = ({ shape }: TensorType) => buffer('t', 'f32', shape, 'storage')
      const equations = operation.define(types.map(make), operation.outputs.map(make))
      return equations.map((one) =>
        one.kind === 'reduce' ? one.value.map(({ kind, ...rest }) => ('op' in rest ? rest.op : kind)).join() : one.kind,
      )
    }
    expect(kinds('bij,bjk->bik', f32(2, 3, 4), f32(2, 4, 5))).toEqual(['mul'])
    expect(kinds('ij,kj', f32(2, 3), f32(3, 3))).toEqual(['mul'])
    expect(kinds('ijs,jk->ik', f32(2, 3, 4), f32(3, 4))).toEqual(['load', 'mul'])
    expect(kinds('i,j->ij', f32(2), f32(3))).toEqual(['compute'])
    expect(kinds('ij,jk,kl->il', f32(2, 3), f32(3, 4), f32(4, 5))).toEqual(['mul', 'mul'])
  })

  test('refuses what is no equation for its operands', () => {
    const error = (equation: string, ...types: readonly TensorType[]) =>
      String(thrownBy(() => einsumOp(types, { equation })))
    expect([
      error('i-j', f32(2, 3)),
      error('i,j', f32(2)),
      error('ij', f32(2)),
      error('i->j', f32(2)),
      error('i->ii', f32(2)),
      error('i,i', f32(2), f32(3)),
      error('i', { dtype: 'bool', shape: [2] }),
    ]).toMatchInlineSnapshot(`
      [
        "CompileError: Einsum: "i-j" is none",
        "CompileError: Einsum: "i,j" is for 2 operands, not 1",
        "CompileError: Einsum: "ij" of "ij" for an operand of rank 1",
        "CompileError: Einsum: "i->j" has "j" on the right, but not once there and on the left",
        "CompileError: Einsum: "i->ii" has "i" on the right, but not once there and on the left",
        "CompileError: Einsum: the extents of "i" differ: [2, 3]",
        "CompileError: Einsum: operands are bool",
      ]
    `)
  })
})
