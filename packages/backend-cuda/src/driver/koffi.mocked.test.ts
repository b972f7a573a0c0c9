import { CompileError } from '@tilewright/ir'
import { expect, test, vi } from 'vitest'
import { openCuda } from './node.js'

vi.mock('koffi', () => {
  throw new CompileError({ code: 'test/missing', message: 'not installed' })
})

test('without koffi, opening says what to install', async () => {
  await expect(openCuda()).rejects.toMatchObject({ code: 'device/no-koffi', help: 'npm install koffi' })
})
