/** What `tilewright doctor` prints. */
import { formatBytes } from '../format.js'
import type { Colors } from '../terminal.js'
import type { Adapter, Found, Machine, Tool } from './inspect-machine.js'

/** The machine, a line for each thing, with what to do about whatever is missing. */
export function doctorText(machine: Machine, colors: Colors): string {
  const row = (label: string, value: string): string => `${colors.dim(label.padEnd(10))} ${value}`
  const more = (value: string): string => row('', colors.dim(value))
  const thing = <T>(label: string, found: Found<T>, text: (found: T) => readonly string[]): readonly string[] => {
    if (!found.found) return [row(label, colors.yellow(`none: ${found.reason}`)), more(found.help)]
    const [first = '', ...rest] = text(found)
    return [row(label, first), ...rest.map(more)]
  }
  return [
    row('platform', `${machine.platform}, Node ${machine.node}`),
    ...thing('webgpu', machine.webgpu, ({ version }) => [`${version} (Dawn for Node)`]),
    ...thing('gpu', machine.gpu, adapterLines),
    ...thing('software', machine.softwareGpu, adapterLines),
    ...thing('cuda', machine.cuda, ({ name, target, bytes }) => [`${name} (${target}, ${formatBytes(bytes)})`]),
    ...thing('chromium', machine.chromium, toolLines),
    ...thing('nvcc', machine.nvcc, toolLines),
    ...thing('g++', machine.gnuCompiler, (tool) => [...toolLines(tool), 'compiles kernels for --device cuda-emulated']),
    '',
    verdict(machine, colors),
  ].join('\n')
}

function adapterLines({ name, driver, limits, features, software }: Adapter): readonly string[] {
  const limit = (name: string): number => limits[name] ?? 0
  return [
    `${name}${software ? ' (emulates a GPU on the processor)' : ''}`,
    ...(driver === undefined ? [] : [`driver ${driver}`]),
    `${limit('maxComputeInvocationsPerWorkgroup')} threads and ` +
      `${formatBytes(limit('maxComputeWorkgroupStorageSize'))} of memory a workgroup, ` +
      `${limit('maxComputeWorkgroupsPerDimension')} workgroups a dimension`,
    `${limit('maxStorageBuffersPerShaderStage')} storage buffers a kernel, ` +
      `${formatBytes(limit('maxStorageBufferBindingSize'))} a binding, ${formatBytes(limit('maxBufferSize'))} a buffer`,
    `features: ${features.join(', ') || 'none'}`,
  ]
}

function toolLines({ path, version }: Tool): readonly string[] {
  return [`${path} (${version})`]
}

function verdict({ gpu, softwareGpu, cuda }: Machine, colors: Colors): string {
  if (gpu.found && !gpu.software) return colors.green(`Models run on ${gpu.name}.`)
  if (cuda.found) return colors.green(`Models run on ${cuda.name} (--device cuda).`)
  const emulated = gpu.found ? gpu : softwareGpu
  if (emulated.found) return colors.yellow(`Models run on ${emulated.name}, in software: right, but slow.`)
  return colors.yellow('Models run on the CPU alone, in JavaScript: right, but slow.')
}
