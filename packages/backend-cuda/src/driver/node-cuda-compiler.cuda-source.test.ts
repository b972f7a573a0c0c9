import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nvccSkipReason } from '@tilewright/testing'
import { afterAll, expect, test, vi } from 'vitest'
import { cudaCompiler } from './node-cuda-compiler.js'

const cache = mkdtempSync(join(tmpdir(), 'tilewright-kept-'))
afterAll(() => rmSync(cache, { recursive: true }))

test.skipIf(nvccSkipReason() !== undefined)(
  'what is kept is the image that the compiler of this machine gave',
  async () => {
    const source = readFileSync(join(import.meta.dirname, '../../goldens/warp.cu'), 'utf8')
    const remark = vi.fn()
    const compile = async (): Promise<Uint8Array> =>
      (await cudaCompiler(13000, { cache, remark })).compile(source, 'sm_80')
    const compiled = await compile()
    const [name] = readdirSync(cache)
    const entry = readFileSync(join(cache, name ?? ''))
    expect(entry.subarray(-compiled.length).equals(compiled)).toBe(true)
    expect(await compile()).toEqual(compiled)
    expect(readdirSync(cache)).toEqual([name])
    expect(remark).not.toHaveBeenCalled()
  },
)
