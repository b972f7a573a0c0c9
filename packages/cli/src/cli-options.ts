/** The options of the commands: how each is written, what it is parsed to, and what a command is given of it. */
import type { ProductKind } from '@tilewright/compiler'
import { Argument, InvalidArgumentError, Option } from 'commander'
import type { CheckOptions } from './commands/check.js'
import type { CompileOptions } from './commands/compile.js'
import type { ExplainOptions } from './commands/explain.js'
import type { RunOptions } from './commands/run.js'
import { type CompileTarget, compileTargets, type DeviceChoice, deviceChoices } from './device-names.js'
import {
  bfloatModelTolerance,
  halfModelTolerance,
  onnxTolerance,
  type Tolerance,
  wholeModelTolerance,
} from './tolerance.js'

type Sizes = Readonly<Record<string, number>>

/** Options as commander gives them, after the parsers below. */
interface AllFlags {
  readonly device: DeviceChoice
  readonly fix?: Sizes
  readonly data?: string
  readonly size?: Sizes
  readonly group?: number
  readonly products: ProductKind
  readonly json?: boolean
  readonly rtol?: number
  readonly atol?: number
  readonly ofMax?: number
}
export type Flags<K extends keyof AllFlags> = Pick<AllFlags, K>
type ToleranceFlags = Flags<'rtol' | 'atol' | 'ofMax'>

export type RunFlags = Flags<'device' | 'fix' | 'products' | 'data' | 'size' | 'json'> & ToleranceFlags
export type CheckFlags = Flags<'device' | 'fix' | 'products' | 'json'> & ToleranceFlags
export type ExplainFlags = Flags<'device' | 'fix' | 'products' | 'data' | 'size' | 'group' | 'json'>
export interface CompileFlags extends Flags<'fix' | 'products' | 'data' | 'json'> {
  readonly device: CompileTarget
  readonly out?: string
}

export function runOptions({ device, fix, products, data, size, json, ...flags }: RunFlags): RunOptions {
  const tolerance = toleranceOf(flags)
  return { device, fixed: fix ?? {}, products, data, sizes: size ?? {}, json: json === true, tolerance }
}

export function checkOptions({ device, fix, products, json, ...flags }: CheckFlags): CheckOptions {
  const tolerance = toleranceOf(flags) ?? onnxTolerance
  return { device, fixed: fix ?? {}, products, json: json === true, tolerance }
}

export function compileOptions(out: string, { device, fix, products, data, json }: CompileFlags): CompileOptions {
  return { device, out, fixed: fix ?? {}, products, data, json: json === true }
}

export function explainOptions({ device, fix, products, data, size, group, json }: ExplainFlags): ExplainOptions {
  return { device, fixed: fix ?? {}, products, data, sizes: size ?? {}, group, json: json === true }
}

/** The tolerance that is asked for, if any is. */
function toleranceOf({ rtol, atol, ofMax }: ToleranceFlags): Tolerance | undefined {
  if (ofMax !== undefined) return { kind: 'of-max', ratio: ofMax }
  if (rtol === undefined && atol === undefined) return undefined
  // What is asked for an element at a time is not loosened.
  return { kind: 'element', rtol: rtol ?? onnxTolerance.rtol, atol: atol ?? onnxTolerance.atol, ofMax: 0 }
}

export function modelArgument(): Argument {
  return new Argument('[model]', 'an .onnx file (default: a small built-in model)').argParser(toPath)
}

export function foldersArgument(): Argument {
  // One at a time, with those before it.
  return new Argument('<dir...>', 'folders to search').argParser((text, known: readonly string[] = []) => [
    ...known,
    toPath(text),
  ])
}

export function dataOption(what: string): Option {
  return new Option('--data <dir>', `folder with input_N.pb${what}`).argParser(toPath)
}

export function outOption(): Option {
  return new Option('--out <dir>', 'folder to write, which is new or empty (required)').argParser(toPath)
}

export function deviceOption(what: string): Option {
  return new Option('--device <device>', `${what}; auto is webgpu, or cpu where there is no WebGPU`)
    .choices(deviceChoices)
    .default('auto')
}

export function targetOption(): Option {
  return new Option('--device <device>', 'what it is to run on: WebGPU devices, a processor, or NVIDIA GPUs')
    .choices(compileTargets)
    .default('webgpu')
}

export function productsOption(): Option {
  const kinds: readonly ProductKind[] = ['exact', 'tf32']
  const what = 'how f32 is multiplied: tf32 rounds factors to 10 bits of mantissa where the device is faster so'
  return new Option('--products <kind>', what).choices(kinds).default('exact')
}

export function fixOption(): Option {
  return new Option(
    '--fix <name=value>',
    'compile for this value of a symbolic size of the inputs, such as batch=1, and for no other; may be repeated',
  ).argParser(toSizes)
}

export function sizeOption(what: string): Option {
  return new Option(
    '--size <name=value>',
    `value of a symbolic size, ${what}; may be repeated (default: 1 for a first dimension, 16 or what the model needs for others)`,
  ).argParser(toSizes)
}

export function groupOption(): Option {
  return new Option(
    '--group <number>',
    'show one group: its equations, its schedule, and the source of its kernels',
  ).argParser(toNumber)
}

/** What counts as equal without options. */
const usualTolerances = {
  run:
    `default: ${wholeModelTolerance.ratio.toExponential()}, or for a model that computes in f16 ` +
    `${halfModelTolerance.ratio.toExponential()}, in bf16 ${bfloatModelTolerance.ratio.toExponential()}`,
  check: 'default: what ONNX allows, rtol 1e-3 and atol 1e-7 an element, or 1e-6 of the largest value',
} as const

/** The options of a command that say what counts as equal. */
export function toleranceOptions(command: 'run' | 'check'): readonly Option[] {
  return [
    new Option('--rtol <number>', 'relative tolerance of a float (default beside --atol: 1e-3)'),
    new Option('--atol <number>', 'absolute tolerance of a float (default beside --rtol: 1e-7)'),
    new Option(
      '--of-max <ratio>',
      `tolerance of a float relative to the largest value of its output, such as 1e-4: right for whole models, whose small elements carry the rounding of large ones (${usualTolerances[command]})`,
    ).conflicts(['rtol', 'atol']),
  ].map((option) => option.argParser(toTolerance))
}

/** A path is never empty: a shell's variable that is not set would be the current folder. */
function toPath(text: string): string {
  if (text !== '') return text
  throw new InvalidArgumentError('The path is empty; a shell writes that for a variable that is not set.')
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
  if (name === undefined) throw new InvalidArgumentError('It must be a name and a whole number, such as batch=8.')
  if (!Object.hasOwn(known, name)) return { ...known, [name]: Number(value) }
  throw new InvalidArgumentError(`"${name}" has a value already: ${name}=${known[name]}.`)
}
