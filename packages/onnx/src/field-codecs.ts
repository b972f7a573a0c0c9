/**
 * Protobuf fields by kind: how the occurrences of a field in a message become one value, and how a value is written.
 * Repeated numbers end in one typed array, whether they came packed or one by one.
 */
import { BinaryReader, type BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** What a field of each kind holds. Plural kinds are repeated fields, numbers among them packed or not. */
export interface FieldValues {
  readonly int64: bigint | undefined
  readonly int32: number | undefined
  readonly float: number | undefined
  readonly string: string | undefined
  /** Bytes, or a nested message: a view into the bytes read. */
  readonly bytes: Uint8Array | undefined
  readonly strings: readonly string[]
  /** Nested messages, as bytes like above. */
  readonly messages: readonly Uint8Array[]
  readonly floats: Float32Array
  readonly doubles: Float64Array
  readonly int32s: Int32Array
  readonly int64s: BigInt64Array
  readonly uint64s: BigUint64Array
}

export type FieldKind = keyof FieldValues

/** Gathers the occurrences of one field of one message. */
export interface Collector<V> {
  /** Reads one occurrence of the field; false when the wire type does not fit the kind. */
  readonly accept: (reader: BinaryReader, wireType: WireType) => boolean
  readonly finish: () => V
}

/** Reads and writes the fields of one kind. */
export interface Codec<V> {
  readonly repeated: boolean
  /** The value of a field that does not occur. */
  readonly absent: V
  readonly collect: () => Collector<V>
  readonly write: (writer: BinaryWriter, number: number, value: V) => void
}

function single<V>(
  expected: WireType,
  read: (reader: BinaryReader) => V,
  write: (writer: BinaryWriter, value: V) => void,
): Codec<V | undefined> {
  return {
    repeated: false,
    absent: undefined,
    collect: () => {
      let value: V | undefined
      return {
        accept: (reader, wireType) => {
          if (wireType !== expected) return false
          value = read(reader)
          return true
        },
        finish: () => value,
      }
    },
    write: (writer, number, value) => {
      if (value !== undefined) write(writer.tag(number, expected), value)
    },
  }
}

function repeated<V>(
  read: (reader: BinaryReader) => V,
  write: (writer: BinaryWriter, value: V) => void,
): Codec<readonly V[]> {
  return {
    repeated: true,
    absent: [],
    collect: () => {
      const values: V[] = []
      return {
        accept: (reader, wireType) => {
          if (wireType !== WireType.LengthDelimited) return false
          values.push(read(reader))
          return true
        },
        finish: () => values,
      }
    },
    write: (writer, number, values) => {
      for (const value of values) write(writer.tag(number, WireType.LengthDelimited), value)
    },
  }
}

interface NumberArray<E> extends Iterable<E> {
  readonly buffer: ArrayBufferLike
  readonly length: number
  [index: number]: E
  set(values: ArrayLike<E>, offset: number): void
}

/** Repeated numbers: `width` is the bytes of a fixed-width element, undefined for varints. */
function numbers<E, A extends NumberArray<E>>(
  width: 4 | 8 | undefined,
  make: (length: number) => A,
  read: (reader: BinaryReader) => E,
  write: (writer: BinaryWriter, value: E) => void,
): Codec<A> {
  const elementType = width === undefined ? WireType.Varint : width === 4 ? WireType.Bit32 : WireType.Bit64
  const readPacked = (bytes: Uint8Array): A => {
    const length = width === undefined ? countVarints(bytes) : bytes.length / width
    if (!Number.isInteger(length)) throw new RangeError('packed numbers end inside one')
    const values = make(length)
    if (width !== undefined) {
      // Little-endian like every host of WebGPU or CUDA.
      new Uint8Array(values.buffer).set(bytes)
      return values
    }
    const reader = new BinaryReader(bytes)
    for (let i = 0; i < length; i++) values[i] = read(reader)
    return values
  }
  return {
    repeated: true,
    absent: make(0),
    collect: () => {
      // Typed arrays from packed runs, plain arrays from elements that came one by one.
      const chunks: (A | E[])[] = []
      let loose: E[] | undefined
      return {
        accept: (reader, wireType) => {
          if (wireType === WireType.LengthDelimited) {
            chunks.push(readPacked(reader.bytes()))
            loose = undefined
          } else if (wireType === elementType) {
            if (loose === undefined) {
              loose = []
              chunks.push(loose)
            }
            loose.push(read(reader))
          } else {
            return false
          }
          return true
        },
        finish: () => {
          const values = make(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
          let offset = 0
          for (const chunk of chunks) {
            values.set(chunk, offset)
            offset += chunk.length
          }
          return values
        },
      }
    },
    write: (writer, number, values) => {
      if (values.length === 0) return
      writer.tag(number, WireType.LengthDelimited).fork()
      for (const value of values) write(writer, value)
      writer.join()
    },
  }
}

function countVarints(bytes: Uint8Array): number {
  let count = 0
  for (const byte of bytes) if (byte < 0x80) count++
  if (bytes.length > 0 && (bytes[bytes.length - 1] ?? 0) >= 0x80) throw new RangeError('packed numbers end inside one')
  return count
}

// The library gives a string where a runtime has no BigInt; every runtime that can run this package has it.
const readInt64 = (reader: BinaryReader): bigint => BigInt(reader.int64())

/**
 * The codec of each kind. Reading throws the library's errors: `RangeError` where the bytes end too early, `TypeError` for
 * text that is not UTF-8, `Error` for anything else.
 */
export const codecs: { readonly [K in FieldKind]: Codec<FieldValues[K]> } = {
  int64: single(WireType.Varint, readInt64, (writer, value) => writer.int64(value)),
  int32: single(
    WireType.Varint,
    (reader) => reader.int32(),
    (writer, value) => writer.int32(value),
  ),
  float: single(
    WireType.Bit32,
    (reader) => reader.float(),
    (writer, value) => writer.float(value),
  ),
  string: single(
    WireType.LengthDelimited,
    (reader) => reader.string(true),
    (writer, value) => writer.string(value),
  ),
  bytes: single(
    WireType.LengthDelimited,
    (reader) => reader.bytes(),
    (writer, value) => writer.bytes(value),
  ),
  strings: repeated(
    (reader) => reader.string(true),
    (writer, value) => writer.string(value),
  ),
  messages: repeated(
    (reader) => reader.bytes(),
    (writer, value) => writer.bytes(value),
  ),
  floats: numbers(
    4,
    (length): Float32Array => new Float32Array(length),
    (reader) => reader.float(),
    (writer, value) => writer.float(value),
  ),
  doubles: numbers(
    8,
    (length): Float64Array => new Float64Array(length),
    (reader) => reader.double(),
    (writer, value) => writer.double(value),
  ),
  int32s: numbers(
    undefined,
    (length): Int32Array => new Int32Array(length),
    (reader) => reader.int32(),
    (writer, value) => writer.int32(value),
  ),
  int64s: numbers(
    undefined,
    (length): BigInt64Array => new BigInt64Array(length),
    readInt64,
    (writer, value) => writer.int64(value),
  ),
  uint64s: numbers(
    undefined,
    (length): BigUint64Array => new BigUint64Array(length),
    (reader) => BigInt(reader.uint64()),
    (writer, value) => writer.uint64(value),
  ),
}
