/** Data sets beside ONNX models: folders of `input_N.pb` and `output_N.pb`, each one serialized TensorProto. */
import { join } from 'node:path'
import { CompileError, UnsupportedError } from '@tilewright/ir'
import { decodeTensor, type OnnxTensor, tensorData } from '@tilewright/onnx'
import type { HostTensor } from '@tilewright/runtime'
import { readBytes, readFolder } from './files.js'

/** A tensor with the file that holds it. */
export interface DataFile {
  readonly path: string
  readonly tensor: OnnxTensor
}

/** A folder of tensors; nothing is read before it is asked for. */
export interface DataSet {
  readonly folder: string
  readonly inputCount: number
  readonly outputCount: number
  /** The path of the first data set in the folder, when the folder of a case was named. */
  readonly inner: string | undefined
  /** Throw `CompileError` `file/…` or `onnx/…` for files that cannot be read. */
  readonly input: (position: number) => DataFile
  readonly output: (position: number) => DataFile
}

/** Opens the data set in a folder. Throws `CompileError` `file/…`, or `data/numbering` when files are missing in between. */
export function openDataSet(folder: string): DataSet {
  const names = readFolder(folder, 'the data set')
  const counts = { input: countNumbered(names, 'input', folder), output: countNumbered(names, 'output', folder) }
  const read = (kind: 'input' | 'output', position: number): DataFile => {
    const path = join(folder, `${kind}_${position}.pb`)
    return { path, tensor: decodeTensor(readBytes(path, `${kind} ${position}`), path) }
  }
  const inner = names.find((name) => name.startsWith('test_data_set_'))
  return {
    folder,
    inputCount: counts.input,
    outputCount: counts.output,
    inner: inner === undefined ? undefined : join(folder, inner),
    input: (position) => read('input', position),
    output: (position) => read('output', position),
  }
}

/**
 * A tensor of a file as a run takes it. Throws `UnsupportedError` `data/dtype` for element types that no graph has, and
 * `CompileError` `onnx/…` for data that does not fit its type.
 */
export function hostTensor({ path, tensor }: DataFile): HostTensor {
  const { dims, ...value } = tensorData(tensor, path)
  switch (value.dtype) {
    case 'f32':
    case 'f16':
    case 'bf16':
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
        where: path,
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
