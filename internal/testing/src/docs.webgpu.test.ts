import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { encodeModel, graphBuilder, modelOf } from '@tilewright/onnx'
import { test } from 'vitest'
import { runPage } from './snippets.js'

/** Many blocks, each a process of its own. */
const timeout = 180_000

const root = join(import.meta.dirname, '../../..')
// Pages are for those who have the built packages.
const isBuilt = existsSync(join(root, 'packages/cli/dist'))
if (!isBuilt) console.log('pages are not run: the packages are not built, which npm start does')

/** The tutorial's: `x` f32 [batch, 4] → `scores`. */
function model(): Uint8Array {
  const g = graphBuilder('classifier')
  g.output(g.node('Softmax', [g.input('x', 'f32', ['batch', 4])], { outputs: ['scores'] }), 'f32', ['batch', 4])
  return encodeModel(modelOf(g.build(), { opset: 17 }))
}

test.skipIf(!isBuilt).each(['README.md', 'docs/kernel-tutorial.md', 'packages/conformance/README.md'])(
  '%s does what it shows',
  { timeout },
  async (page) => {
    await runPage(root, page, { 'model.onnx': model() })
  },
)
