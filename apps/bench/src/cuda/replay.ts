/**
 * The launches of a session's run, again and again without the session: no transfer and nothing of the host's between them.
 */
import type { BufferRange, Device, Pipeline } from '@tilewright/backend'

interface Launch {
  readonly pipeline: Pipeline
  readonly ranges: readonly BufferRange[]
  readonly scalars: Uint32Array
  readonly workgroups: readonly [number, number, number]
}

export interface RecordedDevice {
  /** The device, as a session is to use it. */
  readonly device: Device
  /** Submits what was submitted last, `times` times in one recording. */
  readonly replay: (times: number) => void
  /** Launches of one run. */
  readonly launches: () => number
}

/** A device that remembers what was submitted last. Its buffers must be there when it is replayed. */
export function recordedDevice(inner: Device): RecordedDevice {
  let last: readonly Launch[] = []
  const device: Device = {
    ...inner,
    begin: () => {
      const launches: Launch[] = []
      const recorder = inner.begin()
      return {
        dispatch: (pipeline, ranges, scalars, workgroups) => {
          launches.push({ pipeline, ranges, scalars: Uint32Array.from(scalars), workgroups })
          recorder.dispatch(pipeline, ranges, scalars, workgroups)
        },
        submit: () => {
          last = launches
          recorder.submit()
        },
      }
    },
  }
  return {
    device,
    launches: () => last.length,
    replay: (times) => {
      const recorder = inner.begin()
      for (let i = 0; i < times; i++) {
        for (const { pipeline, ranges, scalars, workgroups } of last) {
          recorder.dispatch(pipeline, ranges, scalars, workgroups)
        }
      }
      recorder.submit()
    },
  }
}

/** Launches in one submission: so many that what a submission takes is little beside them. */
const mostLaunches = 256

export interface ReplayTimes {
  /** One run alone, from its submission until it has ended. */
  readonly wallMs: number
  /** Of a run among many. */
  readonly deviceMs: number
}

/** How `deviceMs` is found, for results. */
export const replayMethod: string = `launches of runs replayed as CUDA graphs of up to ${mostLaunches}, wall time of all until the stream has ended, divided by runs`

/**
 * What times runs of what was recorded, those of a measurement for at least `leastMs`. The wait for their end looks every
 * millisecond at last, so that of 200 ms the result is at most 0.5 % too long; it is never too short.
 */
export async function replayTimer(
  { device, replay, launches }: RecordedDevice,
  leastMs: number,
): Promise<() => Promise<ReplayTimes>> {
  const time = async (submissions: number, times: number): Promise<number> => {
    await device.settled()
    const start = performance.now()
    for (let i = 0; i < submissions; i++) replay(times)
    await device.settled()
    return performance.now() - start
  }
  await time(1, 1)
  const alone = Math.max(await time(1, 1), 0.001)
  const runs = Math.max(1, Math.min(Math.ceil(leastMs / 4 / alone), Math.floor(mostLaunches / Math.max(1, launches()))))
  // The second submission is captured; from the third on it is one call.
  await time(2, runs)
  const once = Math.max(await time(1, runs), 0.001)
  const submissions = Math.max(1, Math.ceil(leastMs / once))
  return async () => ({
    wallMs: await time(1, 1),
    deviceMs: (await time(submissions, runs)) / (submissions * runs),
  })
}
