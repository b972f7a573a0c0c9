/** Plans from outside: whatever JSON holds, it is a plan, or an error says where it is none. */
import {
  type DeviceDType,
  type Plan,
  type PlanBuffer,
  type PlanKernel,
  type PlanSize,
  planVersion,
  type Step,
} from './plan.js'
import { PlanError } from './plan-error.js'

/** Throws `PlanError` `plan/malformed` where a value is not what stands there. */
type Check = (value: unknown, where: string) => void

/** Sizes and steps nest: deeper than any compiler writes. */
const mostDepth = 200
/** Elements, bytes and offsets: what a number of JSON holds exactly. */
const most = Number.MAX_SAFE_INTEGER

/**
 * Throws `PlanError` `plan/version` for a plan of another version, `plan/malformed`, with the place, for what is no plan, and
 * `plan/reference` for numbers of buffers, kernels and tensors that it lacks. What is checked is the form: the kernels of a
 * plan are programs, which run as they are.
 */
export function checkPlan(plan: unknown): asserts plan is Plan {
  if (!isRecord(plan)) throw malformed('the plan', 'an object')
  if (plan.version !== planVersion) {
    throw new PlanError(
      'plan/version',
      `plan ${quoted(plan.name)} has version ${String(plan.version)}; this runtime reads version ${planVersion}`,
      'compile the model again, or install the runtime of the compiler that made the plan',
    )
  }
  planFields(plan, 'the plan')
  // The fields have been checked, which is what the type says.
  checkReferences(plan as unknown as Plan)
}

const quoted = (name: unknown): string => (typeof name === 'string' ? `"${name}"` : 'without a name')

function malformed(where: string, wanted: string): PlanError {
  return new PlanError('plan/malformed', `${where} is not ${wanted}`, 'pass a plan as the compiler made it', where)
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const object =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value, where) => {
    if (!isRecord(value)) throw malformed(where, 'an object')
    for (const [name, check] of Object.entries(fields)) {
      check(Object.hasOwn(value, name) ? value[name] : undefined, `${where}.${name}`)
    }
  }

const list =
  (check: Check, length?: number): Check =>
  (value, where) => {
    if (!Array.isArray(value)) throw malformed(where, 'a list')
    if (length !== undefined && value.length !== length) throw malformed(where, `a list of ${length}`)
    // Not forEach, which passes over the holes of a list.
    for (let i = 0; i < value.length; i++) check(value[i], `${where}[${i}]`)
  }

const optional =
  (check: Check): Check =>
  (value, where) => {
    if (value !== undefined) check(value, where)
  }

const text: Check = (value, where) => {
  if (typeof value !== 'string') throw malformed(where, 'text')
}

const integer =
  (min: number, max: number): Check =>
  (value, where) => {
    const fits = typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
    if (!fits) throw malformed(where, `an integer in ${min}..${max}`)
  }

const oneOf =
  (...values: readonly unknown[]): Check =>
  (value, where) => {
    if (!values.includes(value)) throw malformed(where, `one of ${values.join(', ')}`)
  }

/** An object of one of several kinds. */
const kinds =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value, where) => {
    const kind = isRecord(value) ? value.kind : undefined
    const check = typeof kind === 'string' && Object.hasOwn(checks, kind) ? checks[kind] : undefined
    if (check === undefined) throw malformed(where, `an object of kind ${Object.keys(checks).join(' or ')}`)
    check(value, where)
  }

const count = integer(0, most)

const size =
  (depth: number): Check =>
  (value, where) => {
    if (typeof value === 'number') return integer(-most, most)(value, where)
    if (depth > mostDepth) throw malformed(where, `a size less than ${mostDepth} deep`)
    const operand = size(depth + 1)
    kinds({
      size: object({ name: text, min: count, max: count, multipleOf: integer(1, most) }),
      'size-op': object({
        op: oneOf('add', 'sub', 'mul', 'div', 'ceil-div', 'mod', 'min', 'max'),
        left: operand,
        right: operand,
      }),
    })(value, where)
  }

const shape = list(size(0))
const deviceDType = oneOf('f32', 'f16', 'bf16', 'i32', 'u32', 'i8', 'u8', 'bool')
const tensor = object({
  name: text,
  dtype: oneOf('f32', 'f16', 'bf16', 'i64', 'i32', 'u32', 'i8', 'u8', 'bool'),
  shape,
  buffer: count,
})

const predicate = kinds({
  'multiple-of': object({ size: size(0), of: integer(1, most) }),
  'at-most': object({ size: size(0), limit: count }),
})

const reciprocal = object({ divisor: size(0) })
const scalar = kinds({
  size: object({ size: size(0) }),
  bits: object({ bits: integer(-(2 ** 31), 2 ** 32 - 1) }),
  multiplier: reciprocal,
  shift: reciprocal,
})

const launch = object({
  name: text,
  kernel: count,
  buffers: list(count),
  scalars: list(scalar),
  workgroups: list(size(0), 3),
})

const step =
  (depth: number): Check =>
  (value, where) => {
    if (depth > mostDepth) throw malformed(where, `a step less than ${mostDepth} deep`)
    const branch: Check = (inner, at) => object({ when: list(predicate), steps: list(step(depth + 1)) })(inner, at)
    kinds({
      launch,
      host: object({ op: oneOf('convert-input', 'convert-output'), tensor: count }),
      choose: object({ branches: list(branch) }),
    })(value, where)
  }

