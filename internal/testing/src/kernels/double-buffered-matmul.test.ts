import { type StmtKind, size, walkStmts } from '@tilewright/ir'
import { SimulatorError } from '@tilewright/simulator'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { propertyRuns } from '../property-runs.js'
import { thrownBy } from '../thrown-by.js'
import { doubleBufferedMatmul } from './double-buffered-matmul.js'
import { assertWellWritten, disagreement, integerInputs, withoutStmts } from './hand-written.js'

describe('the double-buffered matmul', () => {
  const scalar = doubleBufferedMatmul({ m: size('M'), n: size('N'), k: size('K') }, 1)
  const even = { multipleOf: 2 }
  const paired = doubleBufferedMatmul({ m: size('M'), n: size('N', even), k: size('K', even) }, 2)

  test('is well written, with one barrier a step', () => {
    for (const written of [scalar, paired]) {
      assertWellWritten(written)
      let barriers = 0
      walkStmts(written.kernels[0]!.body, ({ kind }) => {
        if (kind === 'barrier') barriers += 1
      })
      expect(barriers).toBe(1)
    }
  })

  test('equals its definition, copying one element or two at a time', () => {
    const extent = fc.oneof(fc.nat({ max: 8 }), fc.constantFrom(0, 1, 9))
    const depth = fc.oneof(fc.nat({ max: 17 }), fc.constantFrom(0, 1, 19))
    fc.assert(
      fc.property(fc.constantFrom(scalar, paired), extent, extent, depth, fc.nat(), (written, M, n, k, seed) => {
        const whole = (length: number): number => (written === paired ? length + (length % 2) : length)
        const sizes = { M, N: whole(n), K: whole(k) }
        const inputs = integerInputs(written.definition, sizes, seed)
        expect(disagreement(written, inputs, { sizes })).toBeUndefined()
      }),
      { numRuns: propertyRuns() },
    )
  })

  test.each<{ without: StmtKind; code: string }>([
    { without: 'async-wait', code: 'sim/async-hazard' },
    { without: 'async-commit', code: 'sim/async-hazard' },
    // A thread reads what another has not waited for.
    { without: 'barrier', code: 'sim/uninitialised-read' },
  ])('without its $without fails with $code', ({ without, code }) => {
    const sizes = { M: 8, N: 8, K: 24 }
    const inputs = integerInputs(scalar.definition, sizes, 5)
    const kernels = scalar.kernels.map((kernel) => withoutStmts(kernel, ({ kind }) => kind === without))
    const error = thrownBy(() => disagreement({ ...scalar, kernels }, inputs, { sizes }))
    expect(error).toBeInstanceOf(SimulatorError)
    expect(error).toMatchObject({ code })
  })
})
