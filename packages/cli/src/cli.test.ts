import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { demoModel } from './demo-model.js'
import { type Captured, capture, captureWith } from './fixtures/capture.js'
import { f32, i64, modelBytes, reluModel, temporaryFolder, writeCase, writeDataSet } from './fixtures/write-case.js'

let root: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  root = temporaryFolder()
})
afterEach(() => root.remove())

const at = (...parts: string[]): string => join(root.path, ...parts)
/** What was written to stderr, with the temporary folder cut out. */
const plain = (text: string): string => text.replaceAll(root.path, '<folder>')
const fileOf = (bytes: Uint8Array, name = 'model.onnx'): string => {
  writeFileSync(at(name), bytes)
  return at(name)
}

describe('run', () => {
  test('without a model runs the built-in one', async () => {
    const { code, stdout, stderr } = await capture('run', '--device', 'cpu')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('digits (built in)')
    expect(stdout).toContain('8 operators fused into 5 kernels, 5 dispatches')
    expect(stdout).toContain('batch = 1')
    expect(stdout).toMatch(/ {2}check {5}against its definition {2}equal/)
  })

  test('--json gives one object', async () => {
    const { code, stdout } = await capture('run', '--device', 'cpu', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      model: { name: 'digits (built in)', operators: 8 },
      device: { name: 'cpu', backend: 'cpu', software: true },
      sizes: { batch: 1 },
      // One of the five kernels has two variants.
      pipelines: 6,
      dispatches: 5,
      hostSteps: 0,
      floatingPointOnHost: { operations: 0 },
      outputs: [{ name: 'scores', dtype: 'f32', shape: [1, 10] }],
      checks: [{ against: 'definition', mismatches: [] }],
    })
  })

  test('takes data, and compares with the results beside it', async () => {
    const model = fileOf(reluModel())
    const [right, wrong] = [1, 2].map((y, i) =>
      writeDataSet(at(`data${i}`), { inputs: [f32([2], [-1, 1])], outputs: [f32([2], [0, y])] }),
    )
    const good = await capture('run', model, '--device', 'cpu', '--data', right ?? '')
    expect([good.code, good.stderr]).toEqual([0, ''])
    expect(good.stdout).toContain('y f32 [2] = 0, 1')
    expect(good.stdout).toContain(
      [
        '  check     against its definition      equal, exactly',
        '            against the reference data  equal, exactly',
      ].join('\n'),
    )
    const bad = await capture('run', model, '--device', 'cpu', '--data', wrong ?? '')
    expect(bad.code).toBe(1)
    expect(bad.stdout).toContain(
      'against the reference data  different: "y": 1 of 2 elements differ, the worst at [1]: got 1, expected 2; the largest error is 5.0e-1 of the largest value',
    )
  })

  test('compares with data as told, by the options of check', async () => {
    const model = fileOf(reluModel())
    const data = writeDataSet(at('data'), { inputs: [f32([2], [-1, 1])], outputs: [f32([2], [0, 2])] })
    const ran = (...args: string[]): Promise<Captured> =>
      capture('run', model, '--device', 'cpu', '--data', data, '--json', ...args)
    const codeWith = async (...args: string[]): Promise<number> => (await ran(...args)).code
    expect(await codeWith()).toBe(1)
    expect(await codeWith('--of-max', '0.5')).toBe(0)
    expect(await codeWith('--of-max', '0.4')).toBe(1)
    expect(await codeWith('--atol', '1')).toBe(0)
    expect(await codeWith('--rtol', '0.5')).toBe(0)
    expect(await codeWith('--rtol', '0.4')).toBe(1)
    expect(JSON.parse((await ran()).stdout).tolerance).toEqual({ kind: 'of-max', ratio: 1e-4 })
    expect(JSON.parse((await ran('--atol', '1')).stdout).tolerance).toEqual({
      kind: 'element',
      rtol: 1e-3,
      atol: 1,
      ofMax: 0,
    })
  })

  test('takes sizes for random inputs, but not beside data', async () => {
    const { code, stdout } = await capture('run', '--device', 'cpu', '--size', 'batch=3')
    expect([code, stdout.includes('batch = 3')]).toEqual([0, true])
    expect((await capture('run', '--device', 'cpu', '--size', 'rows=3')).stderr).toContain('its sizes are batch')
    expect((await capture('run', '--size', 'batch=3', '--data', root.path)).code).toBe(2)
  })

  test('counts kernels of one kind, and lists a dozen kinds', async () => {
    const model = modelBytes((g) => {
      const x = g.input('x', 'f32', [2, 2])
      for (let i = 0; i < 14; i++) {
        // Ever longer chains before a product that nothing can be fused with but these.
        let y = x
        for (let k = 0; k < i; k++) y = g.node(k % 2 === 0 ? 'Relu' : 'Neg', [y])
        g.output(g.node('MatMul', [y, y]), 'f32')
      }
      for (let i = 0; i < 2; i++) g.output(g.node('ReduceSum', [g.node('Exp', [x])]), 'f32')
    })
    const { stdout } = await capture('run', fileOf(model), '--device', 'cpu')
    const kinds = stdout.split('\n').filter((line) => / × {2}| kinds more/.test(line))
    expect(kinds.length).toBe(13)
    expect(kinds[0]).toMatch(/^ +\d × {2}/)
    expect(kinds[12]).toMatch(/… \d kinds more: tilewright explain lists all/)
  })

  test('writes no colours to a file, and some when told to', async () => {
    const color = '\u001b['
    expect((await capture('run', '--device', 'cpu')).stdout).not.toContain(color)
    expect((await captureWith({ FORCE_COLOR: '1' }, 'run', '--device', 'cpu')).stdout).toContain(color)
  })
})

