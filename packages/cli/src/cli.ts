/** The command line: what can be asked for, and which exit code an end has (0 done, 1 failed, 2 asked for wrongly). */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { type CheckOptions, check } from './commands/check.js'
import { type CompileOptions, compile } from './commands/compile.js'
import { doctor } from './commands/doctor.js'
import { type ExplainOptions, explain } from './commands/explain.js'
import { type RunOptions, run } from './commands/run.js'
import { onnxTolerance, type Tolerance } from './compare-tensors.js'
import { failureData, formatFailure } from './failure.js'
import { type CompileTarget, compileTargets, type DeviceChoice, deviceChoices } from './open-device.js'
import type { Environment, Terminal } from './terminal.js'

export interface CliOptions {
  /** The arguments, without the program's own name. */
  readonly args: readonly string[]
  readonly version: string
  readonly terminal: Terminal
  readonly environment: Environment
}

/** Runs one command to its end and gives the exit code; never rejects. */
export async function runCli({ args, terminal, ...rest }: CliOptions): Promise<number> {
  let code = 0
  const program = commands({ terminal, ...rest }, async (work) => {
    code = await work()
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (args.includes('--json')) terminal.result(JSON.stringify({ error: failureData(error) }, undefined, 2))
    terminal.note(formatFailure(error, terminal.noteColors, terminal.noteColumns))
    return 1
  }
}

type Finish = (work: () => Promise<number>) => Promise<void>

function commands({ version, terminal, environment }: Omit<CliOptions, 'args'>, finish: Finish): Command {
  const program = new Command('tilewright')
    .description('Compile, run and check ONNX models on WebGPU.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.result(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
    })
    .showHelpAfterError('(tilewright --help lists what there is)')

  program
    .command('run')
    .description('compile a model, run it, and check the result against evaluation by definition')
    .argument('[model]', 'an .onnx file (default: a small built-in model)')
    .addOption(deviceOption())
    .addOption(fixOption())
    .option('--data <dir>', 'folder with input_N.pb, and output_N.pb to compare with (default: seeded random inputs)')
    .addOption(
      new Option('--size <name=value>', 'value of a symbolic size of random inputs; may be repeated')
        .argParser(toSizes)
        .conflicts('data'),
    )
    .option('--json', 'print one JSON object')
    .action((model: string | undefined, options: Flags<'device' | 'fix' | 'data' | 'size' | 'json'>) =>
      finish(() => run(model, runOptions(options), terminal)),
    )

  program
    .command('check')
    .description('run the cases at or under folders: model.onnx beside test_data_set_K/input_N.pb, output_N.pb')
    .argument('<dir...>', 'folders to search')
    .addOption(deviceOption())
    .addOption(fixOption())
    .option('--rtol <number>', 'relative tolerance of a float (default: 1e-3)', toTolerance)
    .option('--atol <number>', 'absolute tolerance of a float (default: 1e-7)', toTolerance)
    .addOption(
      new Option(
        '--of-max <ratio>',
        'tolerance of a float relative to the largest value of its output, such as 1e-4: right for whole models, whose small elements carry the rounding of large ones (the default is that of ONNX, an element at a time, or 1e-6 of the largest value)',
      )
        .argParser(toTolerance)
        .conflicts(['rtol', 'atol']),
    )
    .option('--json', 'print one JSON object')
    .action((folders: string[], options: Flags<'device' | 'fix' | 'rtol' | 'atol' | 'ofMax' | 'json'>) =>
      finish(() => check(folders, checkOptions(options), terminal)),
    )

  program
    .command('compile')
    .description(
      'write what a page or a program loads to run a model without the compiler: plan.json and constants.bin',
    )
    .argument('[model]', 'an .onnx file (default: a small built-in model)')
    .requiredOption('--out <dir>', 'folder to write, which is new or empty')
    .addOption(
      new Option('--device <device>', 'what it is to run on: WebGPU devices, NVIDIA GPUs, or a processor')
        .choices(compileTargets)
        .default('webgpu'),
    )
    .addOption(fixOption())
    .option('--json', 'print one JSON object')
    .action((model: string | undefined, options: CompileFlags) =>
      finish(() => compile(model, compileOptions(options), terminal)),
    )

  program
    .command('explain')
    .description('say what a model compiles to, what was fused and why not, its memory, and what each stage takes')
    .argument('[model]', 'an .onnx file (default: a small built-in model)')
    .addOption(deviceOption())
    .addOption(fixOption())
    .option('--size <name=value>', 'value of a symbolic size, for the memory; may be repeated', toSizes)
    .option('--group <number>', 'show one group: its equations, its schedule, and the source of its kernels', toNumber)
    .option('--json', 'print one JSON object')
    .action((model: string | undefined, options: Flags<'device' | 'fix' | 'size' | 'group' | 'json'>) =>
      finish(() => explain(model, explainOptions(options), terminal)),
    )

  program
    .command('doctor')
    .description('say what this machine has to run models with, what is missing, and how to get it')
    .option('--json', 'print one JSON object')
    .action((options: Flags<'json'>) => finish(() => doctor({ json: options.json === true, environment }, terminal)))
  for (const command of program.commands) {
    command.showHelpAfterError(`(tilewright ${command.name()} --help lists what there is)`)
  }
  return program
}

