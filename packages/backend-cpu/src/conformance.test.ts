import { conformanceCases } from '@tilewright/conformance'
import { afterAll, test } from 'vitest'
import { cpu } from './index.js'

const backend = cpu()
const device = await backend.open()
afterAll(() => device.dispose())

test.for(conformanceCases)('$name', async ({ run }, { skip }) => {
  const outcome = await run({ backend, device, open: backend.open })
  if (outcome.kind === 'skipped') skip(outcome.reason)
})
