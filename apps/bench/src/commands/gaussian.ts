// `bench gaussian [NETWORK…]`: large networks with random weights, their outputs compared with those of onnxruntime-node on the
// processor. No speed is measured here: at that size nothing else says what is right.
import { cpu } from '@tilewright/backend-cpu'
import { wgsl } from '@tilewright/backend-wgsl'
import { formatError, invariant, TilewrightError } from '@tilewright/ir'
import { decodeModel, encodeModel } from '@tilewright/onnx'
import { Command, Option } from 'commander'
import type { Workload } from '../cases/workload.js'
import type { OpenContestant } from '../contestants/contestant.js'
import { openOnnxRuntime } from '../contestants/onnxruntime.js'
import { tilewrightOn } from '../contestants/tilewright.js'
import { readData } from '../data-folder.js'
import { withGaussianWeights } from '../gaussian-weights.js'
import { openWebgpu } from '../open-webgpu.js'
import { installPeer, peers } from '../peers.js'
import { gaussianFloats } from '../random.js'
import { largestErrorOfMax } from '../tensors.js'

const networks = ['light_bvlc_alexnet', 'light_densenet121', 'light_resnet50', 'light_shufflenet', 'light_vgg19']

/** What an output may differ by, relative to its largest value. */
const tolerance = 1e-4

type DeviceChoice = 'webgpu' | 'cpu'

export function gaussianCommand(): Command {
  return new Command('gaussian')
    .description('networks of TILEWRIGHT_DATA with random weights, checked against onnxruntime-node on the processor')
    .argument('[networks...]', 'folders of onnx-conformance/light', networks)
    .addOption(new Option('--device <device>', 'what Tilewright runs on').choices(['webgpu', 'cpu']).default('webgpu'))
    .action(run)
}

async function run(names: readonly string[], { device }: { readonly device: DeviceChoice }): Promise<void> {
  const peer = await openOnnxRuntime(await installPeer(peers['onnxruntime-cpu'], console.error), 'cpu')
  for (const name of names) {
    const workload = gaussianNetwork(name)
    console.error(`${name}: ${Math.round(workload.model.length / 2 ** 20)} MiB on ${device}…`)
    console.log(`${name.padEnd(20)} ${device.padEnd(6)} ${await compareWith(peer, workload, device)}`)
  }
}

/** A network with weights and one input of seeded Gaussian numbers. */
function gaussianNetwork(name: string): Workload {
  const model = withGaussianWeights(decodeModel(readData('onnx-conformance', 'light', name, 'model.onnx')), 1)
  const inputs = model.graph.inputs.map(({ name: input, type }) => {
    const dims = type.kind === 'tensor' && type.shape !== 'unknown' ? type.shape : []
    const shape = dims.filter((dim) => typeof dim === 'number')
    const elements = shape.reduce((product, extent) => product * extent, 1)
    return [input, { shape, data: gaussianFloats(elements, 0) }] as const
  })
  return { model: encodeModel(model), inputs: Object.fromEntries(inputs), computation: undefined }
}

/** Runs a network on both sides, and says how they compare. Sets the exit code when they differ. */
async function compareWith(peer: OpenContestant, workload: Workload, choice: DeviceChoice): Promise<string> {
  const want = await (await peer.prepare(workload))()
  const bounded = Object.values(want).every(({ data }) => data.every(Number.isFinite))
  invariant(bounded, 'the weights are scaled so that outputs stay finite')
  const { ours, dispose } = await openOurs(choice)
  try {
    const start = performance.now()
    const got = await (await ours.prepare(workload))()
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    const errors = Object.entries(want).map(([output, tensor]) => ({
      output,
      error: largestErrorOfMax(got, { [output]: tensor }),
    }))
    const agrees = errors.every(({ error }) => error <= tolerance)
    if (!agrees) process.exitCode = 1
    const list = errors.map(({ output, error }) => `"${output}" ${error.toExponential(1)}`).join(', ')
    return `${agrees ? 'agrees' : 'DIFFERS'} in ${seconds} s, of the largest value: ${list}`
  } catch (error) {
    if (!(error instanceof TilewrightError)) throw error
    return `not run: ${formatError(error).split('\n', 1)[0]}`
  } finally {
    dispose()
  }
}

async function openOurs(
  choice: DeviceChoice,
): Promise<{ readonly ours: OpenContestant; readonly dispose: () => void }> {
  const backend = choice === 'cpu' ? cpu() : wgsl()
  const device = choice === 'cpu' ? await backend.open() : await openWebgpu()
  return { ours: tilewrightOn(backend, device), dispose: device.dispose }
}
