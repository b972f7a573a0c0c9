// Products of tiles by what threads hold, printed and executed, against sums element by element.
import { type Buffer, buffer, buildKernel, type Kernel, lineElements, type TileInstruction } from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { numberToBfloat, numberToHalf } from '@tilewright/simulator'
import { compose, repeat, spatial, taskShape, tasksPerWorker, workers } from '@tilewright/task-mapping'
import { cudaLaunchers, openTestedCuda, runPrinted, testedCuda } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { cudaPipeline, emitCuda, hopperTarget } from '../index.js'
import { emulatedCompiler } from './node-compile-emulated.js'

/** The processor takes the instructions of all GPUs. */
async function knowsTiles(): Promise<boolean> {
  if (testedCuda === 'cuda-emulated') return true
  const device = await openTestedCuda()
  device.dispose()
  return device.target.tileInstructions.length > 0
}
const multipliesTiles = await knowsTiles()
const [[, launch]] = cudaLaunchers(emulatedCompiler, { sanitize: 'bounds' })

/** Rows of an instruction, groups of threads that have so many each, and products that each starts. */
const [rows, groups, products] = [64, 2, 2]

/** out = 1 + products · x · y, with x in registers. */
function kernelOf(
  instruction: TileInstruction,
  [x, y, out]: readonly [Buffer, Buffer, Buffer],
  alongOwn: boolean,
): Kernel {
  const [depth, columns] = y.shape.map(Number) as [number, number] // The test gives y two extents.
  const group = workers(instruction.d)
  const threads = groups * group
  return buildKernel({ name: 'held', threads, subgroupSize: 32, workgroups: [1, 1, 1] }, (g) => {
    const [left, right, to] = [g.use(x), g.use(y), g.use(out)]
    const [lines, length] = alongOwn ? [depth, columns] : [columns, depth]
    const tile = g.workgroupBuffer('tile', x.dtype, [length / lineElements, lines, lineElements])
    g.forTask(compose(repeat((lines * length) / threads), spatial(threads)), g.thread, (i) => {
      const [line, position] = [i.div(length), i.mod(length)]
      const chunk = position.div(8).mod(8).bitXor(line.mod(8))
      const [k, column] = alongOwn ? [line, position] : [position, line]
      tile.set([position.div(lineElements), line, chunk.mul(8).add(position.mod(8))], right.at(k, column))
    })
    const worker = g.thread.mod(group)
    const firstRow = g.thread.div(group).mul(rows)
    const map = compose(repeat([1, depth / instruction.depth], { unroll: true }), instruction.a)
    const a = g.privateBuffer('a', x.dtype, [tasksPerWorker(map)])
    g.forTask(map, worker, (r, k, register) => a.set([register], left.at(firstRow.add(r), k)))
    const d = g.privateBuffer('d', 'f32', [tasksPerWorker(instruction.d)])
    g.forTask(instruction.d, worker, (_, __, register) => d.set([register], 1))
    g.barrier()
    const [held, sums] = [
      { buffer: a.buffer, map },
      { buffer: d.buffer, map: instruction.d },
    ]
    for (let i = 0; i < products; i++) g.asyncMultiply(held, { tile, at: [0, 0, 0], lines, alongOwn }, sums, depth)
    g.asyncMultiplyWait(0, [a, d])
    g.forTask(instruction.d, worker, (r, c, register) => to.set([firstRow.add(r), c], d.at(register)))
  })
}

const value = (i: number, seed: number): number => ((i * 7 + (i >> 3) * 3 + seed) % 5) - 2

describe.skipIf(!multipliesTiles)('a factor that threads hold', () => {
  test.each([
    ['f16', 64, 64, false],
    ['bf16', 128, 128, true],
    ['f16', 192, 64, false],
  ] as const)(
    '%s by a tile of %i columns, %i deep, along its own axis: %s',
    async (dtype, columns, depth, alongOwn) => {
      const instruction = hopperTarget.tileInstructions.find(({ d }) => taskShape(d)[1] === columns)!
      const x = buffer('x', dtype, [groups * rows, depth], 'storage')
      const y = buffer('y', dtype, [depth, columns], 'storage')
      const out = buffer('out', 'f32', [groups * rows, columns], 'storage')
      const lowered = runPipeline(kernelOf(instruction, [x, y, out], alongOwn), cudaPipeline(hopperTarget))
      const toBits = dtype === 'f16' ? numberToHalf : numberToBfloat
      const halves = (length: number, seed: number): Uint16Array =>
        Uint16Array.from({ length }, (_, i) => toBits(value(i, seed)))
      const contents = [
        halves(groups * rows * depth, 1),
        halves(depth * columns, 3),
        new Float32Array(groups * rows * columns),
      ]
      const [, , result] = await runPrinted(launch, emitCuda(lowered), { params: lowered.params, contents, sizes: {} })
      const expected = Float32Array.from({ length: groups * rows * columns }, (_, at) => {
        const [row, column] = [Math.floor(at / columns), at % columns]
        let sum = 0
        for (let k = 0; k < depth; k++) sum += value(row * depth + k, 1) * value(k * columns + column, 3)
        return 1 + products * sum
      })
      expect(result).toEqual(expected)
    },
  )
})
