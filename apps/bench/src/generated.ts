// The kernels of the matmul templates, through the whole pipeline: what the hand-written ones are compared with.
import { wgsl } from '@tilewright/backend-wgsl'
import { buffer, type Candidate, invariant, load, matmul, type ScheduleTemplate, type Target } from '@tilewright/ir'
import { runPipeline } from '@tilewright/passes'
import { registerTiledMatmul, workgroupTiledMatmul } from '@tilewright/schedules'
import type { MatmulKernel, MatmulSize } from './baselines.js'

/** The tiles of the hand-written kernels: 64 × 64 results a workgroup of 64 threads, 8 × 8 a thread. */
const register = { threadsM: 8, threadsN: 8, ownM: 8, ownN: 8, step: 4 }
const workgroup = { threadsM: 8, threadsN: 8, ownM: 8, ownN: 8, tileK: 8, splits: 1 }

export type GeneratedForm = 'register' | 'workgroup'

/** The generated kernel of a form for one size; its buffers are A, B and C. */
export function generatedKernel(form: GeneratedForm, size: MatmulSize, target: Target): MatmulKernel {
  return form === 'register'
    ? generate(registerTiledMatmul, register, size, target)
    : generate(workgroupTiledMatmul, workgroup, size, target)
}

function generate<C extends Candidate>(
  template: ScheduleTemplate<C>,
  candidate: C,
  { m, n, k }: MatmulSize,
  target: Target,
): MatmulKernel {
  const a = buffer('a', 'f32', [m, k], 'storage')
  const b = buffer('b', 'f32', [k, n], 'storage')
  const c = buffer('c', 'f32', [m, n], 'storage')
  const anchor = matmul(
    c,
    k,
    (_, i, kk) => load(a, [i, kk]),
    (_, kk, j) => load(b, [kk, j]),
  )
  const [kernel] = template.build(candidate, { anchor, computed: new Set() }, target).kernels
  invariant(kernel !== undefined, 'a matmul template builds one kernel')
  const backend = wgsl()
  const { pipeline, workgroups, scalars } = backend.emit(runPipeline(kernel, backend.pipeline(target)))
  const [x, y, z] = workgroups
  invariant(typeof x === 'number' && typeof y === 'number' && typeof z === 'number', 'static sizes')
  invariant(scalars.length === 0, 'a matmul of static sizes takes no scalars')
  return { name: `generated ${template.name}`, kernel: pipeline, workgroups: [x, y, z] }
}
