// Asynchronous copies and matrix instructions against plain loops.
import { bfloatToNumber, halfToNumber, numberToHalf } from '@tilewright/simulator'
import { type EmulatedArgument, type EmulatedModule, loadEmulated } from '@tilewright/testing'
import { describe, expect, test } from 'vitest'
import { emulatedCompiler } from './node-compile-emulated.js'

const compile = emulatedCompiler()

async function load(parameters: string, body: string, before = ''): Promise<EmulatedModule> {
  const source = `${before}\nextern "C" __global__ void main_kernel(${parameters}) {\nconst int t = threadIdx.x;\n${body}\n}\n`
  return loadEmulated(await compile(source))
}

const launch = (module: EmulatedModule, args: readonly EmulatedArgument[], threads = 32): string | undefined =>
  module.launch({ grid: [1, 1, 1], block: [threads, 1, 1], args, sharedBytes: 4096 })

describe('asynchronous copies', () => {
  const step = (wait: string): string => `__shared__ __align__(16) int tile[3][128];
    for (int i = 0; i < 3; i++) {
      tw_copy_async_16(&tile[i][4 * t], &from[128 * i + 4 * t], i < 2 || t % 2 == 0);
      tw_copy_commit();
    }
    ${wait}
    __syncthreads();
    for (int i = 0; i < 3; i++) for (int j = 0; j < 4; j++) out[128 * i + 4 * t + j] = tile[i][4 * (31 - t) + j];`
  const from = Int32Array.from({ length: 384 }, (_, i) => i + 1)
  /** What thread t reads, where all copies but the last `missing` have landed; shared memory is -1 at first. */
  const expected = (missing: number): Int32Array =>
    Int32Array.from({ length: 384 }, (_, at) => {
      const [i, thread, j] = [at >> 7, 31 - ((at >> 2) & 31), at & 3]
      if (i >= 3 - missing) return -1
      return i < 2 || thread % 2 === 0 ? 128 * i + 4 * thread + j + 1 : 0
    })

  test.each([
    ['tw_copy_wait<0>();', 0],
    ['tw_copy_wait<1>();', 1],
    ['tw_copy_wait<2>();', 2],
    ['tw_copy_wait<3>();', 3],
    ['tw_copy_wait<2>(); tw_copy_wait<1>();', 1],
    ['', 3],
  ])('land at the wait, in groups, and fill with zeros: %s', async (wait, missing) => {
    const module = await load('int* out, const int* from', step(wait))
    for (const reversed of [false, true]) {
      module.setOrder(reversed)
      const out = new Int32Array(384)
      expect(launch(module, [out, from])).toBeUndefined()
      expect(out).toEqual(expected(missing))
    }
    module.setAsync(true)
    const out = new Int32Array(384)
    expect(launch(module, [out, from])).toBeUndefined()
    expect(out).toEqual(expected(0))
  })

  test('of 4 and of 8 bytes, to dynamic shared memory', async () => {
    const body = `TW_DYNAMIC_SHARED(bytes); int* tile = reinterpret_cast<int*>(bytes);
      tw_copy_async_8(&tile[2 * t], &from[2 * t], true); tw_copy_async_4(&tile[64 + t], &from[64 + t], t != 5);
      tw_copy_commit(); tw_copy_wait<0>();
      for (int i = 0; i < 3; i++) out[t + 32 * i] = tile[i < 2 ? 2 * t + i : 64 + t];`
    const out = new Int32Array(96)
    expect(launch(await load('int* out, const int* from', body), [out, from])).toBeUndefined()
    const value = (at: number): number => (at < 64 ? 2 * (at & 31) + (at >> 5) + 1 : at === 69 ? 0 : at + 1)
    expect(out).toEqual(Int32Array.from({ length: 96 }, (_, at) => value(at)))
  })

  test.each([
    ['tw_copy_async_16(&tile[t], from, true);', 'an asynchronous copy of 16 bytes that is not aligned to them'],
    ['tw_copy_async_8(tile, from + 1, true);', 'an asynchronous copy of 8 bytes that is not aligned to them'],
    ['tw_copy_async_4(out, from, true);', 'an asynchronous copy to memory that is not shared'],
  ])('%s: refused', async (call, message) => {
    const module = await load('int* out, const int* from', `__shared__ __align__(16) int tile[64]; ${call}`)
    expect(launch(module, [new Int32Array(4), from])).toContain(message)
  })
})

