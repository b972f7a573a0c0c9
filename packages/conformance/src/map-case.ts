/** Cases of functions of one or two elements: tables of operations, each a row of a result. */
import { type BufferHandle, buildKernel, ceilDiv, type DType, type Value } from '@tilewright/ir'
import { type TypedArray, widen } from '@tilewright/simulator'
import type { Area, ConformanceCase } from './conformance-case.js'
import { kernelCase } from './kernel-case.js'

/** Elements of a dtype, in the array that the simulator takes for it. */
export interface Elements {
  readonly dtype: DType
  readonly values: TypedArray
}

/** A function of each pair of elements, whose second is the first where the case has but one. */
export interface MapRow {
  readonly name: string
  readonly of: (x: Value, y: Value) => Value
  /** What it is stored as. Default: what it is computed in. */
  readonly as?: DType
  /** How far a result may be from the simulator's. Default: not at all. */
  readonly tolerance?: (expected: number, x: number, y: number) => number
}

export interface MapCaseDetails {
  readonly area: Area
  readonly name: string
  readonly x: Elements
  /** As many as of `x`. */
  readonly y?: Elements
  readonly rows: readonly MapRow[]
}

/** Results of one dtype are a buffer of that name, a row each. */
export function mapCase({ area, name, x, y, rows }: MapCaseDetails): ConformanceCase {
  const length = x.values.length
  const left = widen(x.dtype, x.values)
  const right = y === undefined ? left : widen(y.dtype, y.values)
  return kernelCase({
    area,
    name,
    build: ({ limits }) => {
      const threads = Math.min(64, limits.threads)
      const rowsOf = new Map<string, MapRow[]>()
      const kernel = buildKernel({ name: 'map', threads, workgroups: [ceilDiv(length, threads), 1, 1] }, (g) => {
        const xs = g.param('x', x.dtype, [length])
        const ys = y === undefined ? xs : g.param('y', y.dtype, [length])
        const i = g.let('i', g.workgroup.x.mul(threads).add(g.thread))
        g.if(i.lt(length), () => {
          const [a, b] = [g.let('a', xs.at(i)), g.let('b', ys.at(i))]
          const values = rows.map((row) => ({ row, value: row.of(a, b) }))
          for (const { row, value } of values) {
            const dtype = row.as ?? value.expr.dtype
            rowsOf.set(dtype, [...(rowsOf.get(dtype) ?? []), row])
          }
          const results = new Map<string, BufferHandle>()
          for (const { row, value } of values) {
            const dtype = row.as ?? value.expr.dtype
            const all = rowsOf.get(dtype) ?? []
            const result = results.get(dtype) ?? g.param(dtype, dtype, [all.length, length])
            results.set(dtype, result)
            result.set([all.indexOf(row), i], value)
          }
        })
      })
      const at = (element: number, hint: string): readonly [row: MapRow | undefined, x: number, y: number] => {
        const i = element % length
        return [rowsOf.get(hint)?.[Math.floor(element / length)], left[i] ?? Number.NaN, right[i] ?? Number.NaN]
      }
      return {
        kernel,
        contents: { x: x.values, ...(y === undefined ? {} : { y: y.values }) },
        tolerance: (expected, element, { hint }) => {
          const [row, a, b] = at(element, hint)
          return row?.tolerance?.(expected, a, b) ?? 0
        },
        describe: (element, { hint }) => {
          const [row, a, b] = at(element, hint)
          return row === undefined ? `element ${element}` : `${row.name} of ${y === undefined ? a : `${a} and ${b}`}`
        },
      }
    },
  })
}

/** All pairs of the values: the first of each, and the second. */
export function pairs(values: readonly number[], others: readonly number[] = values): readonly [number[], number[]] {
  return [values.flatMap((value) => others.map(() => value)), values.flatMap(() => [...others])]
}
