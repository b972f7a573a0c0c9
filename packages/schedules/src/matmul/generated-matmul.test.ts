// What the templates become after the whole pipeline: goldens that real compilers read, and how much index arithmetic
// is left in the loop.
import type { Backend } from '@tilewright/backend'
import { cuda } from '@tilewright/backend-cuda'
import { wgsl } from '@tilewright/backend-wgsl'
import {
  buffer,
  type Expr,
  exprChildren,
  type Kernel,
  load,
  matmul,
  type SizeExpr,
  type Stmt,
  size,
  someExpr,
  stmtChildren,
  stmtExprs,
} from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { runKernel } from '@tilewright/simulator'
import { describe, expect, test } from 'vitest'
import { registerTiledMatmul } from './register-tiled.js'
import { workgroupTiledMatmul } from './workgroup-tiled.js'

const [m, n, k] = [size('m'), size('n', { multipleOf: 4 }), size('k', { multipleOf: 4 })]
const sizes: Readonly<Record<string, readonly [SizeExpr, SizeExpr, SizeExpr]>> = {
  '512': [512, 512, 512],
  '1021': [1021, 1021, 1021],
  symbolic: [m, n, k],
}

function build(
  form: 'register' | 'workgroup',
  [rows, columns, depth]: readonly [SizeExpr, SizeExpr, SizeExpr],
): Kernel {
  const a = buffer('a', 'f32', [rows, depth], 'storage')
  const b = buffer('b', 'f32', [depth, columns], 'storage')
  const c = buffer('c', 'f32', [rows, columns], 'storage')
  const anchor = matmul(
    c,
    depth,
    (_, i, kk) => load(a, [i, kk]),
    (_, kk, j) => load(b, [kk, j]),
  )
  const problem = { anchor, computed: new Set<never>() }
  const tiles = { threadsM: 8, threadsN: 8, ownM: 8, ownN: 8 }
  const { target } = wgsl()
  const { kernels } =
    form === 'register'
      ? registerTiledMatmul.build({ ...tiles, step: 4 }, problem, target)
      : workgroupTiledMatmul.build({ ...tiles, tileK: 8, splits: 1 }, problem, target)
  return kernels[0]!
}

const lower = (kernel: Kernel, backend: Backend): Kernel => runPipeline(kernel, backend.pipeline(backend.target))
const cases = (['register', 'workgroup'] as const).flatMap((form) =>
  Object.entries(sizes).map(([name, extents]) => ({ form, name, extents })),
)

describe.each(cases)('matmul $form at $name', ({ form, name, extents }) => {
  test('is this WGSL', async () => {
    const { source } = wgsl().emit(lower(build(form, extents), wgsl())).pipeline
    await expect(source).toMatchFileSnapshot(`../../../backend-wgsl/goldens/matmul-${form}-${name}.wgsl`)
  })

  test('is this CUDA C++', async () => {
    const { source } = cuda().emit(lower(build(form, extents), cuda())).pipeline
    await expect(source).toMatchFileSnapshot(`../../../backend-cuda/goldens/matmul-${form}-${name}.cu`)
  })

  test('divides invocation ids outside all loops, each distinct expression once', () => {
    const seen = new Map<string, number>()
    const visit = (stmt: Stmt, lets: ReadonlyMap<Expr, Expr>, inLoop: boolean): void => {
      const known = new Map(lets)
      for (const inner of stmt.kind === 'seq' ? stmt.body : [stmt]) {
        for (const expr of stmtExprs(inner)) {
          each(expr, (node) => {
            // Shifts and masks are what is left of divisions by powers of two.
            if (node.kind !== 'binary' || !['div', 'mod', 'shr', 'bit-and'].includes(node.op) || !isOfId(node, known))
              return
            expect(inLoop, 'a division of an invocation id in a loop').toBe(false)
            const key = text(node)
            seen.set(key, (seen.get(key) ?? 0) + 1)
          })
        }
        if (inner.kind === 'let') known.set(inner.var, inner.value)
        for (const child of stmtChildren(inner)) visit(child, known, inLoop || inner.kind === 'for')
      }
    }
    visit(lower(build(form, extents), wgsl()).body, new Map(), false)
    expect([...seen.values()].every((count) => count === 1)).toBe(true)
    expect(seen.size).toBeGreaterThan(0)
  })
})

/** Whether an expression is arithmetic on an invocation id, through lets. */
function isOfId(expr: Expr, lets: ReadonlyMap<Expr, Expr>): boolean {
  return someExpr(expr, (node) => {
    if (node.kind === 'builtin') return node.name === 'thread'
    const bound = lets.get(node)
    return bound !== undefined && isOfId(bound, lets)
  })
}

function each(expr: Expr, visit: (node: Expr) => void): void {
  visit(expr)
  for (const child of exprChildren(expr)) each(child, visit)
}

const ids = new Map<Expr, number>()
const text = (expr: Expr): string => {
  if (expr.kind === 'const') return String(expr.value)
  if (expr.kind === 'builtin') return expr.name
  if (expr.kind === 'binary') return `(${text(expr.left)} ${expr.op} ${text(expr.right)})`
  const id = ids.get(expr) ?? ids.size
  ids.set(expr, id)
  return `v${id}`
}

test.each([
  { form: 'register', limit: 1 },
  { form: 'workgroup', limit: 2 },
] as const)('$form: at most $limit integer operations a multiply-add in the k loop', ({ form, limit }) => {
  const kernel = lower(build(form, [192, 192, 64]), wgsl())
  const data = new Float32Array(192 * 192).fill(1)
  const [a, b, c] = kernel.params
  const { counts } = runKernel(kernel, {
    buffers: new Map([
      [a!, data.slice(0, 192 * 64)],
      [b!, data.slice(0, 192 * 64)],
      [c!, data],
    ]),
    workgroups: [1, 1, 0],
    count: { within: (loop) => loop.loopVar.hint === 'k0' },
  })
  expect(counts?.multiply).toBe(64 * 64 * 64)
  expect(counts!.integer / counts!.multiply).toBeLessThanOrEqual(limit)
})
