/** The plugin contract: a factory gives a frozen descriptor, and the user passes it in. */
import type { Pass, ScheduleTemplate, Target } from '@tilewright/ir'
import { CompileError } from '@tilewright/ir'
import type { Device } from './device.js'
import type { Emit } from './emit.js'

/** Version of this contract. */
export const backendApi = 1

export interface Backend {
  readonly meta: { readonly name: string; readonly version: string; readonly api: typeof backendApi }
  /** The minima that every device of this backend has. */
  readonly target: Target
  /** The whole lowering, in order, for a target: the last pass leaves what `emit` prints. */
  readonly pipeline: (target: Target) => readonly Pass[]
  /** Templates tried before the common ones. */
  readonly schedules?: readonly ScheduleTemplate[]
  readonly emit: Emit
  /** Opens a device; backends that only generate code have none. */
  readonly open?: () => Promise<Device>
}

/** A backend that opens devices. */
export interface DeviceBackend extends Backend {
  readonly open: () => Promise<Device>
}

/** A backend that only generates code. */
export type CodeBackend = Omit<Backend, 'open'>

/** Throws `CompileError` `backend/descriptor` for what is none: callers without types may pass the factory itself. */
export function checkBackend(backend: Backend | undefined): asserts backend is Backend {
  if (backend?.meta !== undefined && typeof backend.pipeline === 'function' && typeof backend.emit === 'function')
    return
  throw new CompileError({
    code: 'backend/descriptor',
    message: `the backend is ${typeof backend === 'function' ? 'a function, not what it returns' : 'missing, or none'}`,
    help: 'pass what a factory returns, such as wgsl() or cpu(): an object with meta, target, pipeline and emit',
  })
}

/**
 * Checks and freezes a descriptor, which keeps its type.
 * Throws `CompileError` `backend/descriptor` for what is none, `backend/api` when it was made for another contract.
 */
export function defineBackend<B extends Backend>(backend: B): B {
  checkBackend(backend)
  if (backend.meta.api !== backendApi) {
    throw new CompileError({
      code: 'backend/api',
      message: `backend "${backend.meta.name}" implements contract ${backend.meta.api}, this is ${backendApi}`,
      help: `install a version of ${backend.meta.name} made for this version of Tilewright`,
    })
  }
  return Object.freeze({ ...backend, meta: Object.freeze({ ...backend.meta }) })
}
