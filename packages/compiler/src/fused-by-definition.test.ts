// The property that fusion rests on: whatever is fused, with whichever template, each result is what the definition says.
import { composeAnchor, formAttention, formRows, inlineGroup, partition } from '@tilewright/fusion'
import {
  type Buffer,
  definition,
  type Equation,
  elementCount,
  evaluateSize,
  type Kernel,
  type Target,
} from '@tilewright/ir'
import { resolve, templateOf, templates } from '@tilewright/schedules'
import { allocate, evaluateDefinition, type Order, runKernel, type TypedArray } from '@tilewright/simulator'
import {
  type ArbitraryGraph,
  arbitraryGraph,
  arbitraryTransposes,
  type GraphRun,
  propertyRuns,
  testTarget,
} from '@tilewright/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Program, programOf } from './program.js'

/** Where workgroup memory pays, where it does not, and where a workgroup is a thread. */
const targets: readonly Target[] = [
  { ...testTarget, name: 'workgroup memory' },
  { ...testTarget, name: 'registers', fastWorkgroupMemory: false },
  {
    ...testTarget,
    name: 'one thread',
    limits: { ...testTarget.limits, threads: 1, workgroupBytes: 0 },
    vectorLanes: 1,
    fastWorkgroupMemory: false,
  },
]

/** Templates that are for fast workgroup memory alone. */
const together = ['matmul/workgroup-tiled', 'rows/cooperative', 'reduce/cooperative', 'transpose/tiled']

/** Templates on what targets of tests have not. */
const ofInstructions = ['matmul/matrix-units', 'matmul/async-multiply', 'matmul/producer-consumer']

/** The target and the template of each kind of kernel that graphs must have. Large planes have graphs of their own. */
const wanted = targets.flatMap(({ name, fastWorkgroupMemory }) =>
  [...templates.map((template) => template.name), 'rule-based']
    // Random graphs are of f32, which no matrix or tile instruction multiplies, and few have an attention: those templates
    // have properties of their own.
    .filter((template) => template !== 'transpose/tiled' && !ofInstructions.includes(template))
    .filter((template) => !template.startsWith('attention/'))
    .filter((template) => fastWorkgroupMemory || !together.includes(template))
    .map((template) => `${name}: ${template}`),
)

/** A program fused and scheduled: nothing lowered. */
function fuse({ equations, outputs }: Program, target: Target) {
  const results = new Set(outputs.map((output) => output.buffer))
  const rows = formRows(equations, results, target.limits)
  const isSchedulable = (anchor: Equation): boolean => templateOf({ anchor, computed: new Set() }, target) !== undefined
  const formed = formAttention(rows, results, target.limits, isSchedulable)
  const { groups } = partition(formed, results, target.limits)
  const scheduled = groups.map(composeAnchor).map((group) => {
    const computed = new Set(group.prologues.map((prologue) => prologue.output))
    const { template, scheduled: alone } = resolve({ anchor: group.anchor, computed }, target)
    return { template, kernels: inlineGroup(group, alone) }
  })
  return {
    groups,
    kernels: scheduled.flatMap(({ kernels }) => kernels),
    chosen: scheduled.map(({ template }) => template),
  }
}

type Results = readonly (TypedArray | undefined)[]

/** Results of the kernels, on the simulator. */
function runKernels(kernels: readonly Kernel[], program: Program, { sizes, inputs }: GraphRun, order: Order): Results {
  const memory = new Map<Buffer, TypedArray>(inputsOf(program, inputs))
  const memoryOf = (buffer: Buffer): TypedArray => {
    const known = memory.get(buffer)
    if (known !== undefined) return known
    // No number, so that what is not written shows.
    const made = allocate(buffer.dtype, evaluateSize(elementCount(buffer.shape), sizes)).fill(Number.NaN)
    memory.set(buffer, made)
    return made
  }
  for (const kernel of kernels) {
    runKernel(kernel, { buffers: new Map(kernel.params.map((param) => [param, memoryOf(param)])), sizes, order })
  }
  return program.outputs.map(({ buffer }) => memoryOf(buffer))
}

