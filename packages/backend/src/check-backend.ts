/** What third parties write, checked where it is passed in: callers without types may leave anything out. */
import { CompileError, checkArgument, describe, isPlain, type Target, type TargetLimits } from '@tilewright/ir'
import type { Backend } from './backend.js'
import type { EmittedKernel } from './emit.js'

const targetParts = {
  name: true,
  limits: true,
  elementBytes: true,
  binding: true,
  vectorLanes: true,
  fastWorkgroupMemory: true,
  asyncCopies: true,
  parallelWorkgroups: true,
  matrixInstructions: true,
  tileInstructions: true,
} satisfies Readonly<Record<Exclude<keyof Target, 'subgroupSize'>, true>>

const limitNames = {
  threads: true,
  workgroupBytes: true,
  workgroupsPerDimension: true,
  clusterWorkgroups: true,
  storageBuffers: true,
  bindingBytes: true,
  bufferBytes: true,
} satisfies Readonly<Record<keyof TargetLimits, true>>

/** Throws `CompileError` `backend/descriptor`, naming the member, for what is none: callers may pass the factory itself. */
export function checkBackend(backend: Backend | undefined): asserts backend is Backend {
  if (typeof backend !== 'object' || backend === null) {
    const given = typeof backend === 'function' ? 'a function, not what it returns' : describe(backend)
    throw new CompileError({
      code: 'backend/descriptor',
      message: `the backend is ${backend === undefined ? 'missing' : given}`,
      help: 'pass what a factory returns, such as wgsl() or cpu(): an object with meta, target, pipeline and emit',
    })
  }
  const { meta, target, pipeline, emit, schedules = [], open } = backend
  const check = (holds: boolean, rule: string, given: unknown, help: string): void =>
    checkArgument(holds, 'backend/descriptor', rule, given, help)
  const metaHelp = "pass meta: { name: 'mine', version: '1.0.0', api: backendApi }"
  check(isPlain(meta), 'meta of a backend is an object', meta, metaHelp)
  check(typeof meta.name === 'string' && meta.name !== '', 'meta.name of a backend is a text', meta.name, metaHelp)
  check(typeof meta.api === 'number', 'meta.api of a backend is a number', meta.api, metaHelp)
  checkParts(target, 'target', targetParts)
  checkParts(target.limits, 'target.limits', limitNames)
  const pipelineHelp = 'pass pipeline: (target) => [passes, in order]'
  check(typeof pipeline === 'function', 'pipeline of a backend is a function', pipeline, pipelineHelp)
  const emitHelp = 'pass emit: (kernel) => ({ pipeline, buffers, scalars, workgroups })'
  check(typeof emit === 'function', 'emit of a backend is a function', emit, emitHelp)
  check(Array.isArray(schedules), 'schedules of a backend are an array', schedules, 'pass templates, or leave it out')
  const openHelp = 'pass open: async () => device, or leave it out'
  check(open === undefined || typeof open === 'function', 'open of a backend is a function', open, openHelp)
}

/** Throws `CompileError` `backend/descriptor` for an object that lacks one of these parts. */
function checkParts(value: object, what: string, parts: Readonly<Record<string, true>>): void {
  const code = 'backend/descriptor'
  const help = `it has ${Object.keys(parts).join(', ')}; spread that of another backend to begin with: { ...wgsl().target }`
  checkArgument(isPlain(value), code, `${what} of a backend is an object`, value, help)
  const absent = Object.keys(parts).find((part) => Reflect.get(value, part) === undefined)
  if (absent === undefined) return
  throw new CompileError({ code, message: `${what} of a backend has no ${absent}`, help })
}

/** Throws `CompileError` `backend/emit`, naming the part, for what is no printed kernel, such as a promise of one. */
export function checkEmitted(emitted: EmittedKernel, backend: string): void {
  const check = (holds: boolean, rule: string, given: unknown): void =>
    checkArgument(
      holds,
      'backend/emit',
      `of backend "${backend}", ${rule}`,
      given,
      'return { pipeline, buffers, scalars, workgroups } from emit, which does not wait for anything',
    )
  check(isPlain(emitted), 'what emit returns is a printed kernel', emitted)
  const { pipeline, buffers, scalars, workgroups } = emitted
  check(isPlain(pipeline), 'pipeline of what emit returns is an object', pipeline)
  check(typeof pipeline.source === 'string', 'pipeline.source of what emit returns is a text', pipeline.source)
  check(Array.isArray(buffers), 'buffers of what emit returns is an array', buffers)
  check(Array.isArray(scalars), 'scalars of what emit returns is an array', scalars)
  const isGrid = Array.isArray(workgroups) && workgroups.length === 3
  check(isGrid, 'workgroups of what emit returns are three sizes', workgroups)
}
