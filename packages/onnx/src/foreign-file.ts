/** What files are that were taken for models: told by how they begin, and only after decoding has failed. */
import { CompileError } from '@tilewright/ir'

/** Files that often lie where a model was expected, with the way to the model. */
const kinds: readonly { readonly what: string; readonly help: string; readonly is: (head: string) => boolean }[] = [
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
  // A model begins with the number of a field, which is a control character.
  { what: 'text', help: 'name the .onnx file', is: (head) => /^[\s\x20-\xff]+$/.test(head) },
]

/** Bytes that are looked at. */
const headBytes = 512

/**
 * Runs `read` on the bytes of a file as a whole; a `CompileError` of it is thrown again for someone who may have named
 * another file: as `onnx/not-a-model` where it is of a kind above, else under its own code.
 */
export function orForeign<T>(bytes: Uint8Array, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof CompileError)) throw error
    const { code, message, help } = error
    const head = String.fromCharCode(...bytes.subarray(0, headBytes))
    const kind = kinds.find(({ is }) => is(head))
    if (kind === undefined) {
      throw new CompileError({
        code,
        message: `this is no ONNX model, or a damaged one (${message})`,
        help,
        cause: error,
      })
    }
    throw new CompileError({
      code: 'onnx/not-a-model',
      message: `this is no ONNX model but ${kind.what} (${message})`,
      help: kind.help,
      cause: error,
    })
  }
}
