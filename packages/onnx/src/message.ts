/**
 * Protobuf messages as data: a table of fields is enough to read and to write a message, with one codec for each kind of
 * field. Nested messages stay bytes, so the caller decides how deep to go and names the place of each.
 *
 * Invariant: whatever the bytes, reading ends in a message of the declared types or in a `CompileError`, in time and memory
 * linear in the bytes. A nested message can never read beyond its parent, since it is cut out first.
 *
 * Wire format: https://protobuf.dev/programming-guides/encoding/
 */
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'
import { CompileError } from '@tilewright/ir'
import { type Codec, type Collector, codecs, type FieldKind, type FieldValues } from './field-codecs.js'
import { malformed } from './format-errors.js'

/** The fields of a message: the number, name and kind of each. */
export type MessageType = readonly (readonly [number: number, name: string, kind: FieldKind])[]

/** One message: an absent singular field is `undefined`, an absent repeated one is empty. */
export type Message<T extends MessageType> = { readonly [F in T[number] as F[1]]: FieldValues[F[2]] }

/**
 * Reads one message; unknown fields are skipped. `where` is the place that errors name.
 * Throws `CompileError`: `onnx/truncated`, `onnx/malformed`, `onnx/bad-string`, or `onnx/duplicate-field` when a field that
 * stands once occurs again (protobuf would merge, which no ONNX writer relies on).
 */
export function readMessage<const T extends MessageType>(type: T, bytes: Uint8Array, where: string): Message<T> {
  const collectors: (Collector<unknown> | undefined)[] = type.map(() => undefined)
  const reader = new BinaryReader(bytes)
  let start = 0
  try {
    while (reader.pos < reader.len) {
      start = reader.pos
      const [number, wireType] = reader.tag()
      const index = type.findIndex((field) => field[0] === number)
      const field = type[index]
      if (field === undefined) {
        reader.skip(wireType, number)
        continue
      }
      const [, name, kind] = field
      const codec = codecs[kind]
      const earlier = collectors[index]
      if (earlier !== undefined && !codec.repeated) {
        throw malformed('onnx/duplicate-field', `field ${name} occurs twice`, where)
      }
      const collector = earlier ?? codec.collect()
      collectors[index] = collector
      if (!collector.accept(reader, wireType)) {
        throw malformed('onnx/malformed', `field ${name} has wire type ${wireType}, not that of ${kind}`, where)
      }
    }
  } catch (error) {
    throw error instanceof CompileError ? error : readerError(error, start, where)
  }
  const message: Record<string, unknown> = {}
  type.forEach(([, name, kind], index) => {
    message[name] = collectors[index]?.finish() ?? codecs[kind].absent
  })
  // Each name of the table now has what the codec of its kind gives, which is what Message<T> says.
  return message as Message<T>
}

/** Writes one message: `undefined` and empty fields are left out, repeated numbers are packed. */
export function writeMessage<const T extends MessageType>(type: T, message: Partial<Message<T>>): Uint8Array {
  const writer = new BinaryWriter()
  const values = new Map<string, unknown>(Object.entries(message))
  for (const [number, name, kind] of type) {
    const value = values.get(name)
    // The type of `message` pairs each name with a value of its kind; the loop has lost that pairing.
    if (value !== undefined) (codecs[kind] as Codec<unknown>).write(writer, number, value)
  }
  return writer.finish()
}

/** What the reading library says about bytes that are no message, as an error of ours: `start` is where the field begins. */
function readerError(error: unknown, start: number, where: string): CompileError {
  if (error instanceof RangeError) return malformed('onnx/truncated', 'the bytes end inside a field', where, error)
  if (error instanceof TypeError) return malformed('onnx/bad-string', 'a name or text is not UTF-8', where, error)
  return malformed('onnx/malformed', `from byte ${start} on it is not in the format of ONNX`, where, error)
}
