import { conformanceCases } from '@tilewright/conformance'
import { afterAll, test } from 'vitest'
import { cuda } from '../index.js'
import { openEmulated } from './node-open-emulated.js'

const open = () => openEmulated({ sanitize: 'bounds' })
const device = await open()
afterAll(() => device.dispose())

// Side by side: each case waits for g++.
test.concurrent.for(conformanceCases)('$name', async ({ run }, { skip }) => {
  const outcome = await run({ backend: cuda(), device, open })
  if (outcome.kind === 'skipped') skip(outcome.reason)
})
