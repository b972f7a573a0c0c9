import { thrownBy } from '@tilewright/testing'
import { expect, test } from 'vitest'
import { buffer } from './buffer.js'
import { formatError } from './errors.js'
import { type KernelDetails, kernel } from './kernel.js'
import { ceilDiv, type SizeExpr, size, sizeMul } from './size.js'
import { seq } from './stmt.js'

const details: KernelDetails = { name: 'k', params: [], threads: 64, workgroups: [1, 1, 1], body: seq([]) }

test('a fresh kernel has no properties', () => {
  expect(kernel(details)).toEqual({ ...details, kind: 'kernel', subgroupSize: undefined, cluster: 1, properties: [] })
  expect(kernel({ ...details, subgroupSize: 32 }).subgroupSize).toBe(32)
})

test.each([
  { threads: 0 },
  { threads: 1.5 },
  { threads: 48, subgroupSize: 32 },
  { subgroupSize: 0 },
  { subgroupSize: 0.5 },
])('%o is refused', (wrong) => {
  expect(thrownBy(() => kernel({ ...details, ...wrong })).code).toBe('ir/threads')
})

test('clusters are of a few workgroups, and a launch consists of whole ones at all sizes', () => {
  const n = size('n')
  const clusters = (x: SizeExpr, cluster: number): number =>
    kernel({ ...details, workgroups: [x, 1, 1], cluster }).cluster
  expect(clusters(6, 2)).toBe(2)
  expect(clusters(0, 8)).toBe(8)
  expect(clusters(sizeMul(ceilDiv(n, 4), 4), 4)).toBe(4)
  expect(thrownBy(() => clusters(6, 3))).toMatchObject({ code: 'ir/cluster' })
  expect(thrownBy(() => clusters(6, 4))).toMatchObject({ code: 'ir/cluster' })
  expect(thrownBy(() => clusters(n, 2))).toMatchObject({
    code: 'ir/cluster',
    message: 'kernel "k" launches n workgroups along x in clusters of 2',
  })
})

test('a launch that is not said is refused', () => {
  const untyped: KernelDetails = JSON.parse('{ "name": "k", "params": [], "threads": 64 }')
  const error = thrownBy(() => kernel(untyped))
  expect(error).toMatchObject({ code: 'ir/launch', help: 'pass workgroups: [x, y, z]' })
})

test.each(['{}', '{ "name": 7 }', '{ "name": "" }'])('a kernel needs a name: %s', (named) => {
  const untyped: KernelDetails = { ...details, name: JSON.parse(named).name }
  expect(thrownBy(() => kernel(untyped))).toMatchObject({ code: 'ir/argument', help: "pass name: 'scale'" })
})

test('error texts', () => {
  const tile = buffer('tile', 'f32', [64], 'workgroup')
  const faults = [
    () => kernel({ ...details, threads: 48, subgroupSize: 32 }),
    () => kernel({ ...details, params: [tile] }),
    () => buffer('x', 'f32', [-1], 'storage'),
    () => buffer('x', 'f32', [0.5], 'storage'),
    () => buffer('tile', 'f32', [size('N'), 8], 'workgroup'),
  ]
  expect(faults.map((fault) => formatError(thrownBy(fault)))).toMatchInlineSnapshot(`
    [
      "error[ir/threads]: kernel "k" asks for 48 threads in subgroups of 32
      help  a workgroup has at least one thread and whole subgroups",
      "error[ir/scope]: parameter "tile" of kernel "k" has scope workgroup
      help  parameters are storage buffers",
      "error[ir/shape]: buffer "x" has extent -1
      help  extents are non-negative integers",
      "error[ir/shape]: buffer "x" has extent 0.5
      help  extents are non-negative integers",
      "error[ir/shape]: workgroup buffer "tile" has the symbolic extent N
      help  only storage buffers may have symbolic extents: tiles are static",
    ]
  `)
})

test('extents may be zero, ranks too, and storage may be symbolic', () => {
  expect(buffer('empty', 'f32', [0, 4], 'private').shape).toEqual([0, 4])
  expect(buffer('scalar', 'bool', [], 'workgroup').shape).toEqual([])
  expect(buffer('x', 'i8', [size('N')], 'storage').dtype).toBe('i8')
})
