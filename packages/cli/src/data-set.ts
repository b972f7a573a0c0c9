/** Data sets beside ONNX models: folders of `input_N.pb` and `output_N.pb`, each one serialized TensorProto. */
import { join } from 'node:path'
import { CompileError, UnsupportedError } from '@tilewright/ir'
import { decodeTensor, type OnnxModel, type TensorData, tensorData } from '@tilewright/onnx'
import type { HostTensor } from '@tilewright/runtime'
import { readBytes, readFolder } from './files.js'
import { formatList } from './format.js'

/** A folder of tensors; nothing is read before it is asked for. */
export interface DataSet {
  readonly folder: string
  readonly inputCount: number
  readonly outputCount: number
  /** The first data set in the folder, when the folder of a case was named. */
  readonly inner: string | undefined
  /**
   * Throws `CompileError` `file/…` or `onnx/…` for files that cannot be read, and `UnsupportedError` `data/dtype` for
   * element types that no graph has.
   */
  readonly input: (position: number) => HostTensor
  readonly output: (position: number) => HostTensor
}

/** Opens the data set in a folder. Throws `CompileError` `file/…`, or `data/numbering` when files are missing in between. */
export function openDataSet(folder: string): DataSet {
  const names = readFolder(folder, 'the data set')
  const counts = { input: countNumbered(names, 'input', folder), output: countNumbered(names, 'output', folder) }
  const read = (kind: 'input' | 'output', position: number): HostTensor => {
    const path = join(folder, `${kind}_${position}.pb`)
    return hostTensor(tensorData(decodeTensor(readBytes(path, `${kind} ${position}`), path), path), path)
  }
  return {
    folder,
    inputCount: counts.input,
    outputCount: counts.output,
    inner: names.find((name) => name.startsWith('test_data_set_')),
    input: (position) => read('input', position),
    output: (position) => read('output', position),
  }
}

/** The names of a model's inputs that data is given for, in order: initializers that are listed as inputs are not. */
export function inputNames({ graph }: OnnxModel): readonly string[] {
  const weights = new Set(graph.initializers.map((tensor) => tensor.name))
  return graph.inputs.map((input) => input.name).filter((name) => !weights.has(name))
}

/** Throws `CompileError` `data/input-count` unless the data set has one file for each of the model's inputs. */
export function checkInputCount(dataSet: DataSet, names: readonly string[]): void {
  if (dataSet.inputCount === names.length) return
  throw new CompileError({
    code: 'data/input-count',
    message: `${dataSet.inputCount} input files for ${names.length} inputs (${formatList(names, 3)})`,
    where: dataSet.folder,
    help:
      dataSet.inputCount === 0 && dataSet.inner !== undefined
        ? `name a data set in it: ${join(dataSet.folder, dataSet.inner)}`
        : 'write input_N.pb for the N-th input of the graph that is no initializer, from 0',
  })
}

/** A tensor of a file as a run takes it. Throws `UnsupportedError` `data/dtype`. */
function hostTensor({ dims, ...value }: TensorData, where: string): HostTensor {
  switch (value.dtype) {
    case 'f32':
    case 'f16':
    case 'i64':
    case 'i32':
    case 'u32':
    case 'i8':
    case 'u8':
    case 'bool':
      return { dtype: value.dtype, shape: dims, data: value.data }
    default:
      throw new UnsupportedError({
        code: 'data/dtype',
        message: `elements of type ${value.dtype} are not supported`,
        where,
        help: 'convert the model and its data to float32, float16, an integer type of 8 or 32 bits, int64 or bool',
      })
  }
}

function countNumbered(names: readonly string[], kind: string, folder: string): number {
  const pattern = new RegExp(`^${kind}_(\\d+)\\.pb$`)
  const numbers = new Set(names.flatMap((name) => pattern.exec(name)?.[1] ?? []).map(Number))
  for (let n = 0; n < numbers.size; n++) {
    if (numbers.has(n)) continue
    throw new CompileError({
      code: 'data/numbering',
      message: `${kind}_${n}.pb is missing, and files with higher numbers are there`,
      where: folder,
      help: 'number the files from 0 without gaps',
    })
  }
  return numbers.size
}
