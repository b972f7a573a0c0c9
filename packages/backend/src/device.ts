/**
 * A device: buffers, transfers, pipelines, launches. It never sees a plan.
 *
 * Sizes are bytes. Buffers and pipelines are opaque: a device accepts only its own, and no buffer that was destroyed
 * (`CompileError` `device/foreign`). All operations on one device run in the order in which they were made. One that is lost
 * or disposed of refuses every use with `device/lost`; buffers of it may still be destroyed. `device-checks.ts` has the
 * checks that all devices make. `@tilewright/conformance` holds devices to this text.
 */
import type { Target } from '@tilewright/ir'
import type { PlanKernel } from './plan/plan.js'

export interface DeviceBuffer {
  readonly bytes: number
  /** Frees the memory; idempotent. */
  readonly destroy: () => void
}

/** Part of a buffer: `offset` is a multiple of the target's alignment, `bytes` of 16. */
export interface BufferRange {
  readonly buffer: DeviceBuffer
  readonly offset: number
  readonly bytes: number
}

export interface Pipeline {
  readonly kernel: PlanKernel
}

/** Launches and copies that run together, in order, once submitted. */
export interface Recorder {
  /**
   * `ranges` and `scalars` in the order of `pipeline.kernel`; no extent of `workgroups` is 0. Ranges that are written
   * overlap no other; where the target does not mix accesses, they are of other buffers than those that are only read.
   * Throws `CompileError` `device/launch` for as many ranges or scalars as the kernel does not have, for a range beyond its
   * buffer's end or of less than the `content` of its parameter, and for what is none.
   */
  readonly dispatch: (
    pipeline: Pipeline,
    ranges: readonly BufferRange[],
    scalars: Uint32Array,
    workgroups: readonly [number, number, number],
  ) => void
  /** Once: throws `CompileError` `device/submitted` after that, as `dispatch` does. */
  readonly submit: () => void
}

export interface DeviceInfo {
  /** Name of the backend and of the adapter, for people. */
  readonly backend: string
  readonly adapter: string
  /** Whether it emulates a GPU on the processor. */
  readonly software: boolean
}

export interface Device {
  readonly info: DeviceInfo
  /** The backend's target with the limits and features granted. */
  readonly target: Target
  /**
   * At least `bytes` of zeros; never empty. Throws `CompileError` `limits/buffer-size` above the target's limit,
   * `device/out-of-memory`.
   */
  readonly createBuffer: (bytes: number) => DeviceBuffer
  /**
   * Copies host bytes to a buffer from `offset` on, a multiple of 4 (default: 0); the view may be reused at once. The
   * rest of the last word becomes undefined. Throws `CompileError` `device/range` beyond the end.
   */
  readonly write: (buffer: DeviceBuffer, data: ArrayBufferView, offset?: number) => void
  /** Reads the first `bytes`, after everything submitted before. Rejects with `CompileError` `device/range` beyond the end. */
  readonly read: (buffer: DeviceBuffer, bytes: number) => Promise<Uint8Array<ArrayBuffer>>
  /**
   * Compiles. Rejects with `CompileError` `device/pipeline` with the compiler's message, and `limits/…` for what the target
   * does not allow.
   */
  readonly createPipeline: (kernel: PlanKernel) => Promise<Pipeline>
  readonly begin: () => Recorder
  /**
   * Resolves when everything submitted before has ended well; rejects with what went wrong. What goes wrong is known to
   * all who wait for it, here or in `read`, and else to the first who does.
   */
  readonly settled: () => Promise<void>
  /** Resolves with the reason when the device is lost, and never otherwise. */
  readonly lost: Promise<string>
  /** Frees the device and all its buffers; idempotent, and no loss: `lost` stays pending. */
  readonly dispose: () => void
}
