import { type Kernel, size } from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { authoredMatmul } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { cudaPipeline, cudaTarget, emitCuda } from './index.js'

const [m, n, k] = [size('m'), size('n', { multipleOf: 4 }), size('k', { multipleOf: 4 })]
const kernels: readonly (readonly [string, Kernel])[] = [
  ['authored-matmul-61', authoredMatmul({ m: 61, n: 61, k: 61 })],
  ['authored-matmul-symbolic', authoredMatmul({ m, n, k })],
]

test.each(kernels)('%s', async (name, kernel) => {
  const lowered = runPipeline(kernel, cudaPipeline(cudaTarget))
  await expect(emitCuda(lowered).pipeline.source).toMatchFileSnapshot(`../goldens/${name}.cu`)
})
