import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { build } from 'tsup'
import { beforeAll, expect, test } from 'vitest'
import { bundle } from './fixtures/bundle.js'
import { runProgram } from './fixtures/run-program.js'
import { modelBytes, temporaryFolder } from './fixtures/write-case.js'

let program: string
beforeAll(async () => {
  program = await bundle(build, 'main')
})

test('runs the built-in model and ends by itself', async () => {
  const { code, stdout, stderr } = await runProgram(program, ['run', '--device', 'cpu'])
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toContain('against its definition  equal')
})

test('ends with code 1 and no stack trace when something is wrong, with 2 when asked wrongly', async () => {
  const missing = await runProgram(program, ['run', 'missing.onnx'])
  expect([missing.code, missing.stdout]).toEqual([1, ''])
  expect(missing.stderr).toMatch(/^error\[file\/missing\]: .*\n {2}at .*\n {2}help .*\n$/)
  expect((await runProgram(program, ['walk'])).code).toBe(2)
})

test('a reader that stops early is no error', () => {
  const { stderr, status } = spawnSync('sh', ['-c', '"$0" "$1" --help | true', process.execPath, program], {
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([0, ''])
})

test.skipIf(!existsSync('/dev/full'))('an output that cannot be written is said', () => {
  const { stderr, status } = spawnSync('sh', ['-c', '"$0" "$1" --help > /dev/full', process.execPath, program], {
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/^error\[output\/unwritable\]: .*ENOSPC.*\n {2}help {2}.*\n$/),
  ])
})

test('Ctrl-C ends it at once, even in the middle of a long kernel', async () => {
  const folder = temporaryFolder()
  try {
    const model = join(folder.path, 'model.onnx')
    const product = modelBytes((g) => {
      g.output(g.node('MatMul', [g.input('a', 'f32', [4000, 4000]), g.input('b', 'f32', [4000, 4000])]), 'f32')
    })
    writeFileSync(model, product)
    const child = spawn(process.execPath, [program, 'run', model, '--device', 'cpu'], { stdio: 'ignore' })
    const closed = once(child, 'close')
    await setTimeout(1500)
    const start = performance.now()
    child.kill('SIGINT')
    // A shell reports a child that a signal ended as 128 + its number: 130.
    expect(await closed).toEqual([null, 'SIGINT'])
    expect(performance.now() - start).toBeLessThan(1000)
  } finally {
    folder.remove()
  }
})
