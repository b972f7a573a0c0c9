import type { Device } from '@tilewright/backend'
import { type Kernel, type SizeExpr, type SizeValues, size } from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { runKernel } from '@tilewright/simulator'
import { authoredMatmul, runOnDevice } from '@tilewright/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { wgslPipeline } from './pipeline.js'
import { emitWgsl } from './print-wgsl.js'
import { openNode } from './webgpu/node.js'

let device: Device
beforeAll(async () => {
  device = await openNode({ software: true })
})
afterAll(() => device.dispose())

/** Integers in -2..2, so that all sums are exact and results are bitwise equal. */
const operand = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => ((i * 7 + (i >> 3) * 3 + seed) % 5) - 2)

interface Operands {
  readonly contents: readonly Float32Array[]
  readonly sizes: SizeValues
}

function operands([m, n, k]: readonly [number, number, number]): Operands {
  return { contents: [operand(m * k, 1), operand(k * n, 2), operand(m * n, 3)], sizes: { m, n, k } }
}

/** The simulator's result, of the kernel as it was written. */
function truth(kernel: Kernel, { contents, sizes }: Operands): Float32Array {
  const copies = contents.map((content) => content.slice())
  runKernel(kernel, { buffers: new Map(kernel.params.map((param, i) => [param, copies[i]!])), sizes })
  return copies[2]!
}

test.each([
  [64, 64, 64],
  [61, 61, 61],
  [0, 61, 61],
  [61, 0, 61],
  [61, 61, 0],
  [1, 130, 3],
] as const)(
  'an authored matmul of %i × %i × %i gives the bits of the simulator, with static and symbolic sizes',
  async (m, n, k) => {
    const given = operands([m, n, k])
    const expected = Array.from({ length: m * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n]
      return Array.from(
        { length: k },
        (_, l) => given.contents[0]![i * k + l]! * given.contents[1]![l * n + j]!,
      ).reduce((sum, product) => sum + product, 0)
    })
    const shapes: readonly (readonly [SizeExpr, SizeExpr, SizeExpr])[] = [
      [m, n, k],
      [size('m'), size('n'), size('k')],
    ]
    for (const [rows, columns, depth] of shapes) {
      const kernel = authoredMatmul({ m: rows, n: columns, k: depth })
      const lowered = runPipeline(kernel, wgslPipeline(device.target))
      const [, , c] = await runOnDevice(device, emitWgsl(lowered), { params: lowered.params, ...given })
      expect(c).toEqual(truth(kernel, given))
      expect([...c!]).toEqual(expected)
    }
  },
)
