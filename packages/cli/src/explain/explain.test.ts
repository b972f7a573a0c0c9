import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeModel } from '@tilewright/onnx'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { demoModel } from '../demo-model.js'
import { capture, captureWith } from '../fixtures/capture.js'
import { f32, modelBytes, reluModel, temporaryFolder } from '../fixtures/write-case.js'
import { openDevice } from '../open-device.js'
import type { RunRequest } from '../run/run-model.js'
import { type Explanation, explainModel } from './explain-model.js'

let root: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  root = temporaryFolder()
})
afterEach(() => root.remove())

const fileOf = (bytes: Uint8Array): string => {
  const path = join(root.path, 'model.onnx')
  writeFileSync(path, bytes)
  return path
}
const requestOf = (bytes: Uint8Array): RunRequest => ({
  name: 'model',
  bytes: bytes.length,
  model: decodeModel(bytes),
  data: undefined,
  unusedData: undefined,
})
async function explained(bytes: Uint8Array, sizes: Readonly<Record<string, number>> = {}): Promise<Explanation> {
  const opened = await openDevice('cpu')
  try {
    return explainModel(requestOf(bytes), sizes, opened)
  } finally {
    opened.device.dispose()
  }
}
/** Times as `_`, and how passes are ordered by them left out. */
const timeless = (text: string): string =>
  text
    .replaceAll(/ +[\d.]+ (?:ms|s)\b/g, ' _')
    .replaceAll(/( times),.*/g, '$1')
    .replaceAll(/ _ +/g, ' _  ')

test('the built-in model as text', async () => {
  const { code, stdout, stderr } = await capture('explain', '--device', 'cpu')
  expect([code, stderr]).toEqual([0, ''])
  expect(timeless(stdout)).toMatchInlineSnapshot(`
    "digits (built in)  24.3 KiB

      device     cpu · JavaScript
      sizes      batch = 1; --size NAME=VALUE sets others
      became     8 operators → 5 groups → 5 launches → 6 pipelines
      constants  6 tensors, 23.4 KiB

    groups
      0  Conv + Relu        conv/direct threads=1 ownM=4 ownY=1 ownX=4                        #0 1 thread × [392, 1, 1]
      1  MaxPool            reduce/in-thread threads=1 own=1 step=1                           #1 1 thread × [1568, 1, 1]
      2  Conv + Relu        conv/direct threads=1 ownM=4 ownY=1 ownX=4                        #2 1 thread × [224, 1, 1]
      3  MaxPool + Reshape  reduce/in-thread threads=1 own=1 step=1                           #3 1 thread × [256, 1, 1]
      4  Gemm               matmul/register-tiled threadsM=1 threadsN=1 ownM=4 ownN=4 step=4  #4 1 thread × [3, 1, 1]     2 variants

    not fused
      4 × the reader is a reduction, which starts a kernel of its own
          Relu "conv1_relu" → MaxPool "pool1"
          MaxPool "pool1" → Conv "conv2"
          Relu "conv2_relu" → MaxPool "pool2"
          and 1 more

    templates not used
      reduce/cooperative: workgroup memory is no faster than other memory here (groups 1, 3)
      matmul/workgroup-tiled: workgroup memory is no faster than other memory here (group 4)

    memory of intermediates
      30.6 KiB alive at most, 30.6 KiB allocated in 1 arena: 1.00 × the bound
      0 digits_Relu_1     ████████████████████████████████          24.5 KiB
      1 digits_MaxPool_2  ████████████████████████████████████████  30.6 KiB  ← peak
      2 digits_Relu_4     ████████████████████████                  18.4 KiB
      3 digits_Reshape_6  ██████████████████                        13.3 KiB
      4 scores            ██                                        1 KiB

    compile
      import _
      fold _
      define _
      bytes _
      split _
      rows _
      attention _
      partition _  2 times
      compare _  6 times
      overwrite _  4 times
      refine _  6 times
      schedule _  6 times
      inline _  6 times
      lower _  6 times
      emit _  6 times
      validate _  6 times
      plan _
      in all _
    "
  `)
})

