import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CompileError } from '@tilewright/ir'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { capture } from '../fixtures/capture.js'
import { temporaryFolder } from '../fixtures/write-case.js'
import { inspectMachine } from './inspect-machine.js'

vi.mock('@tilewright/backend-wgsl/node', () => ({
  openNodeGpu: async () => {
    throw new CompileError({ code: 'device/no-adapter', message: 'no Vulkan driver is installed', help: 'install one' })
  },
}))

vi.mock('@tilewright/backend-cuda/driver', () => ({
  openCuda: async () => {
    throw new CompileError({ code: 'device/no-driver', message: 'no NVIDIA driver is installed', help: 'install it' })
  },
}))

let root: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  root = temporaryFolder()
})
afterEach(() => root.remove())

function writeTool(name: string, script: string): void {
  mkdirSync(root.path, { recursive: true })
  writeFileSync(join(root.path, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(root.path, name), 0o755)
}

test('adapters that cannot be opened are missing, with the reason and what to do', async () => {
  const missing = { found: false, reason: 'no Vulkan driver is installed', help: 'install one' }
  expect(await inspectMachine({})).toMatchObject({
    gpu: missing,
    softwareGpu: missing,
    cuda: { found: false, reason: 'no NVIDIA driver is installed', help: 'install it' },
  })
})

test('tools are looked for on PATH, and asked for their version', async () => {
  writeTool('chromium-browser', 'echo "Chromium 156.0.1"')
  writeTool('g++', 'echo "g++ 14.2.0"; echo "Copyright"')
  writeTool('nvcc', 'echo "Copyright"; echo "release 13.0, V13.0.88"')
  expect(await inspectMachine({ PATH: `/nowhere:${root.path}` })).toMatchObject({
    chromium: { found: true, path: join(root.path, 'chromium-browser'), version: 'Chromium 156.0.1' },
    nvcc: { found: true, path: join(root.path, 'nvcc'), version: 'release 13.0, V13.0.88' },
    gnuCompiler: { found: true, path: join(root.path, 'g++'), version: 'g++ 14.2.0' },
  })
})

test('a tool that fails is there all the same', async () => {
  writeTool('chromium', 'exit 3')
  expect(await inspectMachine({ PATH: root.path })).toMatchObject({
    chromium: { found: true, version: 'it does not say its version' },
  })
})

test('doctor reports, and ends well whatever is missing', async () => {
  const text = await capture('doctor')
  expect(text).toMatchObject({ code: 0, stderr: '' })
  expect(text.stdout).toContain('Models run on the CPU alone')
  const { code, stdout } = await capture('doctor', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ node: process.versions.node, gpu: { found: false } })
})
