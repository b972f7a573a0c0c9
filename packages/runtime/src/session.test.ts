import type { Device, DeviceBuffer } from '@tilewright/backend'
import { launchesIn, PlanError } from '@tilewright/backend/plan'
import { cpu } from '@tilewright/backend-cpu'
import { evaluate } from '@tilewright/backend-cpu/evaluate'
import { wgsl } from '@tilewright/backend-wgsl'
import { compile, programOf } from '@tilewright/compiler'
import {
  addOp,
  buildGraph,
  convOp,
  eluOp,
  type Graph,
  gemmOp,
  identityOp,
  maxPoolOp,
  mulOp,
  reluOp,
  reshapeOp,
} from '@tilewright/graph'
import { size, TilewrightError } from '@tilewright/ir'
import { describe, expect, test } from 'vitest'
import type { HostTensor } from './check-inputs.js'
import { createSession, type Session } from './session.js'

/** What a test sees of a device: how much it holds, and failures on request. */
interface Watched extends Device {
  readonly buffers: ReadonlySet<DeviceBuffer>
  /** Makes the next call of this name throw. */
  fail: 'createBuffer' | 'createPipeline' | 'read' | undefined
}

async function openWatched(): Promise<Watched> {
  const device = await cpu().open()
  const buffers = new Set<DeviceBuffer>()
  const failing = (name: Watched['fail']): void => {
    if (watched.fail !== name) return
    watched.fail = undefined
    throw new PlanError('test/failure', `${name} fails`)
  }
  const inner = new Map<DeviceBuffer, DeviceBuffer>()
  const innerOf = (buffer: DeviceBuffer): DeviceBuffer => inner.get(buffer)!
  const watched: Watched = {
    ...device,
    buffers,
    fail: undefined,
    createBuffer: (bytes) => {
      failing('createBuffer')
      const made = device.createBuffer(bytes)
      const buffer: DeviceBuffer = {
        bytes: made.bytes,
        destroy: () => {
          made.destroy()
          buffers.delete(buffer)
        },
      }
      inner.set(buffer, made)
      buffers.add(buffer)
      return buffer
    },
    createPipeline: async (kernel) => {
      failing('createPipeline')
      return device.createPipeline(kernel)
    },
    write: (buffer, data, offset) => device.write(innerOf(buffer), data, offset),
    read: async (buffer, bytes) => {
      failing('read')
      // As on a GPU, results come later.
      await new Promise((resolve) => setTimeout(resolve, 1))
      return device.read(innerOf(buffer), bytes)
    },
    begin: () => {
      const recorder = device.begin()
      return {
        dispatch: (pipeline, ranges, scalars, workgroups) => {
          const inside = ranges.map((range) => ({ ...range, buffer: innerOf(range.buffer) }))
          recorder.dispatch(pipeline, inside, scalars, workgroups)
        },
        submit: recorder.submit,
      }
    },
  }
  return watched
}

async function open(graph: Graph): Promise<{ session: Session; device: Watched }> {
  const device = await openWatched()
  const session = await createSession({ ...compile(graph, { backend: cpu(), device }), device })
  return { session, device }
}

const tensor = (
  shape: readonly number[],
  data: HostTensor['data'],
  dtype: HostTensor['dtype'] = 'f32',
): HostTensor => ({ dtype, shape, data })
const numbers = (count: number, from = 0): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => (from + i) / 8)

/** The refusal of a promise as the command line shows it. */
async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (!(error instanceof PlanError || error instanceof TilewrightError)) throw error
    const { code, message, where, help } = error
    return [`error[${code}]: ${message}`, where && `  at    ${where}`, help && `  help  ${help}`]
      .filter(Boolean)
      .join('\n')
  }
  return 'no error'
}

const batch = size('batch', { max: 64 })

