import { defined, type Kernel, size } from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { authoredMatmul } from '@tilewright/testing'
import { doubleBufferedMatmul, matrixUnitMatmul, warpSpecialisedMatmul } from '@tilewright/testing/kernels'
import { expect, test } from 'vitest'
import { cudaPipeline, cudaTarget, emitCuda } from './index.js'

const [m, n, k] = [size('m'), size('n', { multipleOf: 4 }), size('k', { multipleOf: 4 })]
const kernels: readonly (readonly [string, Kernel | undefined])[] = [
  ['authored-matmul-61', authoredMatmul({ m: 61, n: 61, k: 61 })],
  ['authored-matmul-symbolic', authoredMatmul({ m, n, k })],
  ['double-buffered-matmul', doubleBufferedMatmul({ m, n, k }, 2).kernels[0]],
  ['matrix-unit-matmul', matrixUnitMatmul({ m, n, k }).kernels[0]],
  ['warp-specialised-matmul', warpSpecialisedMatmul({ m, n, k }, 2, 32).kernels[0]],
]

test.each(kernels)('%s', async (name, kernel) => {
  const lowered = runPipeline(defined(kernel, name), cudaPipeline(cudaTarget))
  await expect(emitCuda(lowered).pipeline.source).toMatchFileSnapshot(`../goldens/${name}.cu`)
})
