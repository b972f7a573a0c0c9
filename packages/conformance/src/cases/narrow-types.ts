/** Element types that are narrower in memory than what expressions compute in: loads widen, stores narrow. */
import { buildKernel, ceilDiv, computeType, type DType, isHalf, type ScalarType } from '@tilewright/ir'
import { allocate, bfloatToNumber, halfToNumber, narrowInto, type TypedArray } from '@tilewright/simulator'
import type { ConformanceCase } from '../conformance-case.js'
import { kernelCase } from '../kernel-case.js'
import { mapCase } from '../map-case.js'

type NarrowType = Exclude<DType, ScalarType> | 'bool'
const narrowTypes: readonly NarrowType[] = ['f16', 'bf16', 'i8', 'u8', 'bool']

/** Zeros, and all halves between two of these bits, of both signs. */
const halvesFrom = (least: number, most: number): Uint16Array =>
  Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits).filter((bits) => {
    const magnitude = bits & 0x7fff
    return magnitude === 0 || (magnitude >= least && magnitude <= most)
  })

/** Every finite value of a type; of bf16 only what is normal, as devices may lose the others. */
const values: Readonly<Record<NarrowType, TypedArray>> = {
  f16: halvesFrom(0, 0x7bff),
  bf16: halvesFrom(0x80, 0x7f7f),
  i8: Int8Array.from({ length: 256 }, (_, i) => i),
  u8: Uint8Array.from({ length: 256 }, (_, i) => i),
  bool: Uint8Array.of(0, 1, 1, 0, 1),
}

/** Numbers between neighbours among the halves of these bits, at ties and beside them. */
const toRound = (toNumber: (bits: number) => number, from: number, to: number): Float32Array =>
  Float32Array.from({ length: 4096 }, (_, i) => {
    const bits = from + ((i * 31) % (to - from))
    const middle = (toNumber(bits) + toNumber(bits + 1)) / 2
    return (i % 2 === 0 ? 1 : -1) * middle * (1 + ((i % 3) - 1) * 2 ** -20)
  })

/** From subnormals of f16 on; of bf16 from what is normal on. */
const halvesToRound = [...toRound(halfToNumber, 0, 0x7bff)]
const bfloatsToRound = [...toRound(bfloatToNumber, 0x80, 0x7f7f)]
const wide: Readonly<Record<NarrowType, TypedArray>> = {
  f16: Float32Array.of(
    ...halvesToRound,
    65504,
    65519.99,
    65520,
    1e30,
    -65520,
    2 ** -25,
    3 * 2 ** -25,
    2 ** -24,
    1 / 3,
    0,
  ),
  bf16: Float32Array.of(...bfloatsToRound, 3.3895313892515355e38, 3.3961e38, -3.3962e38, 2 ** -126, 1 / 3, 0, -0),
  i8: Int32Array.of(0, 1, -1, 127, 128, 129, -128, -129, 255, 256, 300, -300, 2 ** 31 - 1, -(2 ** 31), 65535),
  u8: Uint32Array.of(0, 1, 127, 128, 255, 256, 257, 511, 65535, 2 ** 31, 2 ** 32 - 1, 1000),
  bool: Uint8Array.of(1, 0, 0, 1),
}

export const narrowTypeCases: readonly ConformanceCase[] = [
  ...narrowTypes.map((dtype) => {
    const [type, length] = [computeType(dtype), Math.max(values[dtype].length, wide[dtype].length)]
    return mapCase({
      area: 'narrow-types',
      name: `loads of ${dtype} widen, and stores narrow`,
      x: { dtype, values: repeated(dtype, values[dtype], length) },
      y: { dtype: type, values: repeated(type, wide[dtype], length) },
      rows: [
        { name: 'a load', of: (x) => x, as: type },
        { name: 'a store', of: (_, y) => y, as: dtype },
      ],
    })
  }),
  // As few buffers as any device binds.
  ...[narrowTypes.filter(isHalf), narrowTypes.filter((dtype) => !isHalf(dtype))].flatMap((dtypes) => [
    neighbours(dtypes),
    localMemory(dtypes),
  ]),
]

/** The values over and over, `length` in all. */
function repeated(dtype: DType, given: TypedArray, length: number): TypedArray {
  return allocate(dtype, length).map((_, i) => given[i % given.length] ?? 0)
}

/** Small numbers that every type holds. */
function small(dtype: DType, length: number): TypedArray {
  const number = (i: number): number => (dtype === 'bool' ? i % 2 : (i * 7) % 100)
  const elements = allocate(dtype, length)
  narrowInto(
    dtype,
    Float64Array.from(elements, (_, i) => number(i)),
    elements,
  )
  return elements
}

/** Threads of several workgroups write every second element: those between stay what they are. */
function neighbours(dtypes: readonly NarrowType[]): ConformanceCase {
  const length = 203
  return kernelCase({
    area: 'narrow-types',
    name: `stores of ${dtypes.join(', ')} leave their neighbours alone`,
    needs: { storageBuffers: 2 * dtypes.length },
    build: ({ limits }) => {
      const threads = Math.min(limits.threads, 8)
      const kernel = buildKernel({ name: 'neighbours', threads, workgroups: [ceilDiv(length, threads), 1, 1] }, (g) => {
        const i = g.let('i', g.workgroup.x.mul(threads).add(g.thread))
        const operands = dtypes.map((dtype) => {
          return { dtype, x: g.param(`x_${dtype}`, dtype, [length]), y: g.param(`y_${dtype}`, dtype, [length]) }
        })
        g.if(i.lt(length).and(i.mod(2).eq(1)), () => {
          for (const { dtype, x, y } of operands) y.set([i], dtype === 'bool' ? x.at(i).not() : x.at(i).add(y.at(i)))
        })
      })
      const contents = dtypes.flatMap((dtype) => [
        [`x_${dtype}`, small(dtype, length)] as const,
        [`y_${dtype}`, small(dtype, length).reverse()] as const,
      ])
      return { kernel, contents: Object.fromEntries(contents) }
    },
  })
}

/** Private memory narrows too: as a variable, and as an array that is read at an index that is not constant. */
function localMemory(dtypes: readonly NarrowType[]): ConformanceCase {
  const length = 5
  return kernelCase({
    area: 'narrow-types',
    name: `private memory of ${dtypes.join(', ')} narrows`,
    needs: { storageBuffers: 2 * dtypes.length },
    build: () => {
      const kernel = buildKernel({ name: 'local', threads: 1, workgroups: [1, 1, 1] }, (g) => {
        for (const dtype of dtypes) {
          const type = computeType(dtype)
          const [x, y] = [g.param(`x_${dtype}`, type, [length]), g.param(`y_${dtype}`, type, [2, length])]
          const [one, many] = [g.privateBuffer('one', dtype, []), g.privateBuffer('many', dtype, [length])]
          g.loop('i', length, (i) => {
            one.set([], x.at(i))
            many.set([i], x.at(i))
            y.set([0, i], one.at())
          })
          g.loop('i', length, (i) => y.set([1, i], many.at(i.mul(2).add(1).mod(length))))
        }
      })
      const contents = dtypes.map((dtype) => [
        `x_${dtype}`,
        repeated(computeType(dtype), wide[dtype].slice(-length), length),
      ])
      return { kernel, contents: Object.fromEntries(contents) }
    },
  })
}
