import { inlineGroup, partition } from '@tilewright/fusion'
import { type Buffer, definition, evaluateSize, type Kernel } from '@tilewright/ir'
import { resolve } from '@tilewright/schedules'
import { allocate, evaluateDefinition, type Order, runKernel, type TypedArray } from '@tilewright/simulator'
import { type ArbitraryGraph, arbitraryGraph, propertyRuns, testTarget } from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { programOf } from './program.js'

/** Results of the graph, fused and scheduled, on the simulator: nothing lowered. */
function runFused({ graph, sizes, inputs }: ArbitraryGraph, fastWorkgroupMemory: boolean, order: Order) {
  const program = programOf(graph)
  const results = new Set(program.outputs.map((output) => output.buffer))
  const target = { ...testTarget, fastWorkgroupMemory }
  const { groups } = partition(program.equations, results, target.limits)
  const memory = new Map<Buffer, TypedArray>(inputsOf(program, inputs))
  const memoryOf = (buffer: Buffer): TypedArray => {
    const known = memory.get(buffer)
    if (known !== undefined) return known
    const elements = buffer.shape.map((extent) => evaluateSize(extent, sizes)).reduce((a, b) => a * b, 1)
    const made = allocate(buffer.dtype, elements)
    memory.set(buffer, made)
    return made
  }
  const kernels: Kernel[] = []
  for (const group of groups) {
    const problem = { anchor: group.anchor, computed: new Set(group.prologues.map((prologue) => prologue.output)) }
    kernels.push(...inlineGroup(group, resolve(problem, target).scheduled))
  }
  for (const kernel of kernels) {
    runKernel(kernel, { buffers: new Map(kernel.params.map((param) => [param, memoryOf(param)])), sizes, order })
  }
  return { program, memory: memoryOf, groups }
}

function inputsOf(program: ReturnType<typeof programOf>, inputs: ReadonlyMap<string, Float32Array>) {
  return new Map<Buffer, TypedArray>([
    ...program.inputs.map(({ tensor, buffer }) => [buffer, inputs.get(tensor.name)!] as const),
    ...[...program.constants].map(([buffer, { data }]) => [buffer, data as Float32Array] as const),
  ])
}

/** Results by definition: every equation, one after the other. */
function runByDefinition({ sizes, inputs }: ArbitraryGraph, program: ReturnType<typeof programOf>) {
  const given = inputsOf(program, inputs)
  const meaning = definition('graph', [...given.keys()], [], program.equations)
  const computed = evaluateDefinition(meaning, given, sizes)
  return program.outputs.map(({ buffer }) => computed.get(buffer))
}

test('fused = by definition', { timeout: 120_000 }, () => {
  const seen = { graphs: 0, prologue: 0, epilogue: 0 }
  fc.assert(
    fc.property(arbitraryGraph(), fc.boolean(), fc.constantFrom('ascending', 'descending'), (random, fast, order) => {
      const { program, memory, groups } = runFused(random, fast, order)
      expect(program.outputs.map(({ buffer }) => memory(buffer))).toEqual(runByDefinition(random, program))
      seen.graphs += 1
      if (groups.some((group) => group.prologues.length > 0)) seen.prologue += 1
      if (groups.some((group) => group.epilogues.length > 0)) seen.epilogue += 1
    }),
    { numRuns: propertyRuns() },
  )
  // The property says little about graphs in which nothing is fused.
  expect(seen.prologue / seen.graphs).toBeGreaterThan(0.1)
  expect(seen.epilogue / seen.graphs).toBeGreaterThan(0.3)
})
