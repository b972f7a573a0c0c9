import { buildKernel, type KernelBuilder } from '@tilewright/ir'
import { describe, expect, test } from 'vitest'
import { assertWellWritten, disagreement, type HandWritten, integerInputs, matmulDefinition } from './hand-written.js'

/** One thread; the author writes the only element of c. */
function single(author: (g: KernelBuilder, c: ReturnType<KernelBuilder['use']>) => void): HandWritten {
  const { definition, c } = matmulDefinition({ m: 1, n: 1, k: 0 })
  const kernel = buildKernel({ name: 'single', threads: 1, workgroups: [1, 1, 1] }, (g) => author(g, g.use(c)))
  return { definition, kernels: [kernel] }
}

describe('the comparison with a definition', () => {
  const compare = (written: HandWritten, tolerance = 0): string | undefined =>
    disagreement(written, integerInputs(written.definition, {}, 0), { tolerance })

  test('names the element that differs, to the sign of zero', () => {
    expect(compare(single((_, c) => c.set([0, 0], 0)))).toBeUndefined()
    expect(compare(single((_, c) => c.set([0, 0], 3)))).toBe('element 0 of c is 3, not 0')
    expect(compare(single((_, c) => c.set([0, 0], -0)))).toBe('element 0 of c is -0, not 0')
  })

  test('names an element that nobody writes, within any tolerance', () => {
    const idle = single((g, c) => g.if(g.thread.lt(0), () => c.set([0, 0], 0)))
    expect(compare(idle)).toBe('element 0 of c is NaN, not 0')
    expect(compare(idle, 1)).toBe('element 0 of c is NaN, not 0')
  })
})

test('a kernel that divides the index of a thread is not well written', () => {
  const written = single((g, c) => c.set([g.thread.div(2), 0], 0))
  expect(() => assertWellWritten(written)).toThrow('kernel "single" divides the index of a thread')
})
