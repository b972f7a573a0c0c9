/** Checks WGSL with Dawn's null backend: the whole compiler front end and all of WebGPU's rules, no driver, no execution. */
import { type NodeGpu, openDawn } from './node-dawn.js'

export interface WgslDiagnostic {
  readonly severity: 'error' | 'warning' | 'info'
  readonly message: string
  /** From 1; 0 where the compiler names no place. */
  readonly line: number
  readonly column: number
}

/**
 * Opens a device of Dawn's null backend (about 70 ms): it compiles with every feature and runs nothing.
 * Rejects with `CompileError` `device/no-webgpu` when the package `webgpu` cannot be loaded.
 */
export function openNullGpu(): Promise<NodeGpu> {
  return openDawn({ dawn: ['backend=null'], help: 'the null backend is part of every build of Dawn' })
}

/**
 * What Dawn has to say of `source`: parsing, types, uniformity; with `entry` also all that is checked when a compute
 * pipeline of that entry point is made, limits of `gpu` included.
 */
export async function validateWgsl(gpu: NodeGpu, source: string, entry?: string): Promise<readonly WgslDiagnostic[]> {
  const { device, wait } = gpu
  // Takes the error, which would go to the device's uncaptured errors; the compilation info below says it with its place.
  device.pushErrorScope('validation')
  const module = device.createShaderModule({ code: source })
  const scope = device.popErrorScope()
  const { messages } = await wait(module.getCompilationInfo())
  await wait(scope)
  const found = messages.map(({ type, message, lineNum, linePos }) => ({
    severity: type,
    message,
    line: lineNum,
    column: linePos,
  }))
  if (entry === undefined || found.some(({ severity }) => severity === 'error')) return found
  try {
    await wait(device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: entry } }))
    return found
  } catch (failure) {
    const message = failure instanceof Error ? failure.message : String(failure)
    return [...found, { severity: 'error', message, line: 0, column: 0 }]
  }
}
