import { conformanceCases } from '@tilewright/conformance'
import { openTestedCuda } from '@tilewright/testing'
import { afterAll, test } from 'vitest'
import { cuda } from '../index.js'

const open = () => openTestedCuda({ sanitize: 'bounds' })
const device = await open()
afterAll(() => device.dispose())

// Side by side: each case waits for its compiler.
test.concurrent.for(conformanceCases)('$name', async ({ run }, { skip }) => {
  const outcome = await run({ backend: cuda(), device, open })
  if (outcome.kind === 'skipped') skip(outcome.reason)
})