test('one group as text, with the source of its kernels', async () => {
  const { code, stdout } = await capture('explain', '--device', 'cpu', '--group', '4')
  expect(code).toBe(0)
  const [head, ...kernels] = stdout.split(/^kernel /m)
  expect(head).toMatchInlineSnapshot(`
    "group 4
      Gemm  dense

    definition scores(digits_Reshape_6: f32[batch, 256], dense_weight: f32[256, 10], dense_bias: f32[10]) -> (scores: f32[batch, 10]) {
      storage product: f32[batch, 10]
      product[i0, i1] = sum k in 0..256: digits_Reshape_6[i0, k] * dense_weight[k, i1]
      scores[i0, i1] = product[i0, i1] + dense_bias[i1]
    }

    schedule for batch <= 4
      matmul/register-tiled threadsM=1 threadsN=1 ownM=4 ownN=4 step=4
      #4 1 thread × [3, batch /^ 4, 1]
      not matmul/workgroup-tiled: workgroup memory is no faster than other memory here

    schedule
      matmul/register-tiled threadsM=1 threadsN=1 ownM=4 ownN=4 step=4
      #5 1 thread × [3, batch /^ 4, 1]
      not matmul/workgroup-tiled: workgroup memory is no faster than other memory here

    remarks
      missed: Reshape "flatten" → Gemm "dense": the reader is a reduction, which starts a kernel of its own
      applied: Gemm "dense": product → scores: epilogue

    "
  `)
  expect(kernels.map((text) => text.slice(0, 2))).toEqual(['#4', '#5'])
})

describe('the data', () => {
  test('every operator is a member of one group of the built-in model, and every launch names a kernel', async () => {
    const { groups, kernels, unused, memory } = await explained(demoModel())
    const members = groups.flatMap(({ operators }) =>
      operators.filter(({ role }) => role === 'member').map(({ node }) => node),
    )
    const nodes = ['conv1', 'conv1_relu', 'pool1', 'conv2', 'conv2_relu', 'pool2', 'flatten', 'dense']
    expect(members.toSorted()).toEqual(nodes.toSorted())
    expect(unused).toEqual([])
    for (const { number, threads } of groups.flatMap(({ launches }) =>
      launches.map((launch) => ({ number: launch.kernel, threads: launch.threads })),
    )) {
      expect(kernels[number]).toMatchObject({ number, threads })
    }
    expect(memory.launches.map(({ group }) => group)).toEqual(groups.map(({ number }) => number))
  })

  test('is what --json prints', async () => {
    const { stdout } = await capture('explain', '--device', 'cpu', '--json')
    const { times: _, ...rest } = await explained(demoModel())
    const plain = JSON.parse(JSON.stringify(rest))
    expect(JSON.parse(stdout)).toMatchObject({ ...plain, model: { name: 'digits (built in)', operators: 8 } })
    expect(JSON.parse((await capture('explain', '--device', 'cpu', '--json', '--group', '1')).stdout)).toMatchObject({
      number: 1,
      operators: [{ node: 'pool1', operator: 'MaxPool', role: 'member' }],
    })
  })

  test('remarks name nodes', async () => {
    const { remarks } = await explained(demoModel())
    expect(remarks).toContainEqual({
      kind: 'missed',
      from: expect.objectContaining({ node: 'conv1_relu', operator: 'Relu' }),
      to: expect.objectContaining({ node: 'pool1', operator: 'MaxPool' }),
      reason: 'the reader is a reduction, which starts a kernel of its own',
    })
  })

  test('memory, launches and variants are for the sizes that are asked for', async () => {
    const [one, many] = [await explained(demoModel()), await explained(demoModel(), { batch: 100 })]
    expect([one.sizes, many.sizes]).toEqual([{ batch: 1 }, { batch: 100 }])
    expect(many.memory.bound).toBe(100 * one.memory.bound)
    // The first convolution and its pool: 8 × 28 × 28 and 8 × 14 × 14 floats.
    expect(one.memory.bound).toBe(4 * 8 * (28 * 28 + 14 * 14))
    expect(Math.max(...one.memory.launches.map(({ alive }) => alive))).toBe(one.memory.bound)
    expect([one.groups[4]?.variant, many.groups[4]?.variant]).toEqual([0, 1])
    expect(many.groups[1]?.launches[0]?.workgroups).toEqual([156800, 1, 1])
  })

  test('what is made of constants is a group of its own, computed once; dead operators are unused', async () => {
    const model = modelBytes((g) => {
      const w = g.initializer('w', { dtype: 'f32', dims: [64, 64], data: new Float32Array(4096) })
      const x = g.input('x', 'f32', [64, 64])
      g.node('Relu', [x], { name: 'dead' })
      g.output(g.node('Mul', [x, g.node('Exp', [w], { name: 'once' })], { name: 'each' }), 'f32', [64, 64])
    })
    const { groups, unused } = await explained(model)
    expect(
      groups.map(({ number, isPrepared, operators }) => [number, isPrepared, operators.map(({ node }) => node)]),
    ).toEqual([
      [0, true, ['once']],
      [1, false, ['each']],
    ])
    expect(unused).toEqual([{ node: 'dead', operator: 'Relu' }])
  })
})

