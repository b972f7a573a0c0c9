import { size } from '@tilewright/ir'
import { tasks } from '@tilewright/task-mapping'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { propertyRuns } from '../property-runs.js'
import { assertWellWritten, disagreement, integerInputs, withoutStmts } from './hand-written.js'
import { m16n8k16, matrixUnitMatmul } from './matrix-unit-matmul.js'

describe('the register maps of m16n8k16', () => {
  /** The formulas of the PTX ISA for register i of a lane: groupID = lane >> 2, threadID_in_group = lane % 4. */
  const documented = {
    a: (group: number, member: number, i: number) => [
      i < 2 || (i >= 4 && i < 6) ? group : group + 8,
      member * 2 + (i & 1) + (i < 4 ? 0 : 8),
    ],
    b: (group: number, member: number, i: number) => [member * 2 + (i & 1) + (i < 2 ? 0 : 8), group],
    d: (group: number, member: number, i: number) => [i < 2 ? group : group + 8, member * 2 + (i & 1)],
  }

  test.each([
    { operand: 'a', registers: 8 },
    { operand: 'b', registers: 4 },
    { operand: 'd', registers: 4 },
  ] as const)('$operand is as documented', ({ operand, registers }) => {
    for (let lane = 0; lane < 32; lane++) {
      const elements = Array.from({ length: registers }, (_, i) => documented[operand](lane >> 2, lane % 4, i))
      expect(tasks(m16n8k16[operand], lane)).toEqual(elements)
    }
  })
})

describe('the matmul on matrix units', () => {
  const written = matrixUnitMatmul({ m: size('M'), n: size('N'), k: size('K') })

  test('is well written', () => assertWellWritten(written))

  test('equals its definition', () => {
    const extent = fc.oneof(fc.nat({ max: 16 }), fc.constantFrom(0, 1, 17))
    const sides = fc.record({ M: extent, N: fc.oneof(fc.nat({ max: 8 }), fc.constantFrom(0, 1, 9)), K: extent })
    fc.assert(
      fc.property(sides, fc.nat(), (sizes, seed) => {
        const inputs = integerInputs(written.definition, sizes, seed)
        expect(disagreement(written, inputs, { sizes })).toBeUndefined()
      }),
      { numRuns: propertyRuns() },
    )
  })

  test('fails without its barriers', () => {
    const sizes = { M: 16, N: 8, K: 16 }
    const kernels = written.kernels.map((kernel) => withoutStmts(kernel, ({ kind }) => kind === 'barrier'))
    const inputs = integerInputs(written.definition, sizes, 2)
    expect(() => disagreement({ ...written, kernels }, inputs, { sizes })).toThrow(
      expect.objectContaining({ code: 'sim/uninitialised-read' }),
    )
  })
})
