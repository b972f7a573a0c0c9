/** What files are that were taken for models or tensors: told by how they begin, and only after decoding has failed. */
import { CompileError } from '@tilewright/ir'

interface Description {
  readonly what: string
  readonly help: string
}

interface Kind extends Description {
  readonly is: (head: string) => boolean
}

const tensor: Description = {
  what: 'a tensor of ONNX, as its data sets have them',
  help: 'name the model, a .onnx file; `tilewright run MODEL --data DIR` takes the folder of the tensor as data',
}

/** Files that often lie where a model was expected, with the way to the model. */
const kinds: readonly Kind[] = [
  { what: 'an empty file', help: 'export or download it again', is: (head) => head === '' },
  {
    what: 'a Git LFS pointer, which stands for the file',
    help: 'fetch the file itself: git lfs pull',
    is: (head) => head.startsWith('version https://git-lfs'),
  },
  {
    what: 'an HTML page',
    help: 'download the file itself: this is the page about it, or an error',
    is: (head) => /^\s*<(!doctype|html)/i.test(head),
  },
  { what: 'data compressed by gzip', help: 'unpack it first: gunzip', is: (head) => head.startsWith('\u001f\u008b') },
  {
    what: 'a zip archive',
    help: 'unpack it first; what PyTorch saves so is exported by torch.onnx.export',
    is: (head) => head.startsWith('PK\u0003\u0004'),
  },
  // A message begins with the number of a field, which is a control character.
  {
    what: 'text',
    help: 'name the file that was exported: a .onnx file, or a .pb file of data',
    is: (head) => /^[\s\x20-\xff]+$/.test(head),
  },
]

/** Bytes that are looked at. */
const headBytes = 512

/** The kind of a file that is none of ONNX's, by how it begins. */
function foreignKind(bytes: Uint8Array): Kind | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, headBytes))
  return kinds.find(({ is }) => is(head))
}

/**
 * Runs `read` on the bytes of a model's file as a whole; a `CompileError` of it is thrown again for someone who may have
 * named another file: as `onnx/not-a-model` where it is of a kind above or `isTensor` says so, else under its own code.
 */
export function orForeign<T>(bytes: Uint8Array, read: () => T, isTensor: () => boolean): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof CompileError)) throw error
    const kind = foreignKind(bytes) ?? (isTensor() ? tensor : undefined)
    throw new CompileError({
      code: kind === undefined ? error.code : 'onnx/not-a-model',
      message: `this is no ONNX model${kind === undefined ? `, or a damaged one (${error.message})` : ` but ${kind.what}`}`,
      help: kind === undefined ? error.help : kind.help,
      cause: error,
    })
  }
}

/** The same for the bytes of a tensor's file: as `onnx/not-a-tensor` where it is of a kind above, else as it was thrown. */
export function orForeignTensor<T>(bytes: Uint8Array, where: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const kind = error instanceof CompileError ? foreignKind(bytes) : undefined
    if (kind === undefined) throw error
    throw new CompileError({
      code: 'onnx/not-a-tensor',
      message: `this is no tensor of ONNX but ${kind.what}`,
      where,
      help: kind.help,
      cause: error,
    })
  }
}