describe('ldmatrix', () => {
  const names = [1, 2, 4].flatMap((count) => [false, true].map((transposed) => ({ count, transposed })))

  test.each(names)('of $count, transposed: $transposed', async ({ count, transposed }) => {
    const name = `tw_load_matrices_${count}${transposed ? '_transposed' : ''}`
    const body = `__shared__ __align__(16) unsigned short tile[${count}][8][24];
      for (int i = t; i < ${64 * count}; i += 32) tile[i / 64][i / 8 % 8][8 + i % 8] = i;
      __syncthreads();
      unsigned registers[4];
      ${name}(registers, &tile[t / 8 % ${count}][t % 8][8]);
      for (int i = 0; i < ${count}; i++) { out[64 * i + 2 * t] = registers[i] & 65535; out[64 * i + 2 * t + 1] = registers[i] >> 16; }`
    const out = new Int32Array(64 * count)
    expect(launch(await load('int* out', body), [out])).toBeUndefined()
    const element = (at: number): number => (transposed ? (at & ~63) + (at % 8) * 8 + ((at >> 3) & 7) : at)
    expect(out).toEqual(Int32Array.from({ length: 64 * count }, (_, at) => element(at)))
  })

  test.each([
    ['&tile[4]', 'a row for ldmatrix that is not aligned to 16 bytes'],
    ['out', 'a row for ldmatrix that is not in shared memory'],
  ])('of %s: refused', async (row, message) => {
    const body = `__shared__ __align__(16) unsigned short tile[64]; unsigned registers[1]; tw_load_matrices_1(registers, ${row});`
    expect(launch(await load('int* out', body), [new Int32Array(32)])).toContain(message)
  })
})

const range = (length: number, value: (i: number) => number): number[] => Array.from({ length }, (_, i) => value(i))
const bitsOf = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0]!
const bfloat = (value: number): number => bitsOf(value) >>> 16
const small = (i: number): number => ((i * 37 + (i >> 4) * 11) % 17) - 8

// The fragments are gathered from matrices in global memory, as the tables of the PTX ISA have them, by word: `a` lies by
// rows, `b` by columns, so that a word holds neighbouring elements of depth. Either has 8 words of depth, whatever the type.
const fragments = `unsigned a[4], b[2];
  for (int i = 0; i < 4; i++) a[i] = left[(t / 4 + i % 2 * 8) * 8 + t % 4 + i / 2 * 4];
  for (int i = 0; i < 2; i++) b[i] = right[t / 4 * 8 + t % 4 + i * 4];`

/** An instruction: how numbers are packed as its left and right operand, and what they then are. */
interface Kind {
  readonly name: string
  readonly depth: number
  readonly type: 'float' | 'int'
  readonly pack: (numbers: number[], operand: number) => EmulatedArgument
  readonly read?: (number: number, operand: number) => number
}

describe('mma', () => {
  const bytes = (types: string): Kind => {
    const isSigned = (operand: number): boolean => types.split('_')[operand] === 's8'
    return {
      ...{ name: `m16n8k32_${types}`, depth: 32, type: 'int' },
      pack: (x, operand) => (isSigned(operand) ? Int8Array.from(x) : Uint8Array.from(x)),
      read: (x, operand) => (isSigned(operand) ? x : x & 255),
    }
  }
  const kinds: readonly Kind[] = [
    { name: 'm16n8k16_f16', depth: 16, type: 'float', pack: (x) => Uint16Array.from(x, numberToHalf) },
    { name: 'm16n8k16_bf16', depth: 16, type: 'float', pack: (x) => Uint16Array.from(x, bfloat) },
    // The low 13 bits are rounded, ties away from zero.
    {
      ...{ name: 'm16n8k8_tf32', depth: 8, type: 'float' },
      pack: (x) => Uint32Array.from(x, (v, i) => bitsOf(v) + (v === 0 || i % 2 === 0 ? 0xabc : -0x1000)),
    },
    ...['s8_s8', 's8_u8', 'u8_s8', 'u8_u8'].map(bytes),
  ]

  test.each(kinds)('$name is a product of matrices', async ({ name, depth, type, pack, read = (x) => x }) => {
    const body = `${fragments}
      ${type} d[4];
      for (int i = 0; i < 4; i++) d[i] = out[(t / 4 + i / 2 * 8) * 8 + t % 4 * 2 + i % 2];
      for (int again = 0; again < 2; again++) tw_multiply_${name}(d, a, b);
      for (int i = 0; i < 4; i++) out[(t / 4 + i / 2 * 8) * 8 + t % 4 * 2 + i % 2] = d[i];`
    const [a, b] = [range(16 * depth, small), range(8 * depth, (i) => small(i + 5))]
    const start = range(128, (i) => i - 40)
    const out = type === 'int' ? Int32Array.from(start) : Float32Array.from(start)
    const module = await load(`${type}* out, const unsigned* left, const unsigned* right`, body)
    expect(launch(module, [out, pack(a, 0), pack(b, 1)])).toBeUndefined()
    const product = (row: number, column: number): number =>
      range(depth, (k) => read(a[row * depth + k]!, 0) * read(b[column * depth + k]!, 1)).reduce((x, y) => x + y)
    expect([...out]).toEqual(start.map((value, i) => value + 2 * product(i >> 3, i & 7)))
  })

  test('without all lanes: refused', async () => {
    const module = await load('float* out', 'unsigned a[4] = {}, b[2] = {}; tw_multiply_m16n8k16_f16(out, a, b);')
    expect(launch(module, [new Float32Array(4)], 16)).toContain('mma without all 32 lanes')
  })
})