/** Gemm, Elu, Gemm. */
function policy(): Graph {
  const g = buildGraph('policy')
  const x = g.input('observation', { dtype: 'f32', shape: [batch, 6] })
  const attributes = { alpha: 1, beta: 1, transA: false, transB: true }
  const layer = (from: typeof x, columns: number, rows: number): typeof x => {
    const w = g.constant('w', { dtype: 'f32', shape: [rows, columns], data: numbers(rows * columns, -9) })
    const c = g.constant('c', { dtype: 'f32', shape: [rows], data: numbers(rows) })
    return g.apply1(gemmOp(from, w, c, attributes), [from, w, c])
  }
  const hidden = layer(x, 6, 5)
  const active = g.apply1(eluOp(hidden, { alpha: 1 }), [hidden])
  return g.finish([{ name: 'action', tensor: layer(active, 5, 3) }])
}

/** Conv, Relu, MaxPool. */
function vision(): Graph {
  const g = buildGraph('vision')
  const x = g.input('image', { dtype: 'f32', shape: [batch, 1, 6, 6] })
  const w = g.constant('w', { dtype: 'f32', shape: [2, 1, 3, 3], data: numbers(18, -7) })
  const window = { strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1], autoPad: 'NOTSET' } as const
  const conv = g.apply1(convOp(x, w, undefined, { ...window, group: 1 }), [x, w])
  const relu = g.apply1(reluOp(conv), [conv])
  const pooling = { ...window, kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], ceilMode: false } as const
  const pool = g.apply1(maxPoolOp(relu, { ...pooling, indices: false, columnMajor: false }), [relu])
  return g.finish([{ name: 'features', tensor: pool }])
}

describe('one plan for all batches', () => {
  test.each([
    ['policy', policy, [6], [3]],
    ['vision', vision, [1, 6, 6], [2, 3, 3]],
  ] as const)('%s', async (_, build, from, to) => {
    const graph = build()
    const program = programOf(graph)
    const { session } = await open(graph)
    const [input] = program.inputs
    const [output] = program.outputs
    // Down again at the end: buffers that were made for more rows serve fewer.
    for (const rows of [0, 1, 3, 17, 3]) {
      const data = numbers(
        from.reduce((product, extent) => product * extent, rows),
        -20,
      )
      const given = new Map([
        [input!.buffer, data],
        ...[...program.constants].map(([buffer, constant]) => [buffer, constant.data as Float32Array] as const),
      ])
      const expected = evaluate(program, given, { batch: rows }).get(output!.buffer)!
      const { outputs, stats } = await session.run({ [input!.tensor.name]: tensor([rows, ...from], data) })
      expect(outputs).toEqual({ [output!.name]: tensor([rows, ...to], expected) })
      expect(stats.dispatches).toBe(rows === 0 ? 0 : 2)
    }
  })

  test('facts of a size hold at run', async () => {
    const { session } = await open(policy())
    expect(await refusal(session.run({ observation: tensor([65, 6], numbers(390)) }))).toMatchInlineSnapshot(`
      "error[run/shape]: input "observation" has shape [65, 6], expected [batch, 6]: "batch" must be in 0..64
        help  pass data of the shape that the model declares"
    `)
  })
})

describe('memory', () => {
  /** A chain of products, each of which reads the one before it and the one before that. */
  function chain(): Graph {
    const g = buildGraph('chain')
    const x = g.input('x', { dtype: 'f32', shape: [batch, 16] })
    const w = g.constant('w', { dtype: 'f32', shape: [16, 16], data: numbers(256, -128) })
    const attributes = { alpha: 0.5, beta: 1, transA: false, transB: false }
    let [before, last] = [x, x]
    for (let i = 0; i < 10; i++) {
      const next = g.apply1(gemmOp(last, w, before, attributes), [last, w, before])
      before = last
      last = next
    }
    return g.finish([{ name: 'y', tensor: last }])
  }

  test('intermediates share it: little more than what is alive at once, for every size', async () => {
    const { session, device } = await open(chain())
    const run = async (rows: number) => (await session.run({ x: tensor([rows, 16], numbers(rows * 16)) })).stats
    // Two of nine tensors of 64 bytes a row are alive at once: each product takes the memory of what it adds.
    const { dispatches, memory } = await run(16)
    expect(dispatches).toBe(10)
    expect(memory).toEqual({ constants: 1024, prepared: 0, intermediates: 2048, bound: 2048, boundary: 2048 })
    expect((await run(64)).memory).toMatchObject({ intermediates: 8192, bound: 8192 })
    // What was made for more rows serves fewer.
    expect((await run(4)).memory).toMatchObject({ intermediates: 8192, bound: 512 })
    expect([...device.buffers].reduce((sum, { bytes }) => sum + bytes, 0)).toBe(1024 + 8192 + 8192)
  })
})

