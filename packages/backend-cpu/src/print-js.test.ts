import { type EmittedKernel, evaluatePlanSize, scalarWord, wholeBuffer } from '@tilewright/backend'
import {
  type Buffer,
  binary,
  buffer,
  buildKernel,
  type Const,
  constant,
  type DType,
  type Expr,
  int,
  type Kernel,
  kernel,
  letStmt,
  load,
  type ScalarType,
  type SizeValues,
  seq,
  size,
  sizeMul,
  sizeValue,
  store,
  type Var,
  variable,
} from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { allocate, narrowInto, runKernel, type TypedArray } from '@tilewright/simulator'
import {
  arbitraryBindings,
  arbitraryExpr,
  arbitrarySizeParams,
  arbitrarySizeValues,
  propertyRuns,
  thrownBy,
} from '@tilewright/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cpu, cpuTarget } from './index.js'
import { emitJs } from './print-js.js'

const arrays = {
  f32: Float32Array,
  f16: Float32Array,
  bf16: Float32Array,
  i32: Int32Array,
  u32: Uint32Array,
  i8: Int8Array,
  u8: Uint8Array,
  bool: Uint8Array,
}

/** The source of a kernel that is written in lowered form already. */
function emitWritten(kernel: Kernel): EmittedKernel {
  return emitJs({ ...kernel, properties: ['no-for-task', 'flat-indices'] })
}

/** Runs an emitted kernel on data by buffer: what the buffers hold afterwards, f16 as values. */
async function run(
  emitted: EmittedKernel,
  contents: readonly TypedArray[],
  sizes: SizeValues = {},
): Promise<TypedArray[]> {
  const device = await cpu().open()
  const pipeline = await device.createPipeline(emitted.pipeline)
  const buffers = contents.map((content) => {
    const made = device.createBuffer(content.byteLength)
    device.write(made, content)
    return made
  })
  const values = new Map(Object.entries(sizes))
  const scalars = emitted.scalars.map((scalar) => scalarWord(scalar, (size) => evaluatePlanSize(size, values)))
  const [x, y, z] = emitted.workgroups.map((count) => evaluatePlanSize(count, values))
  const recorder = device.begin()
  recorder.dispatch(pipeline, buffers.map(wholeBuffer), Uint32Array.from(scalars), [x!, y!, z!])
  recorder.submit()
  return Promise.all(
    contents.map(async (content, i) => {
      const dtype = emitted.buffers[i]!.dtype
      return new arrays[dtype]((await device.read(buffers[i]!, content.byteLength)).buffer)
    }),
  )
}

/** A kernel that stores one expression, with its variables bound before. */
function storing(value: Expr, bindings: ReadonlyMap<Var, Const> = new Map(), reads: readonly Buffer[] = []): Kernel {
  const out = buffer('out', value.dtype, [1], 'storage')
  const lets = [...bindings].map(([v, bound]) => letStmt(v, bound))
  return kernel({
    name: 'storing',
    params: [...reads, out],
    threads: 1,
    workgroups: [1, 1, 1],
    body: seq([...lets, store(out, [int(0)], value)]),
  })
}

describe('expressions', () => {
  const types: readonly ScalarType[] = ['f32', 'i32', 'u32', 'bool']
  const vars = types.flatMap((type) => [variable('v', type), variable('v', type)])
  const dtypes: readonly DType[] = ['f32', 'f16', 'bf16', 'i32', 'u32', 'i8', 'u8', 'bool']
  const buffers = dtypes.map((dtype) => buffer('b', dtype, [3], 'storage'))
  const small = fc.integer({ min: 0, max: 1 })
  const contents = fc
    .tuple(
      ...buffers.map(({ dtype }) =>
        fc.array(dtype === 'bool' ? small : fc.integer({ min: -8, max: 8 }), { minLength: 3, maxLength: 3 }),
      ),
    )
    .map((rows) => rows.map((row, i) => new arrays[dtypes[i]!](row)))

  test.each(types)('%s expressions give on the cpu what they give on the simulator', async (type) => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryExpr({ type, vars, buffers, sizes: arbitrarySizeParams, depth: 4, inexact: true }),
        arbitraryBindings(vars),
        contents,
        arbitrarySizeValues(),
        async (value, bindings, data, sizes) => {
          const kernel = storing(value, bindings, buffers)
          const out = new arrays[type](1)
          const simulated = new Map<Buffer, TypedArray>(
            buffers.map((source, i) => {
              const elements = allocate(source.dtype, data[i]!.length)
              narrowInto(source.dtype, Float64Array.from(data[i]!), elements)
              return [source, elements]
            }),
          )
          runKernel(kernel, { buffers: simulated.set(kernel.params.at(-1)!, out), sizes })
          const emitted = emitWritten(kernel)
          const given = emitted.buffers.map((source) => data[buffers.indexOf(source)] ?? new arrays[type](1))
          expect((await run(emitted, given, sizes)).at(-1)).toEqual(out)
        },
      ),
      { numRuns: propertyRuns() },
    )
  })

  /** The value of an expression that nothing folds: operands come from memory. */
  async function evaluate(build: (...operands: Expr[]) => Expr, ...operands: Const[]): Promise<number> {
    const sources = operands.map((operand) => buffer('x', operand.dtype, [1], 'storage'))
    const emitted = emitWritten(storing(build(...sources.map((source) => load(source, [int(0)]))), new Map(), sources))
    const given = emitted.buffers.map((source, i) => new arrays[source.dtype]([Number(operands[i]?.value ?? 0)]))
    return Number((await run(emitted, given)).at(-1)![0])
  }
  const i32 = (value: number): Const => constant('i32', value)
  const u32 = (value: number): Const => constant('u32', value)
  const f32 = (value: number): Const => constant('f32', value)
  const op = (name: Parameters<typeof binary>[0]) => (a?: Expr, b?: Expr) => binary(name, a!, b!)

  test('a division by zero gives some integer', async () => {
    for (const name of ['div', 'mod'] as const) {
      expect(Number.isInteger(await evaluate(op(name), i32(5), i32(0)))).toBe(true)
      expect(Number.isInteger(await evaluate(op(name), u32(5), u32(0)))).toBe(true)
    }
  })

  test('constants that are not finite, and negative zero', async () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, -2.5, 1e-45]) {
      expect(await evaluate(() => f32(value))).toBe(Math.fround(value))
      expect(await evaluate((a) => binary('add', a!, f32(value)), f32(-0))).toBe(Math.fround(value))
    }
  })

  test('a chain of maxima is as long as it is deep', () => {
    const x = buffer('x', 'f32', [1], 'storage')
    let value: Expr = load(x, [int(0)])
    for (let i = 0; i < 100; i++) value = binary(i % 2 === 0 ? 'max' : 'min', value, f32(i))
    expect(emitWritten(storing(value, new Map(), [x])).pipeline.source.length).toBeLessThan(3000)
  })
})