describe('halves', () => {
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i)

  test('every f16 becomes the f32 that it is, and comes back', async () => {
    const body =
      'for (int i = t; i < 65536; i += 32) { out[i] = __half2float(in[i]); back[i] = __float2half_rn(out[i]); }'
    const module = await load('float* out, __half* back, const __half* in', body, '#include <cuda_fp16.h>')
    const [out, back] = [new Float32Array(65536), new Uint16Array(65536)]
    expect(launch(module, [out, back, all])).toBeUndefined()
    expect(out).toEqual(Float32Array.from(all, halfToNumber))
    const isNumber = (bits: number): boolean => !Number.isNaN(halfToNumber(bits))
    expect(back.filter(isNumber)).toEqual(all.filter(isNumber))
    expect(back.map(Number).filter((bits) => !isNumber(bits)).length).toBe(2046)
  })

  test('f32 is rounded to f16 as the simulator does', async () => {
    const body = 'for (int i = t; i < 65536; i += 32) out[i] = __float2half_rn(in[i]);'
    const module = await load('__half* out, const float* in', body, '#include <cuda_fp16.h>')
    // Between neighbours, at ties and beside them, from subnormals to what overflows.
    const values = Float32Array.from({ length: 65536 }, (_, i) => {
      const [from, to] = [halfToNumber(i & 0x7fff), halfToNumber(Math.min((i & 0x7fff) + 1, 0x7bff))]
      const middle = (from + to) / 2
      return (i < 32768 ? 1 : -1) * [middle, middle * (1 + 2 ** -20), middle * (1 - 2 ** -20), 65520, 65519.99][i % 5]!
    })
    const out = new Uint16Array(65536)
    expect(launch(module, [out, values])).toBeUndefined()
    const isNumber = (_: unknown, i: number): boolean => !Number.isNaN(values[i])
    expect(out.filter(isNumber)).toEqual(Uint16Array.from(values, numberToHalf).filter(isNumber))
  })

  test('every bf16 becomes the f32 that it is, and comes back', async () => {
    const body =
      'for (int i = t; i < 65536; i += 32) { out[i] = __bfloat162float(in[i]); back[i] = __float2bfloat16_rn(out[i]); }'
    const module = await load(
      'float* out, __nv_bfloat16* back, const __nv_bfloat16* in',
      body,
      '#include <cuda_bf16.h>',
    )
    const [out, back] = [new Float32Array(65536), new Uint16Array(65536)]
    expect(launch(module, [out, back, all])).toBeUndefined()
    expect(out).toEqual(Float32Array.from(all, bfloatToNumber))
    const isNumber = (bits: number): boolean => !Number.isNaN(bfloatToNumber(bits))
    expect(back.filter(isNumber)).toEqual(all.filter(isNumber))
    expect(back.filter((bits) => !isNumber(bits)).length).toBe(254)
  })

  test('bf16 rounds to the nearest, ties to even', async () => {
    const body =
      'for (int i = t; i < 8; i += 32) { out[i] = __float2bfloat16_rn(in[i]); back[i] = __bfloat162float(out[i]); }'
    const module = await load('__nv_bfloat16* out, float* back, const float* in', body, '#include <cuda_bf16.h>')
    const values = Float32Array.of(
      1,
      1 + 2 ** -8,
      1 + 3 * 2 ** -8,
      1 + 2 ** -8 + 2 ** -20,
      -Infinity,
      NaN,
      3.4e38,
      1e-40,
    )
    const [out, back] = [new Uint16Array(8), new Float32Array(8)]
    expect(launch(module, [out, back, values])).toBeUndefined()
    expect([...out]).toEqual([0x3f80, 0x3f80, 0x3f82, 0x3f81, 0xff80, 0x7fff, 0x7f80, 0x0001])
    expect([...back.slice(0, 5)]).toEqual([1, 1, 1 + 2 ** -6, 1 + 2 ** -7, -Infinity])
  })
})
