import { thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { store } from '../stmt.js'
import { type BufferHandle, buildKernel, type KernelBuilder } from './kernel-builder.js'

const options = { name: 'k', threads: 4, workgroups: [1, 1, 1] } as const

const bodies: readonly [name: string, author: (g: KernelBuilder) => unknown][] = [
  ['an author', async (g) => g.param('y', 'f32', [4]).set([g.thread], await Promise.resolve(1))],
  ['the body of a loop', (g) => g.loop('i', 4, async () => Promise.reject(new RangeError('later')))],
  ['the body of an if', (g) => g.if(g.thread.lt(1), async () => undefined)],
  [
    'an else',
    (g) =>
      g.if(
        g.thread.lt(1),
        () => undefined,
        async () => undefined,
      ),
  ],
]
test.each(bodies)('%s that is asynchronous is refused, and what it does later hurts nobody', async (_, author) => {
  expect(thrownBy(() => Reflect.apply(buildKernel, undefined, [options, author]))).toMatchObject({
    name: 'CompileError',
    code: 'ir/async-body',
    help: expect.stringContaining('not async'),
  })
  await Promise.resolve()
})

test('a generator is refused: nothing of it would be recorded', () => {
  function* author(g: KernelBuilder): Generator<undefined> {
    g.param('y', 'f32', [4]).set([0], 1)
    yield undefined
  }
  expect(thrownBy(() => Reflect.apply(buildKernel, undefined, [options, author]))).toMatchObject({
    code: 'ir/async-body',
    message: 'a body of the kernel is a generator: nothing of it is recorded',
  })
})

test('nothing is recorded once the kernel is built', () => {
  let [late, y]: [KernelBuilder?, BufferHandle?] = []
  buildKernel(options, (g) => {
    late = g
    y = g.param('y', 'f32', [4])
  })
  for (const record of [
    () => y!.set([0], 1),
    () => late!.param('x', 'f32', [4]),
    () => late!.workgroupBuffer('tile', 'f32', [4]),
    () => late!.privateBuffer('acc', 'f32', [4]),
    () => late!.mbarrier('full', 1, 4),
    () => late!.barrier(),
  ]) {
    expect(thrownBy(record)).toMatchObject({
      name: 'CompileError',
      code: 'ir/finished',
      message: 'kernel "k" has been built: nothing can be added to it',
    })
  }
})

test('buffers of another kernel are refused, with the line that uses them', () => {
  const others: BufferHandle[] = []
  buildKernel(options, (g) => {
    others.push(g.param('x', 'f32', [4]), g.workgroupBuffer('tile', 'f32', [4]), g.privateBuffer('acc', 'f32', [4]))
  })
  const using = (use: (y: BufferHandle, other: BufferHandle) => void): unknown[] =>
    others.map((other) => thrownBy(() => buildKernel(options, (g) => use(g.param('y', 'f32', [4]), other))))
  expect(using((y, other) => y.set([0], other.at(0)))).toMatchObject([
    {
      code: 'ir/unbound',
      message: 'kernel "k" uses storage buffer "x", which is neither a parameter of it nor declared in it',
      where: expect.stringMatching(/check-author\.test\.ts:\d+:\d+$/),
      help: expect.stringContaining('g.use(handle.buffer)'),
    },
    { code: 'ir/unbound', help: 'declare one in this kernel: g.workgroupBuffer(…)' },
    { code: 'ir/unbound', help: 'declare one in this kernel: g.privateBuffer(…)' },
  ])
  const written = { code: 'ir/finished', help: expect.stringContaining('g.use(handle.buffer)') }
  expect(using((_, other) => other.set([0], 1))).toEqual(others.map(() => expect.objectContaining(written)))
})

test('a buffer of another kernel that is used here is a parameter', () => {
  const [x] = buildKernel(options, (g) => g.param('x', 'f32', [4]).set([0], 1)).params
  const both = buildKernel(options, (g) => {
    const acc = g.privateBuffer('acc', 'f32', [])
    g.emit(store(acc.buffer, [], g.use(x!).at(0).expr))
  })
  expect(both.params).toEqual([x])
})
