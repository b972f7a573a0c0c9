// `bench [CASE…]`: fixed cases, ours against other people's libraries on the same adapter. Without a case, the list of them.
//
// Each contestant runs each case in a process of its own, and is asked for one run at a time. Peers cannot take ours down with
// them, and none shares a heap, a thread pool or a driver with another. It is fair: a contestant that waits for its next request
// sleeps (on SwiftShader, at most 20 ms of processor time in 3 s, all peers alike), and in one process for all of them no time
// was measurably different. What is not fair is a busy machine: onnxruntime polls Dawn without a pause while it waits, and loses
// more to other people's work than we do. The load stands in the result, and the ratio of processor times beside that of time.
import type { DeviceInfo } from '@tilewright/backend'
import { TilewrightError } from '@tilewright/ir'
import { Command } from 'commander'
import { benchCases, chooseCases } from '../cases/index.js'
import type { BenchCase } from '../cases/workload.js'
import { compete } from '../compete.js'
import { type ContestantName, contestantNames } from '../contestants/contestant.js'
import { type Contestant, missingContestant, spawnContestant } from '../contestants/spawn.js'
import { currentCommit, machineFacts } from '../machine.js'
import { openWebgpu } from '../open-webgpu.js'
import { installPeer, peers } from '../peers.js'
import { positive } from '../positive.js'
import { type CaseResult, type Comparison, caseLine, comparisonText, disagreements } from '../report.js'
import { saveComparison } from '../save.js'

interface Options {
  readonly rounds: string
  readonly json?: boolean
  readonly save?: boolean
}

export function casesCommand(): Command {
  return new Command('cases')
    .description(
      'fixed cases against onnxruntime-node and jax-js on the same adapter; without a case, the list of them',
    )
    .argument('[cases...]', 'kernels, models, or names of cases')
    .option('--rounds <n>', 'runs of each contestant, in turns', '11')
    .option('--json', 'print JSON')
    .option('--save', 'write JSON to apps/bench/results')
    .action(run)
}

async function run(names: readonly string[], options: Options): Promise<void> {
  const cases = chooseCases(names)
  const rounds = positive(options.rounds)
  if (cases.length === 0) return console.log(listText())

  const device = await probeDevice()
  const folders = await installPeers()
  const results: CaseResult[] = []
  for (const benchCase of cases) {
    const skipped = reasonToSkip(benchCase)
    if (skipped !== undefined) {
      console.error(`${benchCase.name}: skipped, ${skipped}`)
      continue
    }
    const result = await runCase(benchCase, rounds, device, folders)
    console.error(caseLine(result))
    results.push(result)
  }
  const comparison: Comparison = {
    date: new Date().toISOString(),
    commit: currentCommit(),
    node: process.version,
    device,
    machine: machineFacts(),
    peers: Object.fromEntries(Object.values(peers).map((peer) => [peer.package, peer.version])),
    rounds,
    cases: results,
  }
  console.log(options.json ? JSON.stringify(comparison, null, 2) : comparisonText(comparison))
  if (options.save) console.error(`saved to ${saveComparison(comparison)}`)
  if (disagreements(results).length > 0) process.exitCode = 1
}

function listText(): string {
  const width = Math.max(...benchCases.map(({ name }) => name.length))
  const of = (group: BenchCase['group']): readonly string[] =>
    benchCases.filter((item) => item.group === group).map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`)
  return ['kernels', ...of('kernels'), 'models (of TILEWRIGHT_DATA)', ...of('models')].join('\n')
}

/** The adapter of the comparison. Opening it also tells the processes started later which Vulkan driver to take. */
async function probeDevice(): Promise<DeviceInfo> {
  const device = await openWebgpu()
  device.dispose()
  return device.info
}

/** Where each peer is installed, or why it is not. */
type PeerFolders = ReadonlyMap<ContestantName, string | TilewrightError>

async function installPeers(): Promise<PeerFolders> {
  const folders = new Map<ContestantName, string | TilewrightError>()
  for (const name of contestantNames) {
    if (name === 'tilewright') continue
    folders.set(name, await unlessThrown(() => installPeer(peers[name], console.error)))
  }
  return folders
}

/** Why a case cannot be run by anybody. */
function reasonToSkip(benchCase: BenchCase): string | undefined {
  try {
    benchCase.load()
    return undefined
  } catch (error) {
    if (error instanceof TilewrightError && error.code === 'bench/data') return error.message
    throw error
  }
}

async function runCase(
  { name, about, group }: BenchCase,
  rounds: number,
  { software }: DeviceInfo,
  folders: PeerFolders,
): Promise<CaseResult> {
  // jax-js reads no ONNX that it could be given: each kernel is written down for it, models are not.
  const invited = contestantNames.filter((contestant) => group === 'kernels' || contestant !== 'jax-js')
  const contestants = invited.map((contestant): Contestant => {
    const folder = contestant === 'tilewright' ? '' : folders.get(contestant)
    if (typeof folder === 'string') {
      return spawnContestant({ kind: 'prepare', contestant, caseName: name, software, folder })
    }
    return missingContestant(contestant, folder?.message ?? 'it is not installed')
  })
  try {
    return { name, about, entries: await compete(contestants, rounds) }
  } finally {
    for (const contestant of contestants) contestant.close()
  }
}

async function unlessThrown<T>(work: () => Promise<T>): Promise<T | TilewrightError> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof TilewrightError) return error
    throw error
  }
}