test.each(['run', 'explain'])('%s refuses a size that is both fixed and asked for', async (command) => {
  const sizes = ['--fix', 'batch=2', '--size', 'batch=3']
  const { code, stderr } = await capture(command, '--device', 'cpu', ...sizes)
  expect(code).toBe(1)
  expect(stderr).toContain('error[size/fixed]: the size "batch" is given twice: --fix batch=2 and --size batch=3')
})

describe('bad input', () => {
  const failure = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await capture(...args, '--device', 'cpu')
    expect([code, stdout]).toEqual([1, ''])
    return plain(stderr)
  }

  test('a file that is not there', async () => {
    expect(await failure('run', at('missing.onnx'))).toMatchInlineSnapshot(`
      "error[file/missing]: the model does not exist
        at    <folder>/missing.onnx
        help  check the path, which is relative to the current folder
      "
    `)
  })

  test('a folder', async () => {
    expect(await failure('run', root.path)).toMatchInlineSnapshot(`
      "error[file/directory]: the model is a folder
        at    <folder>
        help  name the file itself
      "
    `)
  })

  test('the folder of a case', async () => {
    writeCase(at('case'), reluModel(), [{ inputs: [f32([2], [-1, 1])], outputs: [f32([2], [0, 1])] }])
    expect(await failure('run', at('case'))).toContain('help  name the file itself: <folder>/case/model.onnx')
    expect(await failure('run', at('case/model.onnx'), '--data', at('case'))).toContain(
      'help  name a data set in it: <folder>/case/test_data_set_0',
    )
  })

  test('a file that is cut short', async () => {
    expect(await failure('run', fileOf(demoModel().subarray(0, 1000)))).toMatchInlineSnapshot(`
      "error[onnx/truncated]: this is no ONNX model, or a damaged one (the bytes end inside a field)
        at    <folder>/model.onnx
        help  the file is damaged or is no ONNX file: export or download it again
      "
    `)
  })

  test('a file that is no model', async () => {
    expect(await failure('run', fileOf(new TextEncoder().encode('#!/bin/sh\n')))).toMatchInlineSnapshot(`
      "error[onnx/not-a-model]: this is no ONNX model but text
        at    <folder>/model.onnx
        help  name the file that was exported: a .onnx file, or a .pb file of data
      "
    `)
  })

  test('operators that are not there: all of them at once', async () => {
    const model = modelBytes((g) => {
      const x = g.input('x', 'f64', [3])
      g.output(g.node('Foo', [g.node('Relu', [g.node('Bar', [x], { name: 'bar' })])], { domain: 'my.ops' }), 'f64')
    })
    expect(await failure('run', fileOf(model))).toMatchInlineSnapshot(`
      "error[onnx/unsupported]: the model needs 3 things that are not supported
        with  element type f64: input "x"
        with  operator "Bar": node "bar"
        with  operator "my.ops.Foo": node "test/Foo_2"
        help  export the model without them, or cut it before them (onnx.utils.extract_model)
      "
    `)
  })

  test('ranks that do not fit', async () => {
    const model = modelBytes((g) => {
      const operands = [g.input('a', 'f32', [2, 3]), g.input('b', 'f32', [4, 5])]
      g.output(g.node('MatMul', operands, { name: 'product' }), 'f32')
    })
    expect(await failure('run', fileOf(model))).toMatchInlineSnapshot(`
      "error[graph/shape]: MatMul: cannot multiply [2, 3] by [4, 5]
        at    node "product"
        help  dimensions must agree
      "
    `)
  })

  test('a shape that only data can tell', async () => {
    const model = modelBytes((g) => {
      g.output(g.node('Reshape', [g.input('x', 'f32', [4]), g.input('shape', 'i64', [1])]), 'f32')
    })
    expect(await failure('run', fileOf(model))).toMatchInlineSnapshot(`
      "error[run/host-value]: the model can only be compiled when "shape" is known
        help  pass --data DIR, a folder with input_N.pb for the N-th input of the graph; in code, importGraph(model, { hostValues }) takes it, a Map that has "shape"
      "
    `)
  })

  test('an input too large for the device', async () => {
    expect(await failure('run', fileOf(reluModel([2 ** 30])))).toMatchInlineSnapshot(`
      "error[limits/binding-size]: "x" of shape [1073741824] takes 4294967296 bytes; the device allows 2147483647 for one buffer
        help  use smaller tensors, or a device with larger buffers
      "
    `)
  })

  test('data with an input missing', async () => {
    const data = writeDataSet(at('data'), { inputs: [], outputs: [] })
    expect(await failure('run', fileOf(reluModel()), '--data', data)).toMatchInlineSnapshot(`
      "error[data/input-count]: 0 input files for 1 input (x)
        at    <folder>/data
        help  write input_N.pb for the N-th input of the graph that is no initializer, from 0
      "
    `)
  })

  test('data of another dtype', async () => {
    const data = writeDataSet(at('data'), { inputs: [i64([2], [1, 2])], outputs: [] })
    expect(await failure('run', fileOf(reluModel()), '--data', data)).toMatchInlineSnapshot(`
      "error[data/input-dtype]: input "x" is i64 [2], expected f32 [n]
        at    <folder>/data/input_0.pb
        help  convert the data to the type that the model declares
      "
    `)
  })

  test('data of another shape', async () => {
    const data = writeDataSet(at('data'), { inputs: [f32([1, 2], [1, 2])], outputs: [] })
    expect(await failure('run', fileOf(reluModel([2])), '--data', data)).toMatchInlineSnapshot(`
      "error[data/input-shape]: input "x" is f32 [1, 2], expected f32 [2]
        at    <folder>/data/input_0.pb
        help  write data of the shape that the model declares
      "
    `)
  })

  test('a folder without cases', async () => {
    expect(await failure('check', root.path)).toMatchInlineSnapshot(`
      "error[check/no-case]: no case was found
        at    <folder>
        help  a case is a folder with model.onnx and test_data_set_0/input_0.pb, output_0.pb
      "
    `)
  })

  test('with --json stdout holds the error as an object too', async () => {
    const { code, stdout, stderr } = await capture('run', at('missing.onnx'), '--json')
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'file/missing', help: expect.any(String) } })
    expect(stderr).toContain('error[file/missing]')
  })
})

