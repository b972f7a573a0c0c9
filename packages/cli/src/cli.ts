/**
 * The command line: what can be asked for, and which exit code an end has (0 done, 1 failed, 2 asked for wrongly). What a
 * command needs is loaded when it is asked for: help, and what is asked for wrongly, need none of it.
 */
import { Command, CommanderError } from 'commander'
import {
  type CheckFlags,
  type CompileFlags,
  checkOptions,
  compileOptions,
  dataOption,
  deviceOption,
  type ExplainFlags,
  explainOptions,
  type Flags,
  fixOption,
  foldersArgument,
  groupOption,
  modelArgument,
  outOption,
  productsOption,
  type RunFlags,
  runOptions,
  sizeOption,
  targetOption,
  toleranceOptions,
} from './cli-options.js'
import type { FailureData } from './failure.js'
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
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0
      if (args.includes('--json')) terminal.result(JSON.stringify({ error: usageData(error) }, undefined, 2))
      return 2
    }
    const { failureData, formatFailure } = await import('./failure.js')
    if (args.includes('--json')) terminal.result(JSON.stringify({ error: failureData(error) }, undefined, 2))
    terminal.note(formatFailure(error, terminal.noteColors, terminal.noteColumns))
    return 1
  }
}

/** What was asked for wrongly as plain data; commander has said it already. */
function usageData({ message }: CommanderError): FailureData {
  const text = message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')
  return { code: 'usage/arguments', message: text, help: 'tilewright --help lists what there is' }
}

type Finish = (work: () => Promise<number>) => Promise<void>

function commands({ version, terminal, environment }: Omit<CliOptions, 'args'>, finish: Finish): Command {
  const program = new Command('tilewright')
    .description('Compile, run and check ONNX models on WebGPU, NVIDIA GPUs and the processor.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.result(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
    })
    .showHelpAfterError('(tilewright --help lists what there is)')

  const run = program
    .command('run')
    .description('compile a model, run it, and check the result against evaluation by definition')
    .addArgument(modelArgument())
    .addOption(deviceOption('what to run on'))
    .addOption(fixOption())
    .addOption(productsOption())
    .addOption(dataOption(', and output_N.pb to compare with (default: seeded random inputs)'))
    .addOption(sizeOption('of random inputs').conflicts('data'))
  for (const option of toleranceOptions('run')) run.addOption(option)
  run
    .option('--json', 'print one JSON object')
    .action((model: string | undefined, options: RunFlags) =>
      finish(async () => (await import('./commands/run.js')).run(model, runOptions(options), terminal)),
    )

  const check = program
    .command('check')
    .description('run the cases at or under folders: model.onnx beside test_data_set_K/input_N.pb, output_N.pb')
    .addArgument(foldersArgument())
    .addOption(deviceOption('what to run on'))
    .addOption(fixOption())
    .addOption(productsOption())
  for (const option of toleranceOptions('check')) check.addOption(option)
  check
    .option('--json', 'print one JSON object')
    .action((folders: string[], options: CheckFlags) =>
      finish(async () => (await import('./commands/check.js')).check(folders, checkOptions(options), terminal)),
    )

  program
    .command('compile')
    .description(
      'write what a page or a program loads to run a model without the compiler: plan.json and constants.bin',
    )
    .addArgument(modelArgument())
    .addOption(outOption())
    .addOption(targetOption())
    .addOption(fixOption())
    .addOption(productsOption())
    .addOption(dataOption(': values and sizes of inputs, where the model cannot be compiled without'))
    .option('--json', 'print one JSON object')
    .action((model: string | undefined, options: CompileFlags, command: Command) => {
      const { out } = options
      // Not a required option, whose absence commander would say before what was written instead of it.
      if (out === undefined) return command.error("error: required option '--out <dir>' not specified")
      return finish(async () =>
        (await import('./commands/compile.js')).compile(model, compileOptions(out, options), terminal),
      )
    })

  program
    .command('explain')
    .description('say what a model compiles to, what was fused and why not, its memory, and what each stage takes')
    .addArgument(modelArgument())
    .addOption(deviceOption('what to compile for'))
    .addOption(fixOption())
    .addOption(productsOption())
    .addOption(
      dataOption(': sizes for launches and memory, and values of inputs, where the model cannot be compiled without'),
    )
    .addOption(sizeOption('for launches and memory').conflicts('data'))
    .addOption(groupOption())
    .option('--json', 'print one JSON object')
    .action((model: string | undefined, options: ExplainFlags) =>
      finish(async () => (await import('./commands/explain.js')).explain(model, explainOptions(options), terminal)),
    )

  program
    .command('doctor')
    .description('say what this machine has to run models with, what is missing, and how to get it')
    .option('--json', 'print one JSON object')
    .action((options: Flags<'json'>) =>
      finish(async () =>
        (await import('./commands/doctor.js')).doctor({ json: options.json === true, environment }, terminal),
      ),
    )
  for (const command of program.commands) {
    command.showHelpAfterError(`(tilewright ${command.name()} --help lists what there is)`)
  }
  return program
}
