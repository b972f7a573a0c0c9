/** What a caller passes is checked whole before anything reaches the device. */
import type { DeviceBuffer } from '@tilewright/backend'
import {
  arrayFor,
  countElements,
  isArrayFor,
  PlanError,
  type PlanTensor,
  recordFault,
  type TensorArray,
  type TensorDType,
} from '@tilewright/backend/plan'

/** A tensor on the host: row-major, f16 as bits, bool as 0 or 1. */
export interface HostTensor {
  readonly dtype: TensorDType
  readonly shape: readonly number[]
  readonly data: TensorArray
}

/**
 * A tensor on the device of the session, row-major and in the elements that the plan's buffer has there: what a run gave,
 * or bytes of that form. It must stay as it is until the run that reads it has ended.
 */
export interface DeviceTensor {
  readonly dtype: TensorDType
  readonly shape: readonly number[]
  readonly buffer: DeviceBuffer
}

export type InputTensor = HostTensor | DeviceTensor

/** Whether a tensor is on the device. */
export function isOnDevice(tensor: InputTensor): tensor is DeviceTensor {
  return 'buffer' in tensor
}

/** The inputs in the order of the plan. Throws `PlanError` `run/input-name`, `run/input-dtype` or `run/input-data`. */
export function checkInputs(
  declared: readonly PlanTensor[],
  given: Readonly<Record<string, InputTensor>>,
): readonly InputTensor[] {
  // Callers without types may pass anything.
  const fault = recordFault('inputs', given)
  if (fault !== undefined) throw new PlanError('run/input-data', fault.message, fault.help)
  const names = declared.map((input) => input.name)
  const help = `the model's inputs are ${names.map((name) => `"${name}"`).join(', ') || 'none'}`
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) throw new PlanError('run/input-name', `the model has no input "${name}"`, help)
  }
  return declared.map((input) => {
    const tensor = Object.hasOwn(given, input.name) ? given[input.name] : undefined
    if (tensor === undefined) throw new PlanError('run/input-name', `input "${input.name}" is missing`, help)
    const why = whyNoTensor(tensor)
    if (why !== undefined) {
      throw new PlanError(
        'run/input-data',
        `input "${input.name}" is no tensor: ${why}`,
        'pass { dtype, shape: number[], data: typed array }, or a tensor that a run left on the device',
      )
    }
    if (isOnDevice(tensor)) {
      if (tensor.dtype === input.dtype) return tensor
      throw new PlanError('run/input-dtype', `input "${input.name}" is ${tensor.dtype}, expected ${input.dtype}`)
    }
    if (tensor.dtype !== input.dtype || !isArrayFor(input.dtype, tensor.data)) {
      throw new PlanError(
        'run/input-dtype',
        `input "${input.name}" is ${tensor.dtype} (${tensor.data.constructor.name}), expected ${input.dtype} (${arrayFor(input.dtype, 0).constructor.name})`,
        'convert the data to the dtype that the model declares',
      )
    }
    const elements = countElements(tensor.shape)
    if (tensor.data.length !== elements) {
      throw new PlanError(
        'run/input-data',
        `input "${input.name}" has ${tensor.data.length} elements for shape [${tensor.shape.join(', ')}], which has ${elements}`,
        'pass one element for each position of the shape',
      )
    }
    return tensor
  })
}

function whyNoTensor(tensor: InputTensor): string | undefined {
  if (tensor instanceof Promise) return 'it is a Promise, which is to be awaited'
  if (typeof tensor !== 'object' || tensor === null) return `it is a value of type ${typeof tensor}`
  if (ArrayBuffer.isView(tensor)) return 'it is an array without dtype and shape'
  if (!isShape(tensor.shape)) return `its shape is ${tensor.shape === undefined ? 'missing' : 'no array of numbers'}`
  return hasElements(tensor) ? undefined : 'its data is no typed array'
}

function isShape(shape: unknown): boolean {
  return Array.isArray(shape) && shape.every((extent) => typeof extent === 'number')
}

function hasElements(tensor: InputTensor): boolean {
  if (!isOnDevice(tensor)) return ArrayBuffer.isView(tensor.data)
  return typeof tensor.buffer === 'object' && tensor.buffer !== null
}