type Sizes = Readonly<Record<string, number>>

/** Options as commander gives them, after the parsers above. */
interface AllFlags {
  readonly device: DeviceChoice
  readonly fix?: Sizes
  readonly data?: string
  readonly size?: Sizes
  readonly group?: number
  readonly json?: boolean
  readonly rtol?: number
  readonly atol?: number
  readonly ofMax?: number
}
type Flags<K extends keyof AllFlags> = Pick<AllFlags, K>

interface CompileFlags extends Flags<'fix' | 'json'> {
  readonly device: CompileTarget
  readonly out: string
}

function compileOptions({ device, out, fix, json }: CompileFlags): CompileOptions {
  return { device, out, fixed: fix ?? {}, json: json === true }
}

function runOptions({ device, fix, data, size, json }: Flags<'device' | 'fix' | 'data' | 'size' | 'json'>): RunOptions {
  return { device, fixed: fix ?? {}, data, sizes: size ?? {}, json: json === true }
}

function explainOptions({
  device,
  fix,
  size,
  group,
  json,
}: Flags<'device' | 'fix' | 'size' | 'group' | 'json'>): ExplainOptions {
  return { device, fixed: fix ?? {}, sizes: size ?? {}, group, json: json === true }
}

function checkOptions({
  device,
  fix,
  json,
  ...flags
}: Flags<'device' | 'fix' | 'rtol' | 'atol' | 'ofMax' | 'json'>): CheckOptions {
  return { device, fixed: fix ?? {}, json: json === true, tolerance: toleranceOf(flags) }
}

function toleranceOf({ rtol, atol, ofMax }: Flags<'rtol' | 'atol' | 'ofMax'>): Tolerance {
  if (ofMax !== undefined) return { kind: 'of-max', ratio: ofMax }
  if (rtol === undefined && atol === undefined) return onnxTolerance
  // What is asked for an element at a time is not loosened.
  return { kind: 'element', rtol: rtol ?? onnxTolerance.rtol, atol: atol ?? onnxTolerance.atol, ofMax: 0 }
}

function fixOption(): Option {
  return new Option('--fix <name=value>', 'compile for this value of a symbolic size; may be repeated').argParser(
    toSizes,
  )
}

function deviceOption(): Option {
  return new Option('--device <device>', 'what to run on').choices(deviceChoices).default('auto')
}

function toTolerance(text: string): number {
  const number = Number(text)
  if (text.trim() !== '' && Number.isFinite(number) && number >= 0) return number
  throw new InvalidArgumentError('It must be a number from 0 on, such as 1e-4.')
}

function toNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from 0 on.')
}

/** One more `name=value`. */
function toSizes(text: string, known: Sizes = {}): Sizes {
  const [, name, value] = /^(.+)=(\d+)$/.exec(text) ?? []
  if (name !== undefined) return { ...known, [name]: Number(value) }
  throw new InvalidArgumentError('It must be a name and a whole number, such as batch=8.')
}
