import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { importGraph } from '@tilewright/onnx'
import { createSession } from '@tilewright/runtime'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { capture } from '../fixtures/capture.js'
import { modelBytes, reluModel, temporaryFolder } from '../fixtures/write-case.js'
import { openDevice } from '../open-device.js'
import { randomInputs } from '../random-inputs.js'
import { readRequest, runModel } from '../run/run-model.js'
import { wholeModelTolerance } from '../tolerance.js'

const silent = { note: () => undefined, progress: () => undefined }
let root: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  root = temporaryFolder()
})
afterEach(() => root.remove())

const at = (...parts: string[]): string => join(root.path, ...parts)
const fileOf = (bytes: Uint8Array): string => {
  writeFileSync(at('model.onnx'), bytes)
  return at('model.onnx')
}

test('what is written loads, and gives the values of a run', async () => {
  const { code, stderr } = await capture('compile', '--out', at('digits'), '--device', 'cpu')
  expect([code, stderr, readdirSync(at('digits')).toSorted()]).toEqual([0, '', ['constants.bin', 'plan.json']])
  const opened = await openDevice('cpu')
  const request = readRequest(undefined, undefined, {})
  const expected = await runModel(request, { sizes: { batch: 3 }, tolerance: wholeModelTolerance }, opened, silent)
  const session = await createSession({
    plan: JSON.parse(readFileSync(at('digits/plan.json'), 'utf8')),
    constants: readFileSync(at('digits/constants.bin')),
    device: opened.device,
  })
  const { outputs } = await session.run(randomInputs(importGraph(request.model), { batch: 3 }))
  expect(outputs.scores?.shape).toEqual([3, 10])
  expect(outputs).toEqual({ scores: expected.outputs[0]?.tensor })
  opened.device.dispose()
})

test('says what it compiled to and wrote', async () => {
  const { stdout } = await capture('compile', '--out', at('out'))
  const plain = stdout
    .replaceAll(root.path, '<folder>')
    .replaceAll(/[\d.]+ (ms|s)\b/g, '_')
    .replaceAll(/[\d.]+ KiB/g, '_')
  expect(plain).toMatchInlineSnapshot(`
    "digits (built in)  _

      target    webgpu
      kernels   8 operators fused into 5 kernels
                2 ×  Conv + Relu        conv/direct
                1 ×  MaxPool            reduce/in-thread
                1 ×  MaxPool + Reshape  reduce/in-thread
                1 ×  Gemm               matmul/register-tiled
      input     image f32 [batch, 1, 28, 28]
      output    scores f32 [batch, 10]
      compile   _
      write     _
      wrote     <folder>/out/constants.bin  _
      wrote     <folder>/out/plan.json      _
    "
  `)
  const target = JSON.parse(readFileSync(at('out/plan.json'), 'utf8')).target
  expect(target).toBe('webgpu')
})

test('--products tf32 rounds the factors of products where tensor cores multiply those', async () => {
  const shape = [64, 64]
  const product = modelBytes((g) => {
    const factors = [g.input('a', 'f32', shape), g.input('b', 'f32', shape)]
    g.output(g.node('MatMul', factors, { outputs: ['y'] }), 'f32', shape)
  })
  for (const [products, template] of [
    ['exact', 'matmul/workgroup-tiled'],
    ['tf32', 'matmul/matrix-units-tf32'],
  ] as const) {
    const out = at(products)
    const options = ['--device', 'cuda', '--products', products]
    const { code, stdout } = await capture('compile', fileOf(product), '--out', out, ...options)
    expect(code).toBe(0)
    expect(stdout).toContain(template)
    // On a device of this machine or, where there is none, for any of its kind.
    expect((await capture('explain', fileOf(product), ...options)).stdout).toContain(template)
  }
})

test('--json gives one object, with sizes that are fixed', async () => {
  const args = ['--fix', 'n=4', '--json', '--device', 'cpu']
  const { code, stdout } = await capture('compile', fileOf(reluModel()), '--out', at('out'), ...args)
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    model: { operators: 1 },
    target: 'cpu',
    pipelines: 1,
    inputs: [{ name: 'x', dtype: 'f32', shape: [4] }],
    outputs: [{ name: 'y', dtype: 'f32', shape: [4] }],
    files: [
      { path: at('out/constants.bin'), bytes: 0 },
      { path: at('out/plan.json'), bytes: statSync(at('out/plan.json')).size },
    ],
    times: { compile: expect.any(Number), write: expect.any(Number) },
  })
})

describe('mistakes end with code 1, an error that helps, and no folder', () => {
  const refused = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await capture('compile', ...args, '--device', 'cpu')
    expect([code, stdout, existsSync(at('out'))]).toEqual([1, '', false])
    return stderr.replaceAll(root.path, '<folder>')
  }

  test('no such model', async () => {
    expect(await refused(at('missing.onnx'), '--out', at('out'))).toContain('error[file/missing]')
  })

  test('a folder with something in it', async () => {
    expect(await refused(fileOf(reluModel()), '--out', root.path)).toMatchInlineSnapshot(`
      "error[file/not-empty]: the folder to write is not empty
        at    <folder>
        help  name a new folder, or remove this one first
      "
    `)
    expect(readdirSync(root.path)).toEqual(['model.onnx'])
  })

  test('a file in the place of a folder', async () => {
    const model = fileOf(reluModel())
    expect(await refused(model, '--out', join(model, 'out'))).toMatchInlineSnapshot(`
      "error[file/not-a-folder]: "model.onnx" is a file, not a folder
        at    <folder>/model.onnx
        help  name a new folder
      "
    `)
  })

  test('a model with gaps', async () => {
    const model = fileOf(modelBytes((g) => g.output(g.node('Foo', [g.input('x', 'f32', [2])]), 'f32')))
    expect(await refused(model, '--out', at('out'))).toContain('operator "Foo"')
  })

  test('a shape that only data can tell', async () => {
    const model = modelBytes((g) => {
      g.output(g.node('Reshape', [g.input('x', 'f32', [4]), g.input('shape', 'i64', [1])]), 'f32')
    })
    expect(await refused(fileOf(model), '--out', at('out'))).toContain('error[compile/host-value]')
  })

  test('no folder named', async () => {
    expect(await capture('compile')).toMatchObject({ code: 2, stdout: '' })
  })
})
