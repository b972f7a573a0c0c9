import { describe, expect, test } from 'vitest'
import { checkPlan } from './check-plan.js'
import { planVersion } from './plan.js'

const n = { kind: 'size', name: 'n', min: 0, max: 8, multipleOf: 1 }
const more = { kind: 'size-op', op: 'add', left: n, right: 1 }
const launch = { kind: 'launch', name: 'y', kernel: 0, buffers: [0, 1], scalars: [], workgroups: [n, 1, 1] }
const buffer = { name: 'x', role: 'input', dtype: 'f32', elementBytes: 4, shape: [n] }
const param = { access: 'read', dtype: 'f32', lanes: 1 }
const plan = {
  version: planVersion,
  name: 'test',
  backend: 'cpu',
  target: 'cpu',
  inputs: [{ name: 'x', dtype: 'f32', shape: [n], buffer: 0 }],
  outputs: [{ name: 'y', dtype: 'i64', shape: [more], buffer: 1 }],
  equalSizes: [],
  buffers: [buffer, { ...buffer, role: 'output', dtype: 'i32', shape: [more] }],
  constants: [],
  kernels: [{ source: '', entry: 'main', threads: 1, workgroupBytes: 0, buffers: [param, param], scalars: 0 }],
  prepare: [],
  steps: [
    { kind: 'host', op: 'convert-output', tensor: 0 },
    { kind: 'choose', branches: [{ when: [], steps: [launch] }] },
  ],
}

/** What is said of a plan with some fields changed. */
function said(changes: object): string {
  try {
    checkPlan({ ...plan, ...changes })
  } catch (error) {
    return error instanceof Error && 'code' in error ? `${error.code}: ${error.message}` : String(error)
  }
  return 'a plan'
}

test('a plan is one, also with fields that nobody knows', () => {
  expect(said({})).toBe('a plan')
  expect(said({ comment: 'by hand' })).toBe('a plan')
})

test.each([[null], [7], ['plan'], [[]]])('%j is none', (given) => {
  expect(() => checkPlan(given)).toThrow(expect.objectContaining({ code: 'plan/malformed' }))
})

describe('what is no plan, and where', () => {
  let deep: object = n
  for (let i = 0; i < 10_000; i++) deep = { kind: 'size-op', op: 'add', left: deep, right: 1 }
  test.each([
    [{ version: 1 }, 'plan/version: plan "test" has version 1; this runtime reads version 4'],
    [{ name: undefined }, 'plan/malformed: the plan.name is not text'],
    [{ buffers: {} }, 'plan/malformed: the plan.buffers is not a list'],
    [
      { buffers: [{ ...buffer, elementBytes: 3 }] },
      'plan/malformed: the plan.buffers[0].elementBytes is not one of 1, 2, 4',
    ],
    [
      { buffers: [{ ...buffer, shape: [0.5] }] },
      `plan/malformed: the plan.buffers[0].shape[0] is not an integer in -${Number.MAX_SAFE_INTEGER}..${Number.MAX_SAFE_INTEGER}`,
    ],
    [
      { steps: [{ kind: 'toString' }] },
      'plan/malformed: the plan.steps[0] is not an object of kind launch or host or choose',
    ],
    [{ steps: [{ ...launch, workgroups: [1] }] }, 'plan/malformed: the plan.steps[0].workgroups is not a list of 3'],
    [
      { steps: [{ ...launch, scalars: [{ kind: 'shift', size: n }] }] },
      'plan/malformed: the plan.steps[0].scalars[0].divisor is not an object of kind size or size-op',
    ],
    [{ outputs: [{ ...plan.outputs[0], shape: [n] }] }, 'plan/reference: buffer 1 does not hold the tensor "y"'],
    [{ buffers: [{ ...buffer, elementBytes: 2 }, plan.buffers[1]] }, 'plan/malformed: no device holds f32 in 2 bytes'],
    [{ inputs: [{ ...plan.inputs[0], buffer: 2 }] }, 'plan/reference: the plan names buffer 2, which it lacks'],
    [{ constants: [{ buffer: 0, offset: 0, bytes: 4 }] }, 'plan/reference: buffer 0 is used as constant, and is input'],
    [{ steps: [{ ...launch, kernel: 1 }] }, 'plan/reference: the plan names kernel 1, which it lacks'],
    [
      { steps: [{ ...launch, buffers: [0] }] },
      'plan/reference: launch "y" passes other buffers or scalars than its kernel takes',
    ],
    [
      { steps: [{ kind: 'host', op: 'convert-input', tensor: 1 }] },
      'plan/reference: the plan names tensor 1, which it lacks',
    ],
  ])('%j', (changes, message) => {
    expect(said(changes)).toBe(message)
  })

  test('a size deeper than any compiler writes', () => {
    expect(said({ buffers: [{ ...buffer, shape: [deep] }] })).toMatch(
      /^plan\/malformed: .* is not a size less than 200 deep$/,
    )
  })
})