const planFields = object({
  name: text,
  backend: text,
  target: text,
  inputs: list(tensor),
  outputs: list(tensor),
  equalSizes: list(object({ left: size(0), right: size(0), node: text })),
  buffers: list(
    object({
      name: text,
      role: oneOf('input', 'output', 'constant', 'prepared', 'intermediate'),
      dtype: deviceDType,
      elementBytes: oneOf(1, 2, 4),
      shape,
    }),
  ),
  constants: list(object({ buffer: count, offset: count, bytes: count })),
  kernels: list(
    object({
      source: text,
      entry: text,
      threads: integer(1, most),
      workgroupBytes: count,
      buffers: list(object({ access: oneOf('read', 'read-write'), dtype: deviceDType, lanes: oneOf(1, 2, 4) })),
      scalars: count,
      tileMaps: optional(
        list(object({ buffer: count, extents: list(count), strides: list(count), box: list(integer(1, 256)) })),
      ),
    }),
  ),
  prepare: list(step(0)),
  steps: list(step(0)),
})

/** Bytes of elements that are narrower than a word; of the others a word. */
const narrowBytes: Readonly<Record<DeviceDType, number>> = {
  f32: 4,
  f16: 2,
  bf16: 2,
  i32: 4,
  u32: 4,
  i8: 1,
  u8: 1,
  bool: 1,
}

function sameSizes(left: readonly PlanSize[], right: readonly PlanSize[]): boolean {
  return left.length === right.length && left.every((size, d) => sameSize(size, right[d]))
}

function sameSize(left: PlanSize, right: PlanSize | undefined): boolean {
  if (typeof left === 'number' || typeof right !== 'object') return left === right
  if (left.kind === 'size' || right.kind === 'size')
    return left.kind === 'size' && right.kind === 'size' && left.name === right.name
  return left.op === right.op && sameSize(left.left, right.left) && sameSize(left.right, right.right)
}

const lineBytes = 128

/** Throws `PlanError` for maps of buffers or scalars that their kernel lacks, and for boxes that no hardware copies. */
function checkTileMaps({ entry, buffers, scalars, tileMaps = [] }: PlanKernel, number: number): void {
  for (const { buffer, extents, strides, box } of tileMaps) {
    const { length: rank } = extents
    const mapped = buffers[buffer]
    if (mapped === undefined || [...extents, ...strides].some((scalar) => scalar >= scalars)) {
      throw new PlanError('plan/reference', `kernel ${number}, ${entry}, maps a buffer by what is not passed to it`)
    }
    if (rank < 2 || rank > 5 || strides.length !== rank - 1 || box.length !== rank) {
      throw new PlanError(
        'plan/malformed',
        `kernel ${number}, ${entry}, maps a buffer as no tensor of 2 to 5 dimensions`,
      )
    }
    const lineElements = box.at(-1)
    if (lineElements === lineBytes / 4 || lineElements === lineBytes / narrowBytes[mapped.dtype]) continue
    throw new PlanError(
      'plan/malformed',
      `kernel ${number}, ${entry}, copies boxes of lines other than of ${lineBytes} bytes`,
    )
  }
}

function checkReferences({ inputs, outputs, buffers, constants, kernels, prepare, steps }: Plan): void {
  const within = (number: number, table: readonly unknown[], what: string): void => {
    if (number < table.length) return
    throw new PlanError('plan/reference', `the plan names ${what} ${number}, which it lacks`)
  }
  for (const { buffer } of [...inputs, ...outputs, ...constants]) within(buffer, buffers, 'buffer')
  for (const { name, dtype, shape: extents, buffer } of [...inputs, ...outputs]) {
    const held = buffers[buffer]
    const isHeld = held?.dtype === (dtype === 'i64' ? 'i32' : dtype) && sameSizes(held.shape, extents)
    if (!isHeld) throw new PlanError('plan/reference', `buffer ${buffer} does not hold the tensor "${name}"`)
  }
  const roleIs = (number: number, role: PlanBuffer['role']): void => {
    if (buffers[number]?.role === role) return
    throw new PlanError('plan/reference', `buffer ${number} is used as ${role}, and is ${buffers[number]?.role}`)
  }
  for (const { buffer } of inputs) roleIs(buffer, 'input')
  for (const { buffer } of outputs) roleIs(buffer, 'output')
  for (const { buffer } of constants) roleIs(buffer, 'constant')
  if (new Set(constants.map(({ buffer }) => buffer)).size < constants.length) {
    throw new PlanError('plan/reference', 'two constants of the plan have one buffer')
  }
  for (const { dtype, elementBytes } of buffers) {
    if (elementBytes === 4 || elementBytes === narrowBytes[dtype]) continue
    throw new PlanError('plan/malformed', `no device holds ${dtype} in ${elementBytes} bytes`)
  }
  for (const [number, kernel] of kernels.entries()) checkTileMaps(kernel, number)
  const walk = (inner: readonly Step[]): void => {
    for (const one of inner) {
      if (one.kind === 'choose') {
        for (const branch of one.branches) walk(branch.steps)
      } else if (one.kind === 'host') {
        within(one.tensor, one.op === 'convert-input' ? inputs : outputs, 'tensor')
      } else {
        for (const buffer of one.buffers) within(buffer, buffers, 'buffer')
        within(one.kernel, kernels, 'kernel')
        const kernel = kernels[one.kernel]
        if (kernel?.buffers.length === one.buffers.length && kernel.scalars === one.scalars.length) continue
        throw new PlanError(
          'plan/reference',
          `launch "${one.name}" passes other buffers or scalars than its kernel takes`,
        )
      }
    }
  }
  walk(prepare)
  walk(steps)
}
