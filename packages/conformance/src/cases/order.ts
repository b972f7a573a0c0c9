/** Launches, writes and reads take effect in the order in which they were made; launches when they are submitted. */
import { buildKernel, type Kernel, size } from '@tilewright/ir'
import { type ConformanceCase, passed } from '../conformance-case.js'
import { createSequence, type Sequence } from '../sequence.js'

function inOrder(name: string, run: (on: Sequence) => Promise<void>): ConformanceCase {
  return {
    area: 'launches',
    name: `launches: ${name}`,
    run: async (subject) => {
      const sequence = createSequence(subject, { a: first, b: second })
      try {
        await run(sequence)
      } finally {
        sequence.destroy()
      }
      return passed
    },
  }
}

const length = 300
const first = Int32Array.from({ length }, (_, i) => i - 7)
const second = Int32Array.from({ length }, (_, i) => i * i)
const by = size('by')

/** a[i] = a[i] * 3 + by */
const step: Kernel = buildKernel({ name: 'step', threads: 1, workgroups: [length, 1, 1] }, (g) => {
  const a = g.param('a', 'i32', [length])
  a.update([g.workgroup.x], (old) => old.mul(3).add(g.size(by)))
})
/** b[i] = 2 * b[i] + a[n - 1 - i]: each reads what another workgroup of the launch before has written. */
const cross = (from: string, to: string): Kernel =>
  buildKernel({ name: 'cross', threads: 1, workgroups: [length, 1, 1] }, (g) => {
    const [a, b] = [g.param(from, 'i32', [length]), g.param(to, 'i32', [length])]
    b.update([g.workgroup.x], (old) => old.mul(2).add(a.at(g.constant('i32', length - 1).sub(g.workgroup.x))))
  })
const [forth, back] = [cross('a', 'b'), cross('b', 'a')]

const steps = (...factors: readonly number[]) => factors.map((of) => ({ kernel: step, sizes: { by: of } }))

export const orderCases: readonly ConformanceCase[] = [
  inOrder('one after the other in one recording, each with its scalars', async ({ record, check }) => {
    const recorded = await record(steps(...Array.from({ length: 20 }, (_, i) => i)))
    recorded.submit()
    await check('a')
  }),
  inOrder('each sees what the one before wrote, in other workgroups', async ({ record, check }) => {
    const recorded = await record([forth, forth, back, forth, back].map((kernel) => ({ kernel })))
    recorded.submit()
    await Promise.all([check('a'), check('b')])
  }),
  inOrder('nothing runs before it is submitted, and then in the order of submission', async ({ record, check }) => {
    const [early, late] = [await record(steps(1)), await record(steps(2, 3))]
    await check('a')
    late.submit()
    early.submit()
    await check('a')
  }),
  inOrder('reads and writes stand between launches', async ({ record, check, write }) => {
    const [one, two, three] = [await record(steps(5)), await record([{ kernel: forth }]), await record(steps(6))]
    one.submit()
    const between = check('a')
    write(
      'a',
      Int32Array.from({ length: 4 }, (_, i) => i + 100),
    )
    two.submit()
    write('a', Int32Array.of(-1, -2))
    three.submit()
    await Promise.all([between, check('a'), check('b')])
  }),
  inOrder('the same submitted again and again', async ({ record, check }) => {
    for (let run = 0; run < 4; run++) {
      const recorded = await record([...steps(7, 8), { kernel: forth }])
      recorded.submit()
      await check('b')
    }
    await check('a')
  }),
  inOrder('a recording of nothing', async ({ record, check }) => {
    const [nothing, something] = [await record([]), await record(steps(1))]
    nothing.submit()
    something.submit()
    await check('a')
  }),
]
