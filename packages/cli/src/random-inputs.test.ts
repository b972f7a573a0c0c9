import { elementValue } from '@tilewright/backend'
import { buildGraph, reluOp, type TensorDType } from '@tilewright/graph'
import { type SizeExpr, size } from '@tilewright/ir'
import { expect, test } from 'vitest'
import { defaultSizes, randomInputs } from './random-inputs.js'

function graphOf(inputs: Readonly<Record<string, readonly [TensorDType, readonly SizeExpr[]]>>) {
  const g = buildGraph('test')
  const tensors = Object.entries(inputs).map(([name, [dtype, shape]]) => g.input(name, { dtype, shape }))
  const x = g.input('last', { dtype: 'f32', shape: [1] })
  return { ...g.finish([{ name: 'y', tensor: g.apply1(reluOp(x), [x]) }]), inputs: tensors }
}

test('a size is 1 in front and 16 elsewhere, as far as its facts allow', () => {
  const graph = graphOf({
    x: ['f32', [size('batch'), 3, size('length'), size('aligned', { multipleOf: 12 })]],
    y: ['f32', [size('many', { min: 5 }), size('few', { max: 8 }), size('batch')]],
    z: ['f32', [size('some', { min: 1, max: 20, multipleOf: 16 }), size('length')]],
  })
  expect(defaultSizes(graph)).toEqual({ batch: 1, length: 16, aligned: 24, many: 5, few: 8, some: 16 })
})

test('inputs are the same in every run, in the range of their dtype', () => {
  const dtypes = ['f32', 'f16', 'bf16', 'i64', 'i32', 'u32', 'i8', 'u8', 'bool'] as const
  const graph = graphOf(Object.fromEntries(dtypes.map((dtype) => [dtype, [dtype, [4, size('n')]]])))
  const inputs = randomInputs(graph, { n: 25 })
  expect(randomInputs(graph, { n: 25 })).toEqual(inputs)
  for (const dtype of dtypes) {
    const { data, shape, dtype: given } = inputs[dtype] ?? { data: [], shape: [], dtype: undefined }
    expect([given, shape, data.length]).toEqual([dtype, [4, 25], 100])
    const values = Array.from(data, Number).map((element) => elementValue(dtype, element))
    const isFloat = dtype === 'f32' || dtype === 'f16' || dtype === 'bf16'
    const [least, most] = isFloat ? [-1, 1] : [0, dtype === 'bool' ? 1 : 9]
    expect(values.every((value) => value >= least && value <= most)).toBe(true)
    expect(new Set(values).size).toBeGreaterThan(1)
  }
})
