// What the templates for rows become on CUDA after the whole pipeline: goldens that nvcc reads, and vectors.
import { cuda } from '@tilewright/backend-cuda'
import { defined, type Kernel, type Reduce, type Rows, type SizeExpr, size, walkExprs, walkStmts } from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { layerNormRows, rowSums, softmaxRows } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { resolve } from '../resolve.js'

const { target, pipeline, emit } = cuda()

/** The template's kernel, lowered. */
function lowered(anchor: Rows | Reduce): Kernel {
  const { template, scheduled } = resolve({ anchor, computed: new Set() }, target)
  expect(template).toBe(`${anchor.kind}/cooperative`)
  return runPipeline(defined(scheduled.kernels[0], 'one kernel'), pipeline(target))
}

test.each([
  { name: 'rows-softmax-8x1000', anchor: softmaxRows([8, 1000], [1]).anchor },
  { name: 'reduce-sums-4x4096', anchor: rowSums([4, 4096]).anchor },
])('$name is this CUDA C++', async ({ name, anchor }) => {
  const { source } = emit(lowered(anchor)).pipeline
  await expect(source).toMatchFileSnapshot(`../../../backend-cuda/goldens/${name}.cu`)
})

describe('rows of whole vectors are read and written as vectors of 4', () => {
  const unknown = size('length', { multipleOf: 4 })
  const lengths: readonly SizeExpr[] = [256, 1000, 4096, 100_000, unknown]
  const equations = [
    { of: 'sums', anchor: (length: SizeExpr) => rowSums([8, length]).anchor },
    { of: 'softmax', anchor: (length: SizeExpr) => softmaxRows([8, length], [1]).anchor },
    { of: 'layer normalisation', anchor: (length: SizeExpr) => layerNormRows([8, length], [1]).anchor },
  ]
  const cases = equations.flatMap(({ of, anchor }) => lengths.map((length) => ({ of, length, anchor })))

  test.each(cases)('$of of $length', ({ length, anchor }) => {
    const equation = anchor(length)
    const { body, params } = lowered(equation)
    const vectors = new Set<string>()
    const scalars = new Set<string>()
    walkStmts(body, (stmt) => {
      if (stmt.kind === 'load-vector' && stmt.vars.length === 4) vectors.add(stmt.buffer.hint)
      if (stmt.kind === 'store-vector' && stmt.values.length === 4) vectors.add(stmt.buffer.hint)
      if (stmt.kind === 'store' && stmt.buffer.scope === 'storage') scalars.add(stmt.buffer.hint)
    })
    walkExprs(body, (expr) => {
      if (expr.kind === 'load' && expr.buffer.scope === 'storage') scalars.add(expr.buffer.hint)
    })
    // The sum of a row is one element.
    expect([...scalars]).toEqual(equation.kind === 'reduce' ? ['y'] : [])
    const rest = params.map(({ hint }) => hint).filter((hint) => !scalars.has(hint))
    expect([...vectors].sort()).toEqual(rest.sort())
  })
})
