/** Makes a compute pipeline of a printed kernel, and tells what the WGSL compiler has against it. */
import type { PlanKernel } from '@tilewright/backend'
import { CompileError } from '@tilewright/ir'

export interface GpuPipeline {
  readonly pipeline: GPUComputePipeline
  readonly layout: GPUBindGroupLayout
}

/** `GPUShaderStage.COMPUTE`, which is no global in Node. */
const compute = 0x4

/**
 * Compiles. Bindings are the kernel's buffers in order, then its block of scalars.
 * Rejects with `CompileError` `device/pipeline` that quotes the compiler and the line it complains of.
 */
export async function compilePipeline(gpu: GPUDevice, kernel: PlanKernel): Promise<GpuPipeline> {
  const entries: GPUBindGroupLayoutEntry[] = kernel.buffers.map(({ access }, binding) => ({
    binding,
    visibility: compute,
    buffer: { type: access === 'read' ? 'read-only-storage' : 'storage' },
  }))
  if (kernel.scalars > 0) {
    entries.push({ binding: entries.length, visibility: compute, buffer: { type: 'uniform' } })
  }
  gpu.pushErrorScope('validation')
  const layout = gpu.createBindGroupLayout({ entries })
  const module = gpu.createShaderModule({ code: kernel.source })
  const [refused, { messages }] = await Promise.all([gpu.popErrorScope(), module.getCompilationInfo()])
  const error = messages.find(({ type }) => type === 'error')
  if (error !== undefined)
    throw pipelineError(`${error.lineNum}:${error.linePos} ${error.message}`, kernel, error.lineNum)
  if (refused !== null) throw pipelineError(refused.message, kernel)
  try {
    const pipeline = await gpu.createComputePipelineAsync({
      layout: gpu.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: kernel.entry },
    })
    return { pipeline, layout }
  } catch (failure) {
    throw pipelineError(failure instanceof Error ? failure.message : String(failure), kernel)
  }
}

function pipelineError(message: string, kernel: PlanKernel, line?: number): CompileError {
  const text = line === undefined ? undefined : kernel.source.split('\n')[line - 1]
  return new CompileError({
    code: 'device/pipeline',
    message: `the WGSL compiler refused a kernel: ${message.trim()}`,
    where: text === undefined ? undefined : `line ${line}: ${text.trim()}`,
    help: 'a kernel that Tilewright printed should always compile: please report it with this message',
  })
}
