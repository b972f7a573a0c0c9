/** Models and data that are not part of the repository: the folder that `TILEWRIGHT_DATA` names. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CompileError } from '@tilewright/ir'
import { decodeTensor, tensorData } from '@tilewright/onnx'
import type { FloatTensor } from './tensors.js'

/** The bytes of a file in the data folder. Throws `CompileError` `bench/data` when there is no folder or no such file. */
export function readData(...path: readonly string[]): Uint8Array {
  const folder = process.env.TILEWRIGHT_DATA
  if (folder === undefined || folder === '') {
    throw new CompileError({
      code: 'bench/data',
      message: 'TILEWRIGHT_DATA is not set',
      help: 'let it name a folder that holds models/ and onnx-conformance/',
    })
  }
  const file = join(folder, ...path)
  if (existsSync(file)) return readFileSync(file)
  throw new CompileError({ code: 'bench/data', message: `TILEWRIGHT_DATA holds no ${join(...path)}`, where: file })
}

/** A tensor in the data folder. Throws `CompileError` `bench/data` when it is not there, or its elements are not f32. */
export function readTensor(...path: readonly string[]): FloatTensor {
  const tensor = tensorData(decodeTensor(readData(...path)))
  if (tensor.dtype === 'f32') return { shape: tensor.dims, data: tensor.data }
  throw new CompileError({ code: 'bench/data', message: `${join(...path)} holds ${tensor.dtype}, not f32` })
}
