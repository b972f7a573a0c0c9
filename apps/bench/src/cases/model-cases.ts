/** Whole networks, from the data folder, on the first of the inputs that came with them. */
import { decodeModel } from '@tilewright/onnx'
import { readData, readTensor } from '../data-folder.js'
import type { BenchCase } from './workload.js'

export const modelCases: readonly BenchCase[] = [
  modelCase('yolox-nano', 'object detection, 416 × 416'),
  modelCase('mediapipe-face-landmark', 'face landmarks, 192 × 192'),
  modelCase('crepe-tiny', 'pitch of an audio frame'),
]

function modelCase(name: string, about: string): BenchCase {
  return {
    name,
    group: 'models',
    about,
    load: () => {
      const model = readData('models', name, 'model.onnx')
      const { inputs, initializers } = decodeModel(model).graph
      // Models before IR version 4 list their weights among the inputs.
      const weights = new Set(initializers.map((weight) => weight.name))
      const names = inputs.map((input) => input.name).filter((input) => !weights.has(input))
      const tensors = names.map((input, n) => [input, readTensor('models', name, 'test_data_set_0', `input_${n}.pb`)])
      return { model, inputs: Object.fromEntries(tensors), computation: undefined }
    },
  }
}