function inputsOf(program: Program, inputs: ReadonlyMap<string, Float32Array>) {
  return new Map<Buffer, TypedArray>([
    ...program.inputs.map(({ tensor, buffer }) => [buffer, inputs.get(tensor.name)!] as const),
    ...[...program.constants].map(([buffer, { data }]) => [buffer, data as Float32Array] as const),
  ])
}

/** Results by definition: every equation, one after the other. */
function runByDefinition(program: Program, { sizes, inputs }: GraphRun): Results {
  const given = inputsOf(program, inputs)
  const meaning = definition('graph', [...given.keys()], [], program.equations)
  const computed = evaluateDefinition(meaning, given, sizes)
  return program.outputs.map(({ buffer }) => computed.get(buffer))
}

/** Fuses a graph for each target and runs it. Gives the groups, and what they were scheduled as. */
function expectByDefinition({ graph, runs }: ArbitraryGraph, order: Order) {
  const program = programOf(graph)
  const expected = runs.map((run) => runByDefinition(program, run))
  return targets.map((target) => {
    const { kernels, ...rest } = fuse(program, target)
    for (const [i, run] of runs.entries()) expect(runKernels(kernels, program, run, order)).toEqual(expected[i])
    return { target, ...rest }
  })
}

const orders = fc.constantFrom<Order[]>('ascending', 'descending')

test('fused = by definition, at two sizes, with every template', { timeout: 400_000 }, () => {
  const graphs = propertyRuns()
  const fused = { prologue: 0, epilogue: 0 }
  /** Graphs in which a target has used a template. */
  const used = new Map(wanted.map((kernel) => [kernel, 0]))
  const agree = (given: ArbitraryGraph, order: Order): void => {
    const everywhere = expectByDefinition(given, order)
    for (const { target, chosen } of everywhere) {
      for (const template of new Set(chosen)) {
        const kernel = `${target.name}: ${template}`
        if (template !== 'transpose/tiled') used.set(kernel, (used.get(kernel) ?? 0) + 1)
      }
    }
    if (everywhere.some(({ groups }) => groups.some(({ prologues }) => prologues.length > 0))) fused.prologue += 1
    if (everywhere.some(({ groups }) => groups.some(({ epilogues }) => epilogues.length > 0))) fused.epilogue += 1
  }
  fc.assert(fc.property(arbitraryGraph(), orders, agree), { numRuns: graphs })

  // The property says little about graphs in which nothing is fused, and of templates that none of them uses. Few graphs
  // may lack one by chance.
  const [share, least] = graphs >= 500 ? [0.6, 20] : [0.4, 0]
  if (graphs < 50) return
  expect(fused.prologue / graphs).toBeGreaterThanOrEqual(share)
  expect(fused.epilogue / graphs).toBeGreaterThanOrEqual(share)
  expect([...used.keys()].toSorted()).toEqual(wanted.toSorted())
  expect([...used].filter(([, times]) => times < least)).toEqual([])
})

test('fused = by definition, where large planes are transposed', { timeout: 400_000 }, () => {
  const graphs = propertyRuns()
  /** Graphs in which a target goes through tiles. */
  const tiled = new Map(targets.map(({ name }) => [name, 0]))
  const agree = (given: ArbitraryGraph, order: Order): void => {
    for (const { target, chosen } of expectByDefinition(given, order)) {
      if (chosen.includes('transpose/tiled')) tiled.set(target.name, (tiled.get(target.name) ?? 0) + 1)
    }
  }
  fc.assert(fc.property(arbitraryTransposes(), orders, agree), { numRuns: graphs })
  expect(tiled.get('registers')).toBe(0)
  expect(tiled.get('one thread')).toBe(0)
  if (graphs >= 50) expect((tiled.get('workgroup memory') ?? 0) / graphs).toBeGreaterThanOrEqual(0.15)
})
