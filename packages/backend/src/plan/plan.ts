/**
 * The plan: a compiled model as versioned data. JSON, except for the bytes of constants, which travel beside it.
 * One plan serves all sizes: shapes and launches are expressions over size parameters, and `choose` picks among
 * variants. This folder imports nothing but `@tilewright/ir/arguments`: it ships to browsers with the runtime.
 */

export const planVersion = 4

/** Structurally the size expression of the IR. */
export type PlanSize =
  | number
  | {
      readonly kind: 'size'
      readonly name: string
      readonly min: number
      readonly max: number
      readonly multipleOf: number
    }
  | {
      readonly kind: 'size-op'
      readonly op: 'add' | 'sub' | 'mul' | 'div' | 'ceil-div' | 'mod' | 'min' | 'max'
      readonly left: PlanSize
      readonly right: PlanSize
    }

/** Element types at the boundary: what the caller passes and gets. */
export type TensorDType = 'f32' | 'f16' | 'bf16' | 'i64' | 'i32' | 'u32' | 'i8' | 'u8' | 'bool'

/** Element types on the device. */
export type DeviceDType = Exclude<TensorDType, 'i64'>

/** A tensor of the model's signature. */
export interface PlanTensor {
  readonly name: string
  readonly dtype: TensorDType
  readonly shape: readonly PlanSize[]
  /** Index into `buffers`. */
  readonly buffer: number
}

export interface PlanBuffer {
  /** For messages: what the model calls it, as far as that is known. */
  readonly name: string
  /** `prepared`: what is made of constants before the first run. */
  readonly role: 'input' | 'output' | 'constant' | 'prepared' | 'intermediate'
  readonly dtype: DeviceDType
  /** Bytes that one element takes on the device. */
  readonly elementBytes: number
  readonly shape: readonly PlanSize[]
}

/** How a kernel uses one of its buffers. `lanes` elements are moved by one access (the binding's element type). */
export interface BufferParam {
  readonly access: 'read' | 'read-write'
  readonly dtype: DeviceDType
  readonly lanes: 1 | 2 | 4
  /**
   * What its author calls it, and its elements, where no size decides them: a launch with less is refused. Absent from plans:
   * their launches fit, and kernels that differ in nothing else are one.
   */
  readonly content?: { readonly name: string; readonly elements: number }
}

/**
 * A buffer of a kernel as a tensor of which hardware copies boxes: a parameter after the scalars. It has 2 to 5 dimensions,
 * the slowest first; neighbours along the last lie next to each other.
 */
export interface PlanTileMap {
  /** Which of the kernel's buffers. */
  readonly buffer: number
  /** Which of the kernel's scalars are the extents. */
  readonly extents: readonly number[]
  /** Which of them are the strides, in elements, of all dimensions but the last. */
  readonly strides: readonly number[]
  /**
   * Elements of a box: 1 to 256 a dimension. Those of the last take 128 bytes, whose chunks of 16 lie in workgroup memory in
   * another order in each of 8 neighbouring lines.
   */
  readonly box: readonly number[]
}

/** What a device makes a pipeline of. Equal kernels have equal `source`. */
export interface PlanKernel {
  readonly source: string
  readonly entry: string
  /** Threads of a workgroup. */
  readonly threads: number
  readonly workgroupBytes: number
  readonly buffers: readonly BufferParam[]
  /** Number of 4-byte scalars, passed as one block after the buffers. */
  readonly scalars: number
  /** For devices whose target has the hardware; absent from the kernels that copy no boxes. */
  readonly tileMaps?: readonly PlanTileMap[]
}

/**
 * A 4-byte scalar of a launch: a size as i32, the bits of a constant that the language cannot write, or a part of the
 * reciprocal (scalars.ts) of a size that the kernel divides by.
 */
export type Scalar =
  | { readonly kind: 'size'; readonly size: PlanSize }
  | { readonly kind: 'bits'; readonly bits: number }
  | { readonly kind: 'multiplier' | 'shift'; readonly divisor: PlanSize }

export type Predicate =
  | { readonly kind: 'multiple-of'; readonly size: PlanSize; readonly of: number }
  | { readonly kind: 'at-most'; readonly size: PlanSize; readonly limit: number }

export interface LaunchStep {
  readonly kind: 'launch'
  /** For profiles: what is computed. */
  readonly name: string
  /** Index into `kernels`. */
  readonly kernel: number
  /** Indices into `buffers`, in the order of the kernel's buffers. */
  readonly buffers: readonly number[]
  readonly scalars: readonly Scalar[]
  readonly workgroups: readonly [PlanSize, PlanSize, PlanSize]
}

/** A tensor of the boundary whose bytes differ from the device's: converted on the host. Floating point is only widened or narrowed (f16, bf16). */
export interface HostStep {
  readonly kind: 'host'
  readonly op: 'convert-input' | 'convert-output'
  /** Index into `inputs` or `outputs`. */
  readonly tensor: number
}

/** The first branch whose predicates all hold; the last branch has none. */
export interface ChooseStep {
  readonly kind: 'choose'
  readonly branches: readonly { readonly when: readonly Predicate[]; readonly steps: readonly Step[] }[]
}

export type Step = LaunchStep | HostStep | ChooseStep

/** Two sizes that a run must have equal, and the node of the model that needs it. */
export interface EqualSizes {
  readonly left: PlanSize
  readonly right: PlanSize
  readonly node: string
}

export interface Plan {
  readonly version: typeof planVersion
  readonly name: string
  /** Name of the backend whose devices read its kernels. */
  readonly backend: string
  /** Name of the target it was compiled for. */
  readonly target: string
  readonly inputs: readonly PlanTensor[]
  readonly outputs: readonly PlanTensor[]
  /** Checked when sizes are bound, before anything runs. */
  readonly equalSizes: readonly EqualSizes[]
  readonly buffers: readonly PlanBuffer[]
  /** The constant buffers, in the order in which their bytes stand beside the plan; each begins at `offset`. */
  readonly constants: readonly { readonly buffer: number; readonly offset: number; readonly bytes: number }[]
  readonly kernels: readonly PlanKernel[]
  /** What depends on constants alone: done once, before the first run. No step of it depends on sizes. */
  readonly prepare: readonly Step[]
  /** What each run does. */
  readonly steps: readonly Step[]
}

/** All launches that steps may come to, of every branch. */
export function launchesIn(steps: readonly Step[]): readonly LaunchStep[] {
  return steps.flatMap((step) => {
    if (step.kind === 'choose') return step.branches.flatMap((branch) => launchesIn(branch.steps))
    return step.kind === 'launch' ? [step] : []
  })
}