describe('the boundary', () => {
  const dtypes = ['i64', 'i32', 'u32', 'i8', 'u8', 'bool', 'f16'] as const
  /** Gives back what it is given, one input and output a dtype. */
  const echo = (): Graph => {
    const g = buildGraph('echo')
    const outputs = dtypes.map((dtype) => {
      const x = g.input(dtype, { dtype, shape: [3] })
      return { name: `${dtype}_out`, tensor: g.apply1(identityOp(x), [x]) }
    })
    return g.finish(outputs)
  }
  const values = {
    i64: tensor([3], BigInt64Array.of(-(2n ** 31n), 0n, 2n ** 31n - 1n), 'i64'),
    i32: tensor([3], Int32Array.of(-(2 ** 31), 0, 7), 'i32'),
    u32: tensor([3], Uint32Array.of(2 ** 32 - 1, 0, 7), 'u32'),
    i8: tensor([3], Int8Array.of(-128, 0, 127), 'i8'),
    u8: tensor([3], Uint8Array.of(255, 0, 7), 'u8'),
    bool: tensor([3], Uint8Array.of(1, 0, 1), 'bool'),
    f16: tensor([3], Uint16Array.of(0x3c00, 0xfbff, 0x0001), 'f16'),
  }

  test('every dtype comes back, converted on the host where the device holds it differently', async () => {
    const { session } = await open(echo())
    const { outputs, stats } = await session.run(values)
    for (const dtype of dtypes) expect(outputs[`${dtype}_out`]).toEqual(values[dtype])
    // i64 and f16, in and out: the cpu holds the rest as the caller does.
    expect(stats.hostSteps).toBe(4)
  })

  test('an int64 that does not fit 32 bits is refused', async () => {
    const { session } = await open(echo())
    const i64 = tensor([3], BigInt64Array.of(0n, 2n ** 31n, 0n), 'i64')
    expect(await refusal(session.run({ ...values, i64 }))).toMatchInlineSnapshot(`
      "error[run/range]: "i64" holds the int64 value 2147483648 at element 1, which does not fit 32 bits
        help  devices compute int64 in 32 bits: values of inputs and of the model lie within ±2^31"
    `)
  })

  test('results that are an input, a constant, or without dimensions', async () => {
    const g = buildGraph('results')
    const x = g.input('x', { dtype: 'f32', shape: [batch, 2] })
    const half = g.constant('half', { dtype: 'f32', shape: [], data: Float32Array.of(0.5) })
    const scalar = g.input('scalar', { dtype: 'f32', shape: [] })
    const sum = g.apply1(addOp(scalar, half), [scalar, half])
    const { session } = await open(
      g.finish([
        { name: 'x', tensor: x },
        { name: 'half', tensor: half },
        { name: 'sum', tensor: sum },
        { name: 'sum again', tensor: sum },
      ]),
    )
    const { outputs } = await session.run({ x: tensor([2, 2], numbers(4)), scalar: tensor([], Float32Array.of(2)) })
    expect(outputs).toEqual({
      x: tensor([2, 2], numbers(4)),
      half: tensor([], Float32Array.of(0.5)),
      sum: tensor([], Float32Array.of(2.5)),
      'sum again': tensor([], Float32Array.of(2.5)),
    })
  })

  test('results are the caller’s: the next run does not change them', async () => {
    const { session } = await open(policy())
    const first = await session.run({ observation: tensor([1, 6], numbers(6)) })
    const kept = first.outputs.action!.data.slice()
    await session.run({ observation: tensor([1, 6], numbers(6, 100)) })
    expect(first.outputs.action!.data).toEqual(kept)
  })
})

