// The script of PyTorch and Triton, as far as it goes without them: it is asked in lines, on numbers that are ours too.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { invariant } from '@tilewright/ir'
import { expect, test } from 'vitest'
import { cudaCases } from './cases.js'
import type { CudaRequest } from './protocol.js'
import { sampleOf } from './protocol.js'
import { workloadOf } from './workload.js'

const contestants = join(import.meta.dirname, '../contestants')
const stub = join(import.meta.dirname, '../fixtures/stub-torch')
const hasPython = spawnSync('python3', ['--version']).status === 0

const cases = cudaCases('tiny', ['mnist'])
function prepare(name: string, contestant = 'torch'): CudaRequest {
  const computation = cases.find((one) => one.name.startsWith(name))?.computation
  invariant(computation !== undefined, 'a case is known')
  return { kind: 'prepare', contestant, computation, emulated: true, leastMs: 1 }
}

/** What the script answers to requests, in order. */
function ask(requests: readonly CudaRequest[], path: string): readonly Record<string, unknown>[] {
  const { stdout, status, stderr } = spawnSync('python3', ['-u', join(contestants, 'cuda_peers.py')], {
    input: requests.map((request) => `${JSON.stringify(request)}\n`).join(''),
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: '1' },
  })
  expect([status, status === 0 ? '' : stderr]).toEqual([0, ''])
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

test.skipIf(!hasPython)('the scripts are Python', () => {
  for (const name of ['cuda_peers.py', 'cuda_triton_matmul.py']) {
    const check = 'import ast, sys; ast.parse(open(sys.argv[1]).read())'
    const { stderr } = spawnSync('python3', ['-c', check, join(contestants, name)], { encoding: 'utf8' })
    expect(stderr).toBe('')
  }
})

test.skipIf(!hasPython)('a case is prepared and run, on our numbers', () => {
  const [ready, ran, missing, unknown] = ask(
    [prepare('row-sum'), { kind: 'run' }, prepare('softmax', 'triton'), prepare('mnist')],
    stub,
  )
  const [x] = Object.values(workloadOf(cases.find(({ name }) => name.startsWith('row-sum'))!.computation).inputs)
  const [rows = 0, columns = 0] = x!.shape
  const sums = Float64Array.from({ length: rows }, (_, i) =>
    Array.from(x!.data.slice(i * columns, (i + 1) * columns), Number).reduce((a, b) => a + b),
  )
  expect(ready).toMatchObject({
    kind: 'ready',
    sample: sampleOf(sums),
    facts: {
      torch: '0-stub',
      device: 'stub',
      tf32: 'matmul highest, cudnn False',
      method: expect.stringMatching(/run after run/),
    },
  })
  expect(ran).toMatchObject({ kind: 'ran', wallMs: expect.any(Number), deviceMs: expect.any(Number) })
  expect(missing).toEqual({ kind: 'failed', reason: "only its tutorial's product of matrices is written down" })
  expect(unknown).toMatchObject({ kind: 'failed' })
})

test.skipIf(!hasPython)('without PyTorch it says so', () => {
  const broken = join(import.meta.dirname, '../fixtures/no-torch')
  expect(ask([prepare('sgemm')], broken)).toEqual([{ kind: 'failed', reason: 'none here' }])
})
