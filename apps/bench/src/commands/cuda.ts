// `bench cuda [CASE…]`: ours against PyTorch and Triton on the same NVIDIA GPU. Device time decides: of runs among many,
// without transfers, in turns with the others' (see cuda/replay.ts and contestants/cuda_peers.py for how it is taken).
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { DeviceInfo } from '@tilewright/backend'
import { CompileError } from '@tilewright/ir'
import { Command, Option } from 'commander'
import { compete } from '../compete.js'
import { missingContestant } from '../contestants/spawn.js'
import { type CaseSizes, type CudaCase, caseSizes, cudaCases } from '../cuda/cases.js'
import { openCudaDevice } from '../cuda/open.js'
import { type CudaCaseResult, type CudaComparison, cudaText, throughputs } from '../cuda/report.js'
import { type CudaProgram, cudaProgram } from '../cuda/spawn.js'
import { modelNames } from '../cuda/workload.js'
import { currentCommit, machineFacts } from '../machine.js'
import { positive } from '../positive.js'
import { caseLine, disagreements } from '../report.js'
import { saveComparison } from '../save.js'

const devices = ['cuda', 'cuda-emulated'] as const

interface Options {
  readonly device: (typeof devices)[number]
  readonly sizes: CaseSizes
  readonly rounds: string
  readonly models?: boolean
  readonly python: string
  readonly json?: boolean
  readonly save?: boolean
}

export function cudaCommand(): Command {
  return new Command('cuda')
    .description('fixed cases against PyTorch and Triton on the same NVIDIA GPU')
    .argument('[cases...]', 'names of cases, or how these begin; all kernels without one')
    .addOption(
      new Option('--device <device>', 'the processor in place of a GPU goes through everything')
        .choices(devices)
        .default('cuda'),
    )
    .addOption(new Option('--sizes <sizes>', 'tiny ones are for the processor').choices(caseSizes).default('full'))
    .option('--rounds <n>', 'measurements of each contestant, in turns', '7')
    .option('--models', 'the models of TILEWRIGHT_DATA too')
    .option('--python <program>', 'a Python that has torch and triton', 'python3')
    .option('--json', 'print JSON')
    .option('--save', 'write JSON to apps/bench/results')
    .action(run)
}

/** Where the build leaves our program, and the script as it is, seen from the file that this one is bundled into. */
const ourProgram = fileURLToPath(new URL('./cuda/process.js', import.meta.url))
const peersScript = fileURLToPath(new URL('../src/contestants/cuda_peers.py', import.meta.url))

const peerNames = ['torch', 'torch-compile', 'triton'] as const

/** What results may differ by, relative to the largest: f16 is rounded to 11 bits and bf16 to 8, by some more than once. */
const tolerances = { f32: 1e-4, f16: 5e-3, bf16: 4e-2 } as const

async function run(names: readonly string[], options: Options): Promise<void> {
  const emulated = options.device === 'cuda-emulated'
  const rounds = positive(options.rounds)
  const cases = chooseCases(names, cudaCases(options.sizes, options.models ? modelNames() : []))
  // Rejects where there is no GPU, before anything else is started.
  const opened = await openCudaDevice(emulated)
  opened.dispose()
  const { info } = opened

  const programs = new Map<string, CudaProgram>([
    ['tilewright', cudaProgram([process.execPath, ourProgram])],
    ...peerNames.map((peer) => [peer, cudaProgram([options.python, '-u', peersScript])] as const),
  ])
  const results: CudaCaseResult[] = []
  try {
    for (const one of cases) {
      const result = await runCase(one, rounds, info, programs, options)
      console.error(caseLine(result))
      results.push(result)
    }
  } finally {
    for (const program of programs.values()) program.close()
  }
  const comparison: CudaComparison = {
    date: new Date().toISOString(),
    commit: currentCommit(),
    node: process.version,
    device: info,
    gpu: emulated ? 'the processor' : gpuFacts(),
    machine: machineFacts(),
    peers: versionsIn(results),
    rounds,
    cases: results,
  }
  console.log(options.json ? JSON.stringify(comparison, null, 2) : cudaText(comparison))
  if (options.save) console.error(`saved to ${saveComparison(comparison)}`)
  for (const line of disagreements(results)) console.error(line)
  const isMissing = results.some(({ entries }) => entries[0]?.status === 'missing')
  if (isMissing || disagreements(results).length > 0) process.exitCode = 1
}

function chooseCases(names: readonly string[], all: readonly CudaCase[]): readonly CudaCase[] {
  for (const name of names) {
    if (all.some((one) => one.name.startsWith(name))) continue
    throw new CompileError({
      code: 'bench/case',
      message: `there is no case "${name}"`,
      help: `the cases are ${all.map((one) => one.name).join(', ')}`,
    })
  }
  return names.length === 0 ? all : all.filter((one) => names.some((name) => one.name.startsWith(name)))
}

async function runCase(
  { name, about, computation }: CudaCase,
  rounds: number,
  device: DeviceInfo,
  programs: ReadonlyMap<string, CudaProgram>,
  { device: choice, sizes }: Options,
): Promise<CudaCaseResult> {
  const facts: Record<string, Readonly<Record<string, string>>> = {}
  const leastMs = sizes === 'full' ? 200 : 5
  const contestants = [...programs].map(([contestant, program]) => {
    if (computation.kind === 'model' && contestant !== 'tilewright') {
      return missingContestant(contestant, 'it reads no ONNX files')
    }
    const request = { kind: 'prepare', contestant, computation, emulated: choice === 'cuda-emulated', leastMs } as const
    return program.contestant(request, (told) => {
      facts[contestant] = told
    })
  })
  const tolerance = tolerances[computation.kind === 'model' ? 'f32' : computation.dtype]
  const entries = await compete(contestants, rounds, tolerance)
  return { name, about, entries, computation, facts, throughput: throughputs(computation, device.adapter, entries) }
}

/** What peers said of their versions, by package. */
function versionsIn(results: readonly CudaCaseResult[]): Readonly<Record<string, string>> {
  const told = results.flatMap(({ facts }) => Object.values(facts))
  const packages = ['python', 'torch', 'triton', 'cuda', 'cudnn'] as const
  return Object.fromEntries(
    packages.flatMap((name) => {
      const version = told.map((facts) => facts[name]).find((found) => found !== undefined)
      return version === undefined ? [] : [[name, version]]
    }),
  )
}

function gpuFacts(): string {
  const query = 'name,driver_version,clocks.max.sm,clocks.max.mem,power.limit'
  const { status, stdout } = spawnSync('nvidia-smi', [`--query-gpu=${query}`, '--format=csv,noheader'], {
    encoding: 'utf8',
    timeout: 10_000,
  })
  return status === 0 ? stdout.trim() : 'nvidia-smi does not say'
}