describe('inputs that do not fit', () => {
  const good = tensor([1, 6], numbers(6))
  test('are refused, and the next run is none the worse', async () => {
    const { session } = await open(policy())
    const misfits = {
      'another name': { observations: good },
      none: {},
      'one too many': { observation: good, extra: good },
      'another dtype': { observation: tensor([1, 6], Int32Array.of(1, 2, 3, 4, 5, 6), 'i32') },
      'another array than the dtype says': { observation: tensor([1, 6], Int32Array.of(1, 2, 3, 4, 5, 6)) },
      'fewer elements than the shape has': { observation: tensor([2, 6], numbers(6)) },
      'another rank': { observation: tensor([6], numbers(6)) },
      'another extent': { observation: tensor([1, 7], numbers(7)) },
      'negative extents': { observation: tensor([-1, -6], numbers(6)) },
    }
    const texts: string[] = []
    for (const [what, inputs] of Object.entries(misfits)) texts.push(`${what}\n${await refusal(session.run(inputs))}`)
    expect(texts.join('\n\n')).toMatchInlineSnapshot(`
      "another name
      error[run/input-name]: the model has no input "observations"
        help  the model's inputs are "observation"

      none
      error[run/input-name]: input "observation" is missing
        help  the model's inputs are "observation"

      one too many
      error[run/input-name]: the model has no input "extra"
        help  the model's inputs are "observation"

      another dtype
      error[run/input-dtype]: input "observation" is i32 (Int32Array), expected f32 (Float32Array)
        help  convert the data to the dtype that the model declares

      another array than the dtype says
      error[run/input-dtype]: input "observation" is f32 (Int32Array), expected f32 (Float32Array)
        help  convert the data to the dtype that the model declares

      fewer elements than the shape has
      error[run/input-data]: input "observation" has 6 elements for shape [2, 6], which has 12
        help  pass one element for each position of the shape

      another rank
      error[run/shape]: input "observation" has shape [6], expected [batch, 6]: rank 1
        help  pass data of the shape that the model declares

      another extent
      error[run/shape]: input "observation" has shape [1, 7], expected [batch, 6]: dimension 1 must be 6
        help  pass data of the shape that the model declares

      negative extents
      error[run/shape]: input "observation" has shape [-1, -6], expected [batch, 6]: "batch" must be in 0..64
        help  pass data of the shape that the model declares"
    `)
    expect((await session.run({ observation: good })).outputs.action!.shape).toEqual([1, 3])
  })
})

