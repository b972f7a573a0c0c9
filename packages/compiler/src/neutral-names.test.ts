import { buffer, buildKernel, printKernel } from '@tilewright/ir'
import { expect, test } from 'vitest'
import { neutralNames } from './neutral-names.js'

/** y = x + x over other tensors: the same kernel by another name. */
function doubling(from: string, to: string) {
  const [x, y] = [buffer(from, 'f32', [8], 'storage'), buffer(to, 'f32', [8], 'storage')]
  return buildKernel({ name: 'double', threads: 8, workgroups: [1, 1, 1] }, (g) => {
    const [input, output] = [g.use(x), g.use(y)]
    output.set([g.thread], input.at(g.thread).add(input.at(g.thread)))
  })
}

test('kernels that differ in the names of their tensors become equal', () => {
  const kernel = neutralNames(doubling('layer_1', 'layer_2'))
  expect(printKernel(kernel)).toBe(printKernel(neutralNames(doubling('layer_7', 'layer_8'))))
  expect(kernel.params.map((param) => param.hint)).toEqual(['p0', 'p1'])
})
