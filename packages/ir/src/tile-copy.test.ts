import { describe, expect, test } from 'vitest'
import { buffer } from './buffer.js'
import { buildKernel } from './builder/kernel-builder.js'
import { int, sizeValue } from './expr.js'
import { printStmt } from './print/print-stmt.js'
import { size } from './size.js'
import type { Mbarrier } from './stmt.js'
import { tileCopy } from './tile-copy.js'
import { validateKernel } from './validate/validate-kernel.js'

const mbarrier: Mbarrier = { kind: 'mbarrier', hint: 'full', slots: 2, arrivals: 1 }
const rows = size('rows')
const destination = buffer('tile', 'f16', [16, 64], 'workgroup')
const source = buffer('x', 'f16', [rows, 128], 'storage')
const copy = {
  ...{ destination, destinationIndex: [int(8), int(0)], source, extents: [sizeValue(rows), int(128)] },
  ...{ box: [8, 64], first: [int(3), int(64)], mbarrier, slot: int(1), multicast: false },
}

describe('tileCopy', () => {
  test('is printed with its box, and the tensor that it is of', () => {
    expect(printStmt(tileCopy(copy))).toBe('tile-copy 8x64 to tile[8, 0] of x as (rows, 128) from (3, 64) on full[1]')
    expect(printStmt(tileCopy({ ...copy, multicast: true }))).toMatch(/^tile-copy multicast 8x64 to /)
  })

  test.each([
    ['lines of another length', { box: [8, 32] }],
    ['lines that are not swizzled whole', { box: [4, 64] }],
    ['more elements than a box has', { box: [264, 64] }],
    ['a tensor of one dimension', { extents: [int(128)], box: [64], first: [int(0)] }],
    ['a box of another rank', { box: [1, 8, 64] }],
    ['extents that are no sizes', { extents: [sizeValue(rows), { ...int(1), kind: 'builtin', name: 'thread' }] }],
    ['storage to storage', { destination: buffer('tile', 'f16', [16, 64], 'storage') }],
    ['other elements', { source: buffer('x', 'f32', [rows, 128], 'storage') }],
    ['bf16 to f16', { source: buffer('x', 'bf16', [rows, 128], 'storage') }],
  ])('refuses %s', (_, wrong) => {
    expect(() => tileCopy({ ...copy, ...(wrong as object) })).toThrow(expect.objectContaining({ code: 'ir/tile-copy' }))
  })

  test('copies bf16 too', () => {
    const of = {
      destination: buffer('tile', 'bf16', [16, 64], 'workgroup'),
      source: buffer('x', 'bf16', [rows, 128], 'storage'),
    }
    expect(tileCopy({ ...copy, ...of }).kind).toBe('tile-copy')
  })

  test('is not of what the kernel writes', () => {
    const kernel = buildKernel({ name: 'k', threads: 1, workgroups: [1, 1, 1] }, (g) => {
      const x = g.use(source)
      const tile = g.workgroupBuffer('tile', 'f16', [8, 64])
      const full = g.mbarrier('full', 1, 1)
      g.tileCopy(tile, [0, 0], { source, extents: [rows, 128], first: [0, 0] }, [8, 64], full, 0)
      x.set([0, 0], 1)
    })
    expect(validateKernel(kernel)).toContainEqual(expect.objectContaining({ code: 'ir/tile-copy' }))
  })
})
