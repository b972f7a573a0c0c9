// The hand-written kernels that generated ones are compared with: the texts in ../baselines, made kernels of one size.
import { readFile } from 'node:fs/promises'
import type { PlanKernel } from '@tilewright/backend'
import { CompileError } from '@tilewright/ir'

/** C = A·B in f32, all row-major: A is m×k, B k×n, C m×n. */
export interface MatmulSize {
  readonly m: number
  readonly n: number
  readonly k: number
}

/** Both forms of the matmul, each with vec4 loads and, for any size, with scalar predicated loads. */
export const baselineForms = ['register', 'register-scalar', 'workgroup', 'workgroup-scalar'] as const
export type BaselineForm = (typeof baselineForms)[number]

/** A kernel of one size and how it is launched. Its buffers are A, B and C; it takes no scalars. */
export interface MatmulKernel {
  readonly name: string
  readonly kernel: PlanKernel
  readonly workgroups: readonly [number, number, number]
}

interface FormFacts {
  readonly lanes: 1 | 4
  readonly workgroupBytes: number
  /** What m and n, and k, must be multiples of. */
  readonly tile: number
  readonly tileK: number
}

const forms: Readonly<Record<BaselineForm, FormFacts>> = {
  register: { lanes: 4, workgroupBytes: 0, tile: 64, tileK: 4 },
  'register-scalar': { lanes: 1, workgroupBytes: 0, tile: 1, tileK: 1 },
  workgroup: { lanes: 4, workgroupBytes: 8192, tile: 64, tileK: 8 },
  'workgroup-scalar': { lanes: 1, workgroupBytes: 8192, tile: 1, tileK: 1 },
}

/**
 * The hand-written kernel of a form for one size.
 * Rejects with `CompileError` `bench/size` when the form does not take that size, or any extent is 0.
 */
export async function baselineKernel(form: BaselineForm, { m, n, k }: MatmulSize): Promise<MatmulKernel> {
  const { lanes, workgroupBytes, tile, tileK } = forms[form]
  if (m * n * k === 0 || m % tile !== 0 || n % tile !== 0 || k % tileK !== 0) {
    throw new CompileError({
      code: 'bench/size',
      message: `the baseline '${form}' does not take ${m}×${n}×${k}`,
      help: `m and n must be multiples of ${tile}, k of ${tileK}, none of them 0`,
    })
  }
  const text = await readFile(new URL(`../baselines/${form}.wgsl`, import.meta.url), 'utf8')
  return {
    name: `hand-written ${form}`,
    kernel: {
      source: `const M = ${m}u;\nconst N = ${n}u;\nconst K = ${k}u;\n${text}`,
      entry: 'main',
      threads: 64,
      workgroupBytes,
      buffers: [
        { access: 'read', dtype: 'f32', lanes },
        { access: 'read', dtype: 'f32', lanes },
        { access: 'read-write', dtype: 'f32', lanes },
      ],
      scalars: 0,
    },
    workgroups: [Math.ceil(n / 64), Math.ceil(m / 64), 1],
  }
}
