import pc from 'picocolors'
import { expect, test } from 'vitest'
import type { Adapter, Machine } from './inspect-machine.js'
import { doctorText } from './report-doctor.js'

const adapter: Adapter = {
  name: 'acme rocket',
  software: false,
  limits: {
    maxComputeInvocationsPerWorkgroup: 1024,
    maxComputeWorkgroupStorageSize: 32768,
    maxComputeWorkgroupsPerDimension: 65535,
    maxStorageBuffersPerShaderStage: 10,
    maxStorageBufferBindingSize: 2 ** 30,
    maxBufferSize: 2 ** 31,
  },
  features: ['shader-f16', 'subgroups'],
}
const software: Adapter = { ...adapter, name: 'swiftshader', software: true, driver: '/x/icd.json', features: [] }
const nothing: Machine = {
  platform: 'linux x64',
  node: '20.19.0',
  webgpu: { found: false, reason: 'it does not load', help: 'npm install webgpu' },
  gpu: { found: false, reason: 'no driver', help: 'install the driver' },
  softwareGpu: { found: false, reason: 'no SwiftShader', help: 'install Chromium' },
  cuda: { found: false, reason: 'no NVIDIA driver', help: 'install it' },
  chromium: { found: false, reason: 'not on PATH', help: 'apt-get install chromium' },
  nvcc: { found: false, reason: 'not on PATH', help: 'it comes with CUDA' },
  gnuCompiler: { found: false, reason: 'not on PATH', help: 'apt-get install g++' },
}
const text = (machine: Partial<Machine>): string => doctorText({ ...nothing, ...machine }, pc.createColors(false))

test('says of everything that is missing how to get it', () => {
  expect(text({})).toMatchInlineSnapshot(`
    "platform   linux x64, Node 20.19.0
    webgpu     none: it does not load
               npm install webgpu
    gpu        none: no driver
               install the driver
    software   none: no SwiftShader
               install Chromium
    cuda       none: no NVIDIA driver
               install it
    chromium   none: not on PATH
               apt-get install chromium
    nvcc       none: not on PATH
               it comes with CUDA
    g++        none: not on PATH
               apt-get install g++

    Models run on the CPU alone, in JavaScript: right, but slow."
  `)
})

test('describes what is there', () => {
  const everything = text({
    webgpu: { found: true, version: '0.6.2' },
    gpu: { found: true, ...adapter },
    softwareGpu: { found: true, ...software },
    cuda: { found: true, name: 'NVIDIA rocket', target: 'cuda sm_90', bytes: 80 * 2 ** 30 },
    chromium: { found: true, path: '/usr/bin/chromium', version: 'Chromium 156.0' },
    nvcc: { found: true, path: '/usr/bin/nvcc', version: 'release 13.0' },
    gnuCompiler: { found: true, path: '/usr/bin/g++', version: 'g++ 14.2.0' },
  })
  expect(everything).toMatchInlineSnapshot(`
    "platform   linux x64, Node 20.19.0
    webgpu     0.6.2 (Dawn for Node)
    gpu        acme rocket
               1024 threads and 32 KiB of memory a workgroup, 65535 workgroups a dimension
               10 storage buffers a kernel, 1 GiB a binding, 2 GiB a buffer
               features: shader-f16, subgroups
    software   swiftshader (emulates a GPU on the processor)
               driver /x/icd.json
               1024 threads and 32 KiB of memory a workgroup, 65535 workgroups a dimension
               10 storage buffers a kernel, 1 GiB a binding, 2 GiB a buffer
               features: none
    cuda       NVIDIA rocket (cuda sm_90, 80 GiB)
    chromium   /usr/bin/chromium (Chromium 156.0)
    nvcc       /usr/bin/nvcc (release 13.0)
    g++        /usr/bin/g++ (g++ 14.2.0)
               compiles kernels for --device cuda-emulated

    Models run on acme rocket."
  `)
})

test('an NVIDIA GPU without WebGPU is named with its device', () => {
  const cuda = { found: true, name: 'NVIDIA rocket', target: 'cuda sm_90', bytes: 2 ** 36 } as const
  expect(text({ cuda, softwareGpu: { found: true, ...software } })).toContain(
    'Models run on NVIDIA rocket (--device cuda).',
  )
})

test('software in place of a GPU is said to be slow', () => {
  const verdict = 'Models run on swiftshader, in software: right, but slow.'
  expect(text({ softwareGpu: { found: true, ...software } })).toContain(verdict)
  expect(text({ gpu: { found: true, ...software } })).toContain(verdict)
})