describe('kernels', () => {
  const lowered = (authored: Kernel): Kernel =>
    runPipeline(authored, cpu().pipeline(cpuTarget), { validate: 'every-pass' })

  test('the printed text', () => {
    const n = size('n')
    const authored = buildKernel({ name: 'sums', threads: 1, workgroups: [n, 1, 1] }, (g) => {
      const [x, y] = [g.param('x', 'f16', [n, 4]), g.param('y', 'u8', [n])]
      const sum = g.privateBuffer('sum', 'f32', [])
      sum.set([], 0)
      g.loop('k', 4, (k) => sum.update([], (old) => old.add(x.at(g.workgroup.x, k))))
      g.if(
        sum.at().lt(0),
        () => y.set([g.workgroup.x], 0),
        () => y.set([g.workgroup.x], sum.at().cast('u32')),
      )
    })
    expect(emitJs(lowered(authored)).pipeline.source).toMatchInlineSnapshot(`
      "(memory, scalars, nx, ny, nz) => {
        const b0 = new Float32Array(memory[0].buffer, memory[0].byteOffset, memory[0].byteLength / 4)
        const b1 = new Uint8Array(memory[1].buffer, memory[1].byteOffset, memory[1].byteLength / 1)
        const [] = scalars
        let sum_p0 = 0
        for (let wz = 0; wz < nz; wz++) for (let wy = 0; wy < ny; wy++) for (let wx = 0; wx < nx; wx++) {
            sum_p0 = 0
            const t_0 = Math.imul(wx, 4)
            for (let k_1 = 0, n_k_1 = 4; k_1 < n_k_1; k_1++) {
              sum_p0 = Math.fround(sum_p0 + b0[(t_0 + k_1 | 0)])
            }
            if ((sum_p0 < 0)) {
              b1[wx] = 0
            } else {
              b1[wx] = (Math.min(4294967295, Math.max(0, sum_p0)) >>> 0)
            }
        }
      }"
    `)
  })

  test('two sizes that print alike are two scalars', async () => {
    // A model may call a dimension anything.
    const [odd, n] = [size('n * 2'), size('n')]
    const out = buffer('out', 'i32', [2], 'storage')
    const body = seq([store(out, [int(0)], sizeValue(odd)), store(out, [int(1)], sizeValue(sizeMul(n, 2)))])
    const emitted = emitWritten(kernel({ name: 'sizes', params: [out], threads: 1, workgroups: [1, 1, 1], body }))
    expect(await run(emitted, [new Int32Array(2)], { 'n * 2': 7, n: 5 })).toEqual([Int32Array.of(7, 10)])
  })

  test('names of a model and words of the language are no identifiers', async () => {
    const hints = ['class', '3d', '', 'a-b', 'a b', 'größe', 'b0', 's0', 'wx', '__proto__']
    const out = buffer('out', 'i32', [hints.length], 'storage')
    const vars = hints.map((hint) => variable(hint))
    const body = seq([
      ...vars.map((v, i) => letStmt(v, sizeValue(size(`s${i}`)))),
      ...vars.map((v, i) => store(out, [int(i)], v)),
    ])
    const emitted = emitWritten(kernel({ name: 'names', params: [out], threads: 1, workgroups: [1, 1, 1], body }))
    const sizes = Object.fromEntries(hints.map((_, i) => [`s${i}`, i * i]))
    expect(await run(emitted, [new Int32Array(hints.length)], sizes)).toEqual([Int32Array.from(hints, (_, i) => i * i)])
  })

  test('what needs more than one thread is refused', () => {
    const wide = buildKernel({ name: 'wide', threads: 2, workgroups: [1, 1, 1] }, (g) => {
      g.param('x', 'f32', [2]).set([g.thread], 0)
    })
    expect(thrownBy(() => emitWritten(wide))).toMatchObject({
      name: 'CompileError',
      code: 'cpu/threads',
      message: 'kernel wide wants 2 threads a workgroup; the cpu has one',
    })
  })

  test('a kernel that is not lowered is refused', () => {
    const raw = buildKernel({ name: 'raw', threads: 1, workgroups: [1, 1, 1] }, () => undefined)
    expect(thrownBy(() => emitJs(raw))).toMatchObject({
      code: 'ir/not-lowered',
      help: 'lower it first: runPipeline(kernel, cpu().pipeline(target))',
    })
  })
})
