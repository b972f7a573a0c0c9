import { assertValid, type StmtKind, walkStmts } from '@tilewright/ir'
import { runKernelAllWays } from '@tilewright/simulator'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arbitraryKernel, generateKernel } from './arbitrary-kernel.js'
import { propertyRuns } from './property-runs.js'

/** Many kernels are simulated where CI asks for many runs. */
const timeout = 120_000

test('generated kernels are valid, race-free in every order, and small', { timeout }, () => {
  const operations: number[] = []
  const kinds = new Set<StmtKind>()
  fc.assert(
    fc.property(arbitraryKernel(), ({ kernel, sizes, contents }) => {
      assertValid(kernel)
      const buffers = new Map(kernel.params.map((param, i) => [param, contents[i]!.slice()]))
      const { counts } = runKernelAllWays(kernel, { buffers, sizes, count: {} })
      operations.push(Object.values(counts!).reduce((sum, count) => sum + count, 0))
      walkStmts(kernel.body, (stmt) => void kinds.add(stmt.kind))
    }),
    { numRuns: propertyRuns() },
  )
  operations.sort((a, b) => a - b)
  expect(operations[Math.floor(operations.length * 0.9)]).toBeLessThan(5000)
  expect([...kinds].sort()).toEqual(['barrier', 'declare', 'for', 'for-task', 'if', 'let', 'seq', 'store'])
})

test('no choices give the simplest kernel', () => {
  const { kernel, sizes } = generateKernel([])
  expect(kernel).toMatchObject({ threads: 1, workgroups: [0, 1, 1] })
  expect(sizes).toEqual({})
})
