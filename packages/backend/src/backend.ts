/** The plugin contract: a factory gives a frozen descriptor, and the user passes it in. */
import { CompileError, checkOptions, isPlain, type Pass, type ScheduleTemplate, type Target } from '@tilewright/ir'
import { checkBackend } from './check-backend.js'
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

/**
 * Checks and freezes a descriptor, which keeps its type.
 * Throws `CompileError` `backend/descriptor` for what is none, or has a member that backends have not, `backend/api` when it
 * was made for another contract.
 */
export function defineBackend<B extends Backend>(backend: B): B {
  // A misspelt member is also one that is missing, and is told of first.
  if (isPlain(backend)) {
    const members = { meta: true, target: true, pipeline: true, schedules: true, emit: true, open: true } as const
    checkOptions<Backend>('backend/descriptor', 'defineBackend', backend, members)
  }
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
