import { propertyRuns } from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readMessage, writeMessage } from './message.js'

const everyKind = [
  [1, 'int64', 'int64'],
  [2, 'int32', 'int32'],
  [3, 'float', 'float'],
  [4, 'string', 'string'],
  [5, 'bytes', 'bytes'],
  [6, 'strings', 'strings'],
  [7, 'messages', 'messages'],
  [8, 'floats', 'floats'],
  [9, 'doubles', 'doubles'],
  [10, 'int32s', 'int32s'],
  [11, 'int64s', 'int64s'],
  [1000, 'uint64s', 'uint64s'],
] as const

const read = (...bytes: number[]) => readMessage(everyKind, Uint8Array.from(bytes), 'here')

function codeOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
  return 'no error'
}

describe('readMessage', () => {
  test('gives every field of an empty message', () => {
    expect(read()).toEqual({
      int64: undefined,
      int32: undefined,
      float: undefined,
      string: undefined,
      bytes: undefined,
      strings: [],
      messages: [],
      floats: new Float32Array(),
      doubles: new Float64Array(),
      int32s: new Int32Array(),
      int64s: new BigInt64Array(),
      uint64s: new BigUint64Array(),
    })
  })

  test('reads the example of the protobuf documentation', () => {
    expect(read(0x08, 0x96, 0x01).int64).toBe(150n)
    expect(read(0x22, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67).string).toBe('testing')
  })

  test('reads negative numbers from ten bytes', () => {
    const minusTwo = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]
    expect(read(0x08, ...minusTwo).int64).toBe(-2n)
    expect(read(0x10, ...minusTwo).int32).toBe(-2)
  })

  test('reads repeated numbers packed, one by one, and mixed, in order', () => {
    expect(read(0x5a, 0x03, 0x01, 0x96, 0x01).int64s).toEqual(BigInt64Array.of(1n, 150n))
    expect(read(0x58, 0x01, 0x58, 0x96, 0x01).int64s).toEqual(BigInt64Array.of(1n, 150n))
    expect(read(0x58, 0x01, 0x5a, 0x02, 0x02, 0x03, 0x58, 0x04).int64s).toEqual(BigInt64Array.of(1n, 2n, 3n, 4n))
    expect(read(0x45, 0, 0, 0x80, 0x3f, 0x42, 4, 0, 0, 0, 0x40).floats).toEqual(Float32Array.of(1, 2))
  })

  test('skips fields it does not know, of every wire type', () => {
    // Field 20: varint, 64 bits, bytes, a group that holds a varint, 32 bits.
    const unknown = [0xa0, 1, 0x96, 1, 0xa1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0xa2, 1, 2, 0, 0]
    const more = [0xa3, 1, 0x08, 0x01, 0xa4, 1, 0xa5, 1, 1, 2, 3, 4]
    expect(read(...unknown, ...more, 0x10, 0x07).int32).toBe(7)
  })

  test('bytes are a view, not a copy', () => {
    const source = Uint8Array.of(0x2a, 2, 5, 6)
    const { bytes } = readMessage(everyKind, source, 'here')
    expect(bytes).toEqual(Uint8Array.of(5, 6))
    expect(bytes?.buffer).toBe(source.buffer)
  })

  test.each([
    ['a tag without value', [0x08], 'onnx/truncated'],
    ['a varint without end', [0x08, 0xff], 'onnx/truncated'],
    ['a varint of eleven bytes', [0x08, ...Array<number>(10).fill(0xff), 1], 'onnx/malformed'],
    ['a length beyond the end', [0x2a, 5, 1], 'onnx/truncated'],
    ['a length of 4 GB', [0x2a, 0xff, 0xff, 0xff, 0xff, 0x0f], 'onnx/truncated'],
    ['a float cut short', [0x1d, 0, 0], 'onnx/truncated'],
    ['packed floats cut short', [0x42, 5, 0, 0, 0, 0, 0], 'onnx/truncated'],
    ['packed varints cut short', [0x5a, 2, 1, 0x80], 'onnx/truncated'],
    ['an unknown field cut short', [0xa1, 1, 0], 'onnx/truncated'],
    ['field number 0', [0x00, 0x00], 'onnx/malformed'],
    ['wire type 6', [0x0e], 'onnx/malformed'],
    ['a group that ends without beginning', [0x0c], 'onnx/malformed'],
    [
      'groups nested 1000 deep',
      Array<number>(2000)
        .fill(0)
        .flatMap(() => [0xa3, 1]),
      'onnx/malformed',
    ],
    ['a string where a number belongs', [0x0a, 1, 1], 'onnx/malformed'],
    ['a number where bytes belong', [0x28, 1], 'onnx/malformed'],
    ['fixed 64 bits where a float belongs', [0x41, 0, 0, 0, 0, 0, 0, 0, 0], 'onnx/malformed'],
    ['a singular field twice', [0x10, 1, 0x10, 1], 'onnx/duplicate-field'],
    ['short text that is not UTF-8', [0x22, 2, 0xc3, 0x28], 'onnx/bad-string'],
    ['long text that is not UTF-8', [0x22, 40, ...Array<number>(39).fill(0x61), 0xff], 'onnx/bad-string'],
  ])('refuses %s', (_, bytes, code) => {
    expect(codeOf(() => read(...bytes))).toBe(code)
  })

  test('says where and what', () => {
    expect(() => read(0x0a, 1, 1)).toThrow(
      expect.objectContaining({ where: 'here', message: 'field int64 has wire type 2, not that of int64' }),
    )
  })
})

test('what is written is read back', () => {
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
  const float = fc.float({ noNaN: true })
  const text = fc.string({ unit: 'grapheme', maxLength: 60 })
  const bytes = fc.uint8Array({ maxLength: 200 })
  const message = fc.record({
    int64: fc.option(int64, { nil: undefined }),
    int32: fc.option(int32, { nil: undefined }),
    float: fc.option(float, { nil: undefined }),
    string: fc.option(text, { nil: undefined }),
    bytes: fc.option(bytes, { nil: undefined }),
    strings: fc.array(text),
    messages: fc.array(bytes),
    floats: fc.array(float).map((values) => Float32Array.from(values)),
    doubles: fc.array(fc.double({ noNaN: true })).map((values) => Float64Array.from(values)),
    int32s: fc.array(int32).map((values) => Int32Array.from(values)),
    int64s: fc.array(int64).map((values) => BigInt64Array.from(values)),
    uint64s: fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map((values) => BigUint64Array.from(values)),
  })
  fc.assert(
    fc.property(message, (value) => {
      expect(readMessage(everyKind, writeMessage(everyKind, value), 'here')).toEqual(value)
    }),
    { numRuns: propertyRuns() },
  )
})

test('any bytes are a message, or an error of the format', () => {
  // Bytes that begin like fields, which plain random ones seldom do.
  const field = fc
    .tuple(fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20), fc.nat({ max: 7 }), fc.uint8Array({ maxLength: 12 }))
    .map(([number, wire, bytes]) => [(number << 3) | wire, ...(wire === 2 ? [bytes.length] : []), ...bytes])
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.array(field, { maxLength: 8 }).map((fields) => Uint8Array.from(fields.flat().map((value) => value & 255))),
  )
  fc.assert(
    fc.property(bytes, (source) => {
      expect(codeOf(() => readMessage(everyKind, source, 'here'))).toMatch(/^(no error|onnx\/[a-z-]+)$/)
    }),
    { numRuns: propertyRuns() },
  )
})
