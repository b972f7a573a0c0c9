import { conformanceCases } from '@tilewright/conformance'
import { afterAll, test } from 'vitest'
import { wgsl } from './index.js'
import { openNode } from './webgpu/node.js'

const open = () => openNode({ software: true })
const device = await open()
afterAll(() => device.dispose())

test.for(conformanceCases)('$name', async ({ run }, { skip }) => {
  const outcome = await run({ backend: wgsl(), device, open })
  if (outcome.kind === 'skipped') skip(outcome.reason)
})
