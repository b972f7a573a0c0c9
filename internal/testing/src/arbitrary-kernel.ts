/**
 * Random kernels for property tests: of passes (the simulator gives the same before and after) and of printers (a device
 * gives what the simulator gives).
 *
 * Race-free by construction: a thread writes its own elements of `out` and its own tasks of `tasks`, and workgroup tiles
 * are written by tasks between two barriers and read elsewhere. Every private element is written before it is read,
 * every index is in range or guarded, no integer is negative or near overflow. Factors of every product include a number
 * in -2..2, so products are exact and a device that fuses multiply and add gives the same bits.
 *
 * A kernel is built from a list of choices, each a number that is taken modulo what there is to choose from; when the
 * list is used up, the first option is taken. Shorter lists are simpler kernels: that is how failures shrink.
 */
import {
  type Buffer,
  buildKernel,
  ceilDiv,
  type Kernel,
  printKernel,
  type SizeExpr,
  type SizeValues,
  size,
} from '@tilewright/ir'
import { rank, taskShape } from '@tilewright/task-mapping'
import fc from 'fast-check'
import { chooseMapping, createChooser } from './chooser.js'
import { createWriter, type Memory, type Place } from './generated-statements.js'

/** A kernel with what it takes to run it. */
export interface GeneratedKernel {
  readonly kernel: Kernel
  readonly sizes: SizeValues
  /** Contents of the parameters, in their order: small integers, and a fill for what the kernel writes. */
  readonly contents: readonly (Float32Array | Int32Array)[]
}

/** Kernels of some hundred executed operations, seldom of more than 5,000. */
export function arbitraryKernel(): fc.Arbitrary<GeneratedKernel> {
  return fc
    .array(fc.nat({ max: 2 ** 20 }), { minLength: 200, maxLength: 400, size: 'max' })
    .map((choices) => generateKernel(choices))
    .map((generated) => Object.assign(generated, { [fc.toStringMethod]: () => describeKernel(generated) }))
}

function describeKernel({ kernel, sizes }: GeneratedKernel): string {
  return `${JSON.stringify(sizes)}\n${printKernel(kernel)}\n`
}

/** The kernel that a list of choices stands for. */
export function generateKernel(choices: readonly number[]): GeneratedKernel {
  const choose = createChooser(choices)
  const threads = choose.of([1, 2, 3, 4, 6, 8])
  // Elements of `out` that one thread owns: a row, or as many of a flat buffer whose size they divide.
  const own = choose.of([1, 4, 2, 8, 3])
  const rows = choose.below(Math.min(2 * threads, 12) + 1)
  const flat = choose.chance()
  const symbolic = choose.chance()
  // A flat buffer may end within what the last thread owns.
  const ragged = flat && choose.chance()
  const missing = ragged ? choose.below(own) : 0
  const n = flat ? Math.max(0, rows * own - missing) : rows
  const total: SizeExpr = symbolic ? size('n', { max: 4096, multipleOf: flat && !ragged ? own : 1 }) : n
  const count = flat ? ceilDiv(total, threads * own) : ceilDiv(total, threads)
  const shape: readonly SizeExpr[] = flat ? [total] : [total, own]
  const [length, tableRows, tableColumns] = [4 + choose.below(9), 1 + choose.below(4), 1 + choose.below(5)]
  const taskMapping = chooseMapping(choose, threads)
  const workgroupCount = Math.ceil(rows / threads)
  const tasksShape = [Math.max(1, workgroupCount), ...taskShape(taskMapping)]

  const kernel = buildKernel({ name: 'generated', threads, workgroups: [count, 1, 1] }, (g) => {
    const memory: Memory = {
      x: g.param('x', 'f32', [length]),
      table: g.param('table', 'f32', [tableRows, tableColumns]),
      numbers: g.param('numbers', 'i32', [5]),
      aligned: g.param('aligned', 'f32', shape),
      out: g.param('out', 'f32', shape),
      ownIndex: (e) => {
        const row = g.workgroup.x.mul(threads).add(g.thread)
        return flat ? [row.mul(own).add(e)] : [row, e]
      },
      own,
    }
    const tasks = g.param('tasks', choose.of(['f32', 'i32']), tasksShape)
    const writer = createWriter(g, choose, memory, threads)
    const start: Place = { ints: [g.thread, g.workgroup.x], floats: [], arrays: [], tiles: [], depth: 0, budget: 12 }
    const place = writer.statements(start, 1 + choose.below(4))
    const phases = choose.below(3)
    for (let i = 0; i < phases; i++) writer.phase(place)
    writer.storeOwn(place)
    g.forTask(taskMapping, g.thread, (...at) => {
      const inside: Place = { ...place, ints: [...place.ints, ...at], depth: 2 }
      const result = tasks.buffer.dtype === 'i32' ? writer.int(inside, 2) : writer.float(inside, 2)
      tasks.set([g.workgroup.x, ...at.slice(0, rank(taskMapping))], result)
    })
  })
  const sizes: SizeValues = symbolic ? { n } : {}
  return { kernel, sizes, contents: kernel.params.map((param, i) => content(param, sizes, i)) }
}

function content({ dtype, shape, hint }: Buffer, sizes: SizeValues, seed: number): Float32Array | Int32Array {
  const length = shape.reduce<number>(
    (product, extent) => product * (typeof extent === 'number' ? extent : (sizes.n ?? 0)),
    1,
  )
  // Indices are read from `numbers`, which therefore holds none below 0.
  const least = hint === 'numbers' ? 0 : 2
  const values = Array.from({ length }, (_, i) => ((i * 7 + seed * 3 + (i >> 2)) % 5) - least)
  return dtype === 'i32' ? Int32Array.from(values) : Float32Array.from(values)
}