describe('maps of tiles', () => {
  const map = { buffer: 1, extents: [0, 1], strides: [2], box: [128, 64] }
  const [kernel] = plan.kernels
  const [input, output] = plan.buffers
  const saidOf = (changes: object, dtype = 'f16'): string =>
    said({
      kernels: [
        { ...kernel, scalars: 3, buffers: [param, { ...param, dtype }], tileMaps: [map, { ...map, ...changes }] },
      ],
      buffers: [input, output],
      steps: [{ ...launch, scalars: [0, 1, 2].map((bits) => ({ kind: 'bits', bits })) }],
    })

  test.each([
    ['f16', 64],
    ['f16', 32],
    ['f32', 32],
    ['i8', 128],
    ['bool', 128],
  ])('boxes of %s, %i a line', (dtype, elements) => {
    const boxes = { buffer: dtype === 'f16' ? 1 : 0, box: [1, elements] }
    const buffers = [
      { ...param, dtype },
      { ...param, dtype: 'f16' },
    ]
    const maps = { kernels: [{ ...kernel, scalars: 3, buffers, tileMaps: [{ ...map, ...boxes }] }], steps: [] }
    expect(said(maps)).toBe('a plan')
  })

  test('of 2 to 5 dimensions, of which scalars may come again', () => {
    expect(saidOf({})).toBe('a plan')
    expect(saidOf({ extents: [0, 0, 0, 0, 2], strides: [1, 1, 1, 1], box: [256, 1, 1, 1, 64] })).toBe('a plan')
  })

  test.each([
    [{ buffer: 2 }, 'plan/reference: kernel 0, main, maps a buffer by what is not passed to it'],
    [{ extents: [3, 0] }, 'plan/reference: kernel 0, main, maps a buffer by what is not passed to it'],
    [{ strides: [3] }, 'plan/reference: kernel 0, main, maps a buffer by what is not passed to it'],
    [
      { extents: [0], strides: [], box: [64] },
      'plan/malformed: kernel 0, main, maps a buffer as no tensor of 2 to 5 dimensions',
    ],
    [
      { extents: [0, 0, 0, 0, 0, 0], strides: [0, 0, 0, 0, 0], box: [1, 1, 1, 1, 1, 64] },
      'plan/malformed: kernel 0, main, maps a buffer as no tensor of 2 to 5 dimensions',
    ],
    [{ strides: [2, 2] }, 'plan/malformed: kernel 0, main, maps a buffer as no tensor of 2 to 5 dimensions'],
    [{ box: [64] }, 'plan/malformed: kernel 0, main, maps a buffer as no tensor of 2 to 5 dimensions'],
    [{ box: [128, 128] }, 'plan/malformed: kernel 0, main, copies boxes of lines other than of 128 bytes'],
    [{ box: [0, 64] }, 'plan/malformed: the plan.kernels[0].tileMaps[1].box[0] is not an integer in 1..256'],
    [{ box: [257, 64] }, 'plan/malformed: the plan.kernels[0].tileMaps[1].box[0] is not an integer in 1..256'],
    [{ box: null }, 'plan/malformed: the plan.kernels[0].tileMaps[1].box is not a list'],
    [{ extents: {} }, 'plan/malformed: the plan.kernels[0].tileMaps[1].extents is not a list'],
    [
      { strides: [-1] },
      `plan/malformed: the plan.kernels[0].tileMaps[1].strides[0] is not an integer in 0..${Number.MAX_SAFE_INTEGER}`,
    ],
  ])('%j', (changes, message) => {
    expect(saidOf(changes)).toBe(message)
  })

  test.each([[null], [{}], ['maps']])('%j are none', (tileMaps) => {
    const message = 'plan/malformed: the plan.kernels[0].tileMaps is not a list'
    expect(said({ kernels: [{ ...kernel, tileMaps }] })).toBe(message)
  })
})
