import { cpu } from '@tilewright/backend-cpu'
import { compile } from '@tilewright/compiler'
import { attribute, type GraphBuilder, importModel } from '@tilewright/onnx'
import { expect, test } from 'vitest'
import { f32, i64, modelBytes } from './fixtures/write-case.js'
import { agreeingSizes } from './run-sizes.js'

/** The sizes of a model's run, by name. */
function sizesOf(build: (g: GraphBuilder) => void, asked: Readonly<Record<string, number>> = {}): object {
  const graph = importModel(modelBytes(build))
  const backend = cpu()
  const { plan } = compile(graph, { backend })
  return Object.fromEntries(agreeingSizes(graph, plan, asked, backend.target))
}

/** x + what is made of x by taking every 64th element and putting 64 in its place. */
const halved = (g: GraphBuilder): void => {
  const x = g.input('x', 'f32', [1, 1, 'n'])
  const taken = g.node('MaxPool', [x], {
    attributes: { kernel_shape: attribute.ints([1]), strides: attribute.ints([64]) },
  })
  const weights = { dtype: 'f32', dims: [1, 1, 64], data: new Float32Array(64) } as const
  const put = g.node('ConvTranspose', [taken, g.initializer('w', weights)], {
    attributes: { strides: attribute.ints([64]) },
  })
  g.output(g.node('Add', [x, put], { name: 'sum' }), 'f32')
}

const product = (g: GraphBuilder): void => {
  const [x, y] = [g.input('x', 'f32', ['rows', 2]), g.input('y', 'f32', [2, 'columns'])]
  g.output(g.node('MatMul', [y, x], { name: 'product' }), 'f32')
}

const reshape = (g: GraphBuilder, x: string, shape: readonly number[]): string =>
  g.node('Reshape', [x, g.initializer(`shape of ${x}`, i64([shape.length], [...shape]))])

/** An input of one shape in another. */
const reshaped =
  (from: readonly (string | number)[], to: readonly number[]) =>
  (g: GraphBuilder): void =>
    g.output(reshape(g, g.input('x', 'f32', [...from]), to), 'f32')

test('a size that the model needs to be a multiple is raised until it is one', () => {
  expect(sizesOf(halved)).toEqual({ n: 64 })
  expect(sizesOf(halved, { n: 192 })).toEqual({ n: 192 })
})

test('a size follows another that it must equal, and one that is asked for', () => {
  expect(sizesOf(product)).toEqual({ rows: 16, columns: 16 })
  expect(sizesOf(product, { rows: 3 })).toEqual({ rows: 3, columns: 3 })
  expect(sizesOf(product, { columns: 5 })).toEqual({ rows: 5, columns: 5 })
})

test('a leading size moves to the nearest value that a reshape needs', () => {
  expect(sizesOf(reshaped(['w', 4], [3, -1]))).toEqual({ w: 3 })
  expect(sizesOf(reshaped(['w', 6], [4, -1]))).toEqual({ w: 2 })
  expect(sizesOf(reshaped(['w', 6], [-1, 4]))).toEqual({ w: 2 })
  expect(sizesOf(reshaped([1, 'w'], [3, -1]))).toEqual({ w: 15 })
})

test('a size stays above zero, unless zero is asked for', () => {
  expect(sizesOf(reshaped(['w'], [3, -1]))).toEqual({ w: 3 })
  expect(sizesOf(reshaped(['w'], [3, -1]), { w: 0 })).toEqual({ w: 0 })
  expect(sizesOf(product, { rows: 0 })).toEqual({ rows: 0, columns: 0 })
})

test('of several free sizes in one condition, the one that is nearest to a value that fits moves', () => {
  expect(sizesOf(reshaped([1, 'h', 6, 'w'], [5, -1]))).toEqual({ h: 15, w: 16 })
  expect(sizesOf(reshaped([1, 'h', 'w'], [35, -1]))).toEqual({ h: 35, w: 16 })
  expect(sizesOf(reshaped([1, 'h', 'w'], [35, -1]), { h: 10 })).toEqual({ h: 10, w: 14 })
})

test('conditions on different sizes are met one after the other', () => {
  const both = (g: GraphBuilder): void => {
    reshaped(['a', 4], [3, -1])(g)
    g.output(reshape(g, g.input('z', 'f32', [1, 'b', 'a']), [11, -1]), 'f32')
  }
  expect(sizesOf(both)).toEqual({ a: 3, b: 11 })
})

test('a size follows a sum of others', () => {
  const attended = (g: GraphBuilder): void => {
    const [past, now] = [g.input('past', 'f32', [1, 'p']), g.input('now', 'f32', [1, 's'])]
    const all = g.node('Concat', [past, now], { attributes: { axis: attribute.int(1) } })
    g.output(g.node('Add', [all, g.input('mask', 'f32', [1, 'total'])]), 'f32')
  }
  expect(sizesOf(attended)).toEqual({ p: 16, s: 16, total: 32 })
  expect(sizesOf(attended, { p: 3 })).toEqual({ p: 3, s: 16, total: 19 })
})

test('a window that is larger than the default has room', () => {
  const pooled = (g: GraphBuilder): void => {
    const x = g.input('x', 'f32', [1, 1, 'n'])
    g.output(g.node('MaxPool', [x], { attributes: { kernel_shape: attribute.ints([40]) } }), 'f32')
  }
  expect(sizesOf(pooled)).toEqual({ n: 64 })
})

test('a size that is bounded is lowered', () => {
  const added = (g: GraphBuilder): void => {
    const x = g.input('x', 'f32', [1, 's'])
    const positions = g.initializer('p', f32([1, 8], [1, 2, 3, 4, 5, 6, 7, 8]))
    const ends = g.node('Shape', [x], { attributes: { start: attribute.int(1) } })
    const [zero, one] = [0, 1].map((value) => g.initializer(`i${value}`, i64([1], [value])))
    g.output(g.node('Add', [x, g.node('Slice', [positions, zero ?? '', ends, one ?? ''])]), 'f32')
  }
  expect(sizesOf(added)).toEqual({ s: 8 })
})

test('where none agree, the error names the options to type', () => {
  expect(() => sizesOf(product, { rows: 3, columns: 4 })).toThrow(
    expect.objectContaining({
      code: 'size/disagree',
      where: 'node "product"',
      help: expect.stringMatching(/^set sizes that agree: --size rows=VALUE --size columns=VALUE; /),
    }),
  )
  expect(() => sizesOf(reshaped(['w', 4], [2053, -1]))).toThrow(
    expect.objectContaining({
      help: expect.stringMatching(/^set sizes that agree: --size w=VALUE \(w: nothing was found from 1 to 512\); /),
    }),
  )
  expect(() => sizesOf(halved, { n: 65 })).toThrow(expect.objectContaining({ code: 'size/disagree' }))
})

test('the error names the sizes that are at odds, and no others', () => {
  const multiplied = (g: GraphBuilder): void => {
    g.output(g.node('MatMul', [g.input('x', 'f32', ['a', 'b']), g.input('y', 'f32', ['c', 'd'])]), 'f32')
  }
  expect(() => sizesOf(multiplied, { b: 5, c: 6 })).toThrow(
    expect.objectContaining({
      message: 'b is 5 and c is 6, which must be equal',
      help: expect.stringMatching(/^set sizes that agree: --size b=VALUE --size c=VALUE; --data DIR/),
    }),
  )
})
