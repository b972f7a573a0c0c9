/** Constants to a device, from bytes at hand or from a stream of them: they are never gathered in one place. */
import type { Device, DeviceBuffer } from '@tilewright/backend'
import { type Plan, PlanError } from '@tilewright/backend/plan'

/**
 * The bytes of a plan's constants, in one piece or as chunks of any length. A function is called again when the constants
 * must be uploaded again.
 */
export type ConstantSource = Bytes | (() => Promise<Bytes> | AsyncIterable<Uint8Array>)

/** What a file gives in Node, and a response in a browser. */
type Bytes = Uint8Array | ArrayBuffer

/** Bytes on their way to the device before it is waited for. */
const maxUnderway = 2 ** 26

/**
 * Uploads each constant into its buffer of `into`. Rejects with `PlanError` `plan/constants` when there are fewer or
 * more bytes than the plan says, or constants overlap, and with the errors of the source and the device.
 */
export async function uploadConstants(
  plan: Plan,
  source: ConstantSource,
  device: Device,
  into: ReadonlyMap<number, DeviceBuffer>,
): Promise<void> {
  const constants = plan.constants.filter(({ bytes }) => bytes > 0).toSorted((a, b) => a.offset - b.offset)
  const needed = constants.reduce((end, { offset, bytes }) => {
    if (offset >= end) return offset + bytes
    throw new PlanError('plan/constants', `the constants of plan "${plan.name}" overlap at byte ${offset}`)
  }, 0)
  // One without bytes may lie behind the last that has some.
  const most = plan.constants.reduce((end, { offset, bytes }) => Math.max(end, offset + bytes), 0)
  let [at, next, underway] = [0, 0, 0]
  /** What of the current constant came last, and is no whole word yet. */
  let rest = new Uint8Array()
  for await (const chunk of chunksOf(source)) {
    for (let constant = constants[next]; constant !== undefined; constant = constants[next]) {
      const { offset, bytes } = constant
      const from = Math.max(offset, at)
      const to = Math.min(offset + bytes, at + chunk.length)
      if (from >= to) break
      const isLast = to === offset + bytes
      const piece = joined(rest, chunk.subarray(from - at, to - at))
      const whole = isLast ? piece.length : piece.length - (piece.length % 4)
      const buffer = into.get(constant.buffer)
      if (buffer !== undefined && whole > 0) {
        device.write(buffer, piece.subarray(0, whole), from - rest.length - offset)
      }
      underway += whole
      rest = piece.slice(whole)
      if (!isLast) break
      next += 1
    }
    at += chunk.length
    if (underway > maxUnderway) {
      await device.settled()
      underway = 0
    }
    if (at > most) break
  }
  if (next < constants.length || at > most) {
    throw new PlanError(
      'plan/constants',
      `the constants have ${at > most ? `${at} or more` : at} bytes; plan "${plan.name}" needs ${needed}`,
      'pass the constants that were made with this plan',
    )
  }
}

async function* chunksOf(source: ConstantSource): AsyncGenerator<Uint8Array> {
  const given = typeof source === 'function' ? source() : source
  // Callers without types may pass anything.
  if (typeof given === 'object' && given !== null && Symbol.asyncIterator in given) yield* given
  else yield bytesOf(await given)
}

function bytesOf(given: Bytes): Uint8Array {
  if (given instanceof Uint8Array) return given
  if (given instanceof ArrayBuffer) return new Uint8Array(given)
  throw new PlanError(
    'plan/constants',
    'the constants are no bytes',
    'pass a Uint8Array, an ArrayBuffer, or a function that gives one or an async iterable of Uint8Arrays',
  )
}

function joined(rest: Uint8Array, piece: Uint8Array): Uint8Array {
  if (rest.length === 0) return piece
  const both = new Uint8Array(rest.length + piece.length)
  both.set(rest)
  both.set(piece, rest.length)
  return both
}