describe('check', () => {
  const good = { inputs: [f32([2], [-1, 1])], outputs: [f32([2], [0, 1])] }
  const wrong = { inputs: [f32([2], [-1, 1])], outputs: [f32([2], [0, 2])] }
  const unknown = modelBytes((g) => g.output(g.node('Foo', [g.input('x', 'f32', [2])]), 'f32'))

  test('prints a line a case and the count last; fails when one failed', async () => {
    writeCase(at('a'), reluModel(), [good])
    writeCase(at('b'), reluModel(), [wrong, wrong])
    writeCase(at('c'), unknown, [good])
    mkdirSync(at('d/test_data_set_0'), { recursive: true })
    writeFileSync(at('d/model.onnx'), 'no model')
    const { code, stdout, stderr } = await capture('check', root.path, '--device', 'cpu')
    const name = root.path.split('/').at(-1)
    expect(code).toBe(1)
    expect(stdout.replaceAll(name ?? '', 'cases').replace(/[\d.]+ ms/, '_ ms')).toMatchInlineSnapshot(`
      "passed      cases/a  exact, _ ms a run
      failed      cases/b  test_data_set_0: error[check/mismatch]: output 0 "y": 1 of 2 elements differ, the worst at [1]: got 1, expected 2; the largest error is 5.0e-1 of the largest value (and 1 more)
      unsupported cases/c  operator "Foo"
        help  export the model without them, or cut it before them (onnx.utils.extract_model)
      failed      cases/d  error[onnx/not-a-model]: this is no ONNX model but text
        help  name the file that was exported: a .onnx file, or a .pb file of data
      1 passed, 2 failed, 1 unsupported
      "
    `)
    expect(stderr).toBe('')
  })

  test('unsupported cases do not fail', async () => {
    writeCase(at('a'), unknown, [good])
    const { code, stdout } = await capture('check', root.path, '--device', 'cpu')
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^unsupported .*\n {2}help .*\n0 passed, 0 failed, 1 unsupported\n$/),
    ])
  })

  test('compares as told', async () => {
    writeCase(at('a'), reluModel(), [wrong])
    const codeWith = async (...args: string[]): Promise<number> =>
      (await capture('check', root.path, '--device', 'cpu', ...args)).code
    expect(await codeWith('--of-max', '0.5')).toBe(0)
    expect(await codeWith('--of-max', '0.4')).toBe(1)
    expect(await codeWith('--atol', '1')).toBe(0)
    expect(await codeWith('--rtol', '0.5')).toBe(0)
    expect(await codeWith('--rtol', '0.4')).toBe(1)
  })

  test('--json gives one object with every case', async () => {
    writeCase(at('a'), reluModel(), [good])
    writeCase(at('b'), reluModel(), [wrong])
    const { code, stdout, stderr } = await capture('check', root.path, '--device', 'cpu', '--json', '--of-max', '1e-4')
    expect([code, stderr]).toEqual([1, ''])
    expect(JSON.parse(stdout)).toMatchObject({
      device: { name: 'cpu', backend: 'cpu' },
      tolerance: { kind: 'of-max', ratio: 1e-4 },
      passed: 1,
      failed: 1,
      unsupported: 0,
      cases: [
        {
          status: 'passed',
          dispatches: 1,
          hostSteps: 0,
          floatingPointOnHost: { operations: 0 },
          compiles: 1,
          largestError: 0,
          times: { run: expect.any(Number) },
        },
        {
          status: 'failed',
          helps: [],
          dispatches: 1,
          hostSteps: 0,
          compiles: 1,
          largestError: 1,
          largestErrorOfMax: 0.5,
        },
      ],
    })
  })
})