describe('sizes that no device can hold', () => {
  /** x·xᵀ, element by element: [n, 1] with [1, n]. */
  const square = (): Graph => {
    const n = size('n')
    const g = buildGraph('square')
    const [column, row] = [
      g.input('column', { dtype: 'i8', shape: [n, 1] }),
      g.input('row', { dtype: 'i8', shape: [1, n] }),
    ]
    const product = g.apply1(mulOp(column, row), [column, row], 'product')
    return g.finish([{ name: 'product', tensor: product }])
  }
  const run = async (n: number): Promise<string> => {
    const { session, device } = await open(square())
    const data = new Int8Array(n)
    const text = await refusal(session.run({ column: tensor([n, 1], data, 'i8'), row: tensor([1, n], data, 'i8') }))
    expect(device.buffers.size).toBe(0)
    return text
  }

  test('more elements than 32-bit offsets reach, before anything is allocated', async () => {
    expect(await run(2 ** 20)).toMatchInlineSnapshot(`
      "error[limits/elements]: "product" of shape [1048576, 1048576] has 1099511627776 elements; a tensor has at most 2147483647
        help  use smaller tensors: element offsets are 32-bit integers"
    `)
  })

  test('more bytes than one buffer may have', async () => {
    const g = buildGraph('sum')
    const x = g.input('x', { dtype: 'i8', shape: [size('n')] })
    const y = g.input('y', { dtype: 'f32', shape: [size('n')] })
    const flat = g.apply1(addOp(x, x), [x, x])
    const { session, device } = await open(
      g.finish([
        { name: 'flat', tensor: flat },
        { name: 'y', tensor: y },
      ]),
    )
    // Data of that size is not there to be passed: only the declared shape is as large.
    const limits = { ...device.target.limits, bindingBytes: 15 }
    Object.assign(device, { target: { ...device.target, limits } })
    const inputs = { x: tensor([4], new Int8Array(4), 'i8'), y: tensor([4], numbers(4)) }
    expect(await refusal(session.run(inputs))).toMatchInlineSnapshot(`
      "error[limits/binding-size]: "y" of shape [4] takes 16 bytes; the device allows 15 for one buffer
        help  use smaller tensors, or a device with larger buffers"
    `)
  })

  test('a window that does not fit its input, though the product of the extents is positive', async () => {
    const [h, w] = [size('h', { max: 100 }), size('w', { max: 100 })]
    const g = buildGraph('windows')
    const x = g.input('x', { dtype: 'f32', shape: [1, 1, h, w] })
    const filter = g.constant('filter', { dtype: 'f32', shape: [1, 1, 3, 3], data: numbers(9) })
    const attributes = { strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0], autoPad: 'NOTSET', group: 1 } as const
    const conv = g.apply1(convOp(x, filter, undefined, attributes), [x, filter])
    const flat = g.apply1(reshapeOp(conv, { shape: [1, -1] }), [conv])
    const { session } = await open(g.finish([{ name: 'y', tensor: flat }]))
    const run = (height: number, width: number) =>
      session.run({ x: tensor([1, 1, height, width], numbers(height * width)) })
    expect((await run(3, 4)).outputs.y!.shape).toEqual([1, 2])
    expect((await run(2, 4)).outputs.y!.shape).toEqual([1, 0])
    expect(await refusal(run(1, 1))).toMatchInlineSnapshot(`
      "error[run/shape]: the size ((h - 2) * (w - 2)) cannot be computed: a part of it is -1
        help  the inputs are too small: a window must fit into what it moves over"
    `)
    expect(await refusal(run(1, 4))).toMatchInlineSnapshot(`
      "error[run/shape]: "Reshape" would have shape [1, -2]
        help  the inputs are too small: a window must fit into what it moves over"
    `)
  })
})

describe('a session in use', () => {
  const observation = (from: number): Record<string, HostTensor> => ({ observation: tensor([2, 6], numbers(12, from)) })

  test('runs that are started together give what they give one after the other', async () => {
    const { session } = await open(policy())
    const alone = []
    for (const from of [0, 5, 50]) alone.push((await session.run(observation(from))).outputs)
    const together = await Promise.all([0, 5, 50].map((from) => session.run(observation(from))))
    expect(together.map(({ outputs }) => outputs)).toEqual(alone)
    expect(alone[0]).not.toEqual(alone[1])
  })

  test('the data of an input may be overwritten as soon as run has returned, in the queue or not', async () => {
    const { session } = await open(policy())
    const { outputs: expected } = await session.run(observation(0))
    const data = numbers(12)
    const running = [1, 2, 3].map(() => {
      data.set(numbers(12))
      const result = session.run({ observation: tensor([2, 6], data) })
      data.fill(Number.NaN)
      return result
    })
    for (const { outputs } of await Promise.all(running)) expect(outputs).toEqual(expected)
  })

  test('a run that fails leaves the next ones alone', async () => {
    const { session, device } = await open(policy())
    const { outputs: expected } = await session.run(observation(0))
    device.fail = 'read'
    const failing = session.run(observation(5))
    const next = session.run(observation(0))
    expect(await refusal(failing)).toBe('error[test/failure]: read fails')
    expect((await next).outputs).toEqual(expected)
    device.fail = 'createBuffer'
    expect(await refusal(session.run({ observation: tensor([40, 6], numbers(240)) }))).toBe(
      'error[test/failure]: createBuffer fails',
    )
    expect((await session.run(observation(0))).outputs).toEqual(expected)
  })

  test('dispose frees everything, once the run in progress has ended; what is queued or comes later rejects', async () => {
    const { session, device } = await open(policy())
    const { outputs: expected } = await session.run(observation(0))
    const [running, queued] = [session.run(observation(0)), session.run(observation(0))]
    session.dispose()
    session.dispose()
    expect((await running).outputs).toEqual(expected)
    expect(await refusal(queued)).toMatchInlineSnapshot(`
      "error[run/disposed]: the session has been disposed
        help  create a new session"
    `)
    expect(await refusal(session.run(observation(0)))).toBe(await refusal(queued))
    await new Promise((resolve) => setTimeout(resolve))
    expect(device.buffers.size).toBe(0)
  })

  test('dispose of a session that is idle frees at once', async () => {
    const { session, device } = await open(policy())
    await session.run(observation(0))
    expect(device.buffers.size).toBeGreaterThan(0)
    session.dispose()
    expect(device.buffers.size).toBe(0)
  })
})

