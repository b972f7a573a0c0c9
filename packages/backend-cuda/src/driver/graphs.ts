/**
 * Runs that come again as CUDA graphs: what is submitted a second time, launch by launch the same, is captured, and from
 * then on one call replays it. Other buffers or sizes are other runs.
 */
import type { DeviceBuffer } from '@tilewright/backend'
import { type CudaApi, CudaFailure } from './cuda-api.js'
import { handleFrom } from './koffi.js'
import type { Launch, Launcher } from './launches.js'
import type { StreamProgress } from './stream-progress.js'

/** What a recorder has gathered. */
export interface RecordedRun {
  readonly launches: readonly Launch[]
  /** Equal for runs that are the same. */
  readonly key: string
  readonly buffers: ReadonlySet<DeviceBuffer>
}

export interface Graphs {
  readonly submit: (run: RecordedRun) => void
  /** Drops the graphs that use a buffer which is destroyed. */
  readonly forget: (buffer: DeviceBuffer) => void
  /** Frees the graphs; none may be running. */
  readonly destroy: () => void
}

/** Graphs that are kept; and runs seen once, which are few words each. */
const maxGraphs = 64
const maxSeen = 256

/** `CU_STREAM_CAPTURE_MODE_RELAXED`: other threads may do as they like meanwhile. */
const relaxed = 2

interface Graph {
  readonly executable: bigint
  readonly buffers: ReadonlySet<DeviceBuffer>
}

export function createGraphs(cuda: CudaApi, stream: bigint, launcher: Launcher, progress: StreamProgress): Graphs {
  /** Least recently used first; undefined for runs of which CUDA makes no graph. */
  const graphs = new Map<string, Graph | undefined>()
  const seen = new Set<string>()

  const drop = (key: string): void => {
    const graph = graphs.get(key)
    graphs.delete(key)
    // It may be running.
    if (graph !== undefined) progress.after(() => cuda.call('cuGraphExecDestroy', graph.executable))
  }
  const capture = ({ launches, buffers }: RecordedRun): Graph => {
    cuda.call('cuStreamBeginCapture', stream, relaxed)
    let graph: bigint | undefined
    try {
      try {
        launcher.launch(launches)
      } finally {
        // Whatever happened, the stream must not stay in capture.
        graph = handleFrom((out) => cuda.call('cuStreamEndCapture', stream, out))
      }
      const made = graph
      return { executable: handleFrom((out) => cuda.call('cuGraphInstantiateWithFlags', out, made, 0)), buffers }
    } finally {
      if (graph !== undefined) cuda.call('cuGraphDestroy', graph)
    }
  }
  const graphOf = (run: RecordedRun): Graph | undefined => {
    const { key } = run
    if (graphs.has(key)) {
      const known = graphs.get(key)
      graphs.delete(key)
      graphs.set(key, known)
      return known
    }
    if (!seen.delete(key)) {
      seen.add(key)
      for (const oldest of seen) {
        if (seen.size <= maxSeen) break
        seen.delete(oldest)
      }
      return undefined
    }
    let made: Graph | undefined
    try {
      made = capture(run)
    } catch (error) {
      // The launches themselves say what is wrong with them.
      if (!(error instanceof CudaFailure) || error.isSticky) throw error
    }
    graphs.set(key, made)
    for (const oldest of graphs.keys()) {
      if (graphs.size <= maxGraphs) break
      drop(oldest)
    }
    return made
  }
  return {
    submit: (run) => {
      // A graph of one launch is no faster than the launch.
      const graph = run.launches.length > 1 ? graphOf(run) : undefined
      if (graph === undefined) launcher.launch(run.launches)
      else cuda.call('cuGraphLaunch', graph.executable, stream)
    },
    forget: (buffer) => {
      for (const [key, graph] of graphs) if (graph?.buffers.has(buffer)) drop(key)
    },
    destroy: () => {
      for (const graph of graphs.values()) {
        if (graph !== undefined) cuda.call('cuGraphExecDestroy', graph.executable)
      }
      graphs.clear()
    },
  }
}