test('sizes that the model cannot have are named, with the option that sets them', async () => {
  const model = modelBytes((g) => {
    const [x, y] = [g.input('x', 'f32', ['rows', 2]), g.input('y', 'f32', [2, 'columns'])]
    g.output(g.node('MatMul', [y, x], { name: 'product' }), 'f32', [2, 2])
  })
  const file = fileOf(model)
  const { code, stderr } = await capture('explain', file, '--device', 'cpu', '--size', 'rows=1', '--size', 'columns=16')
  expect(code).toBe(1)
  expect(stderr).toContain(
    'error[size/disagree]: columns is 16 and rows is 1, which must be equal\n  at    node "product"',
  )
  expect(stderr).toContain('help  set sizes that agree: --size rows=VALUE --size columns=VALUE;')
  expect((await capture('explain', file, '--device', 'cpu', '--size', 'rows=3', '--size', 'columns=3')).code).toBe(0)
})

test('groups that repeat have their lines once, and --json all of them', async () => {
  const model = modelBytes((g) => {
    const w = g.initializer('w', f32([2, 2], [1, 2, 3, 4]))
    let x = g.input('x', 'f32', [2, 2])
    for (let layer = 0; layer < 6; layer++) x = g.node('Softmax', [g.node('MatMul', [x, w])])
    g.output(x, 'f32')
  })
  const file = fileOf(model)
  const { stdout } = await capture('explain', file, '--device', 'cpu')
  const lines = stdout.split('\n')
  const start = lines.indexOf('groups')
  expect(lines.slice(start + 1, start + 5).map((line) => line.replace(/ (matmul|rows)\/.*/, '').trim())).toEqual([
    expect.stringMatching(/^0 +MatMul$/),
    expect.stringMatching(/^1 +Softmax$/),
    '× 6  these 2 groups, up to 11',
    '',
  ])
  const { stdout: json } = await capture('explain', file, '--device', 'cpu', '--json')
  expect(JSON.parse(json).groups.length).toBe(12)
})

test('a model without intermediates has no chart', async () => {
  const { code, stdout } = await capture('explain', fileOf(reluModel()), '--device', 'cpu')
  expect(code).toBe(0)
  expect(stdout).toContain('memory of intermediates\n  none\n')
  expect(stdout).not.toContain('█')
})

test('writes no colours to a file, and some when told to', async () => {
  const color = '\u001b['
  expect((await capture('explain', '--device', 'cpu')).stdout).not.toContain(color)
  expect((await captureWith({ FORCE_COLOR: '1' }, 'explain', '--device', 'cpu')).stdout).toContain(color)
})

test.each([
  [['--size', 'tokens=3'], 1, 'error[size/unknown]: the model has no size "tokens"'],
  [['--size', 'batch=3000000'], 1, 'error[limits/elements]'],
  [['--group', '5'], 1, 'error[explain/group]: the model has no group 5'],
  [['--size', 'batch'], 2, 'It must be a name and a whole number'],
  [['--group', 'first'], 2, 'It must be a whole number'],
] as const)('%j is refused', async (args, exit, message) => {
  const { code, stdout, stderr } = await capture('explain', '--device', 'cpu', ...args)
  expect([code, stdout]).toEqual([exit, ''])
  expect(stderr).toContain(message)
})
