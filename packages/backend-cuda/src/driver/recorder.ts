/** Recording of launches. Nothing reaches CUDA before the recording is submitted. */
import {
  checkLaunch,
  checkRecording,
  type DeviceBuffer,
  numberObjects,
  type Pipeline,
  type Recorder,
} from '@tilewright/backend'
import type { Target } from '@tilewright/ir'
import type { RecordedRun } from './graphs.js'
import type { Launch } from './launches.js'
import type { CudaPipeline } from './pipelines.js'

export interface RecorderOptions {
  readonly target: Target
  readonly pointerOf: (buffer: DeviceBuffer) => bigint
  readonly pipelineOf: (pipeline: Pipeline) => CudaPipeline
  readonly submit: (run: RecordedRun) => void
}

/** What makes recorders. */
export function createRecorders({ target, pointerOf, pipelineOf, submit }: RecorderOptions): () => Recorder {
  const numberOf = numberObjects()
  return () => {
    const launches: Launch[] = []
    const buffers = new Set<DeviceBuffer>()
    let key = ''
    let isSubmitted = false
    const checkOpen = (): void => checkRecording(isSubmitted)
    return {
      dispatch: (pipeline, ranges, scalars, workgroups) => {
        checkOpen()
        checkLaunch(target, pipeline, ranges, scalars, workgroups)
        const made = pipelineOf(pipeline)
        // Not by its handle, which kernels of one source share, whatever their tile maps.
        key += `${numberOf(made)}:`
        const pointers = ranges.map(({ buffer, offset }) => {
          buffers.add(buffer)
          key += `${numberOf(buffer)}+${offset},`
          return pointerOf(buffer) + BigInt(offset)
        })
        key += `${scalars.join()}:${workgroups.join()};`
        launches.push({ pipeline: made, pointers, scalars: Uint32Array.from(scalars), workgroups })
      },
      submit: () => {
        checkOpen()
        isSubmitted = true
        submit({ launches, key, buffers })
      },
    }
  }
}