describe('a session that cannot be made', () => {
  test.each(['createPipeline', 'createBuffer'] as const)('%s fails: nothing is left on the device', async (fail) => {
    const device = await openWatched()
    const compiled = compile(policy(), { backend: cpu(), device })
    device.fail = fail
    expect(await refusal(createSession({ ...compiled, device }))).toBe(`error[test/failure]: ${fail} fails`)
    expect(device.buffers.size).toBe(0)
  })

  test('with constants of another plan', async () => {
    const device = await openWatched()
    const { plan } = compile(policy(), { backend: cpu(), device })
    const constants = new Uint8Array(16)
    expect(await refusal(createSession({ plan, constants, device }))).toMatchInlineSnapshot(`
      "error[plan/constants]: the constants have 16 bytes; plan "policy" needs 236
        help  pass the constants that were made with this plan"
    `)
    expect(device.buffers.size).toBe(0)
  })

  test('with a number that the plan lacks; a plan without a branch for the sizes is an error of the run', async () => {
    const device = await openWatched()
    const { plan, constants } = compile(policy(), { backend: cpu(), device })
    const run = async (changes: object): Promise<string> => {
      const session = await createSession({ plan: { ...plan, ...changes }, constants, device })
      return refusal(session.run({ observation: tensor([1, 6], numbers(6)) }))
    }
    const when = [{ kind: 'at-most', size: batch, limit: 0 }]
    expect(await run({ steps: [{ kind: 'choose', branches: [{ when, steps: [] }] }] })).toMatchInlineSnapshot(
      `"error[plan/choose]: no branch of the plan is for these sizes"`,
    )
    const [launch] = launchesIn(plan.steps)
    expect(await refusal(run({ steps: [{ ...launch, kernel: 9 }] }))).toMatchInlineSnapshot(
      `"error[plan/reference]: the plan names kernel 9, which it lacks"`,
    )
    expect(await refusal(run({ steps: [{ ...launch, buffers: [99] }] }))).toMatchInlineSnapshot(
      `"error[plan/reference]: the plan names buffer 99, which it lacks"`,
    )
    expect(await refusal(run({ steps: [{ ...launch, scalars: [] }] }))).toMatchInlineSnapshot(
      `"error[plan/reference]: launch "Elu" passes other buffers or scalars than its kernel takes"`,
    )
  })
})

test('a plan of another backend is refused, and both are named', async () => {
  const device = await cpu().open()
  const g = buildGraph('doubled')
  const x = g.input('x', { dtype: 'f32', shape: [2] })
  const y = g.apply1(reluOp(x), [x])
  const { plan, constants } = compile(g.finish([{ name: 'y', tensor: y }]), { backend: wgsl() })
  await expect(createSession({ plan, constants, device })).rejects.toMatchObject({
    code: 'run/backend',
    message: 'the plan has kernels for wgsl, and the device is of cpu',
  })
})
